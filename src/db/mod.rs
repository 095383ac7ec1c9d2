//! The database: connections, migrations, the tables, and how domain types lie in columns.
//!
//! SQLite for now; nothing outside this room and the slices' `store.rs` knows that.
//! Knows no rule of the domain.

mod connection;
mod parsed;
pub mod schema;
mod statement;
mod types;

pub use crate::statement;
pub use connection::{Connection, OpenError, Readers, WRITER_SETTINGS, open_readers, open_writer, ping};
pub(crate) use parsed::parsed_columns;
pub use parsed::{OptionalParsed, Parsed};

/// What SQL is written for.
pub type Backend = <Connection as diesel::Connection>::Backend;
