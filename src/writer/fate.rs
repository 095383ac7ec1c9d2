//! What becomes of a failure: whether its batch is tried again, and what clients are told.

use crate::kernel::{Code, Refusal};
use crate::ledger::books::Failure;
use diesel::result::{DatabaseErrorKind, Error};

/// What is to be done about a batch that failed.
pub(super) enum Fate {
    /// Another process was faster, or the connection was an old one: the same again.
    Again,
    /// Somebody in the batch is at fault.
    Halve,
    /// The database cannot be written to now.
    Refuse,
}

pub(super) fn fate(failure: &Failure) -> Fate {
    match failure {
        Failure::Database(Error::DatabaseError(kind, about)) => match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand => Fate::Again,
            DatabaseErrorKind::ReadOnlyTransaction => Fate::Refuse,
            DatabaseErrorKind::Unknown
                if CANNOT_WRITE.iter().any(|words| about.message().contains(words)) =>
            {
                Fate::Refuse
            }
            // Deadlocks and lock timeouts are among those that diesel has no name for. PostgreSQL's words for
            // them depend on its locale.
            DatabaseErrorKind::Unknown => Fate::Again,
            _ => Fate::Halve,
        },
        Failure::Unreachable(_) => Fate::Refuse,
        Failure::Database(_) | Failure::Inconsistent(_) | Failure::Log(_) => Fate::Halve,
    }
}

/// SQLite's words, and the system's, which PostgreSQL passes on (in Russian as well). Where a server of PostgreSQL
/// speaks another language the answer is the same and takes longer.
const CANNOT_WRITE: [&str; 7] = [
    "database or disk is full",
    "disk I/O error",
    "database is locked",
    "attempt to write a readonly database",
    "unable to open database file",
    "No space left on device",
    "На устройстве не осталось свободного места",
];

/// A failure as a client is told of it: a fault of ours, or a database that does not serve now. The cause
/// goes to the log only.
pub fn told(failure: &Failure) -> Refusal {
    match failure {
        Failure::Database(
            // Stored data that contradicts itself or cannot be read.
            Error::DatabaseError(
                DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation,
                _,
            )
            | Error::DeserializationError(_)
            | Error::SerializationError(_)
            | Error::QueryBuilderError(_)
            | Error::NotFound,
        )
        | Failure::Inconsistent(_)
        | Failure::Log(_) => Code::Internal.into(),
        Failure::Database(_) | Failure::Unreachable(_) => Code::Unavailable.into(),
    }
}
