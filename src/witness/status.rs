//! What a witness has seen, in words: Russian, then English, a line each.

use super::directory::{Directory, Evidence, Log, WitnessError};
use crate::kernel::Timestamp;
use crate::proof::Seen;
use std::fmt;

/// What a witness has seen of each log.
pub struct Status {
    witness: String,
    logs: Vec<OfLog>,
}

struct OfLog {
    origin: String,
    keys: usize,
    seen: Result<Option<Seen>, WitnessError>,
    evidence: Vec<Evidence>,
}

impl Status {
    /// # Errors
    /// The disk's. What is kept of a log and is damaged is part of the status.
    pub fn of(directory: &Directory) -> Result<Self, WitnessError> {
        let of_log = |log: Log| {
            let keys = log.keys()?;
            let origin = keys.first().map_or_else(String::new, |key| key.name().to_owned());
            Ok(OfLog { origin, keys: keys.len(), seen: log.seen(), evidence: log.evidence()? })
        };
        let mut logs = directory.logs()?.into_iter().map(of_log).collect::<Result<Vec<_>, WitnessError>>()?;
        logs.sort_by(|one, other| one.origin.cmp(&other.origin));
        Ok(Self { witness: directory.key().to_string(), logs })
    }

    /// Nothing that a person must look into.
    pub fn is_clean(&self) -> bool {
        self.logs.iter().all(|log| log.seen.is_ok() && log.evidence.is_empty())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Свидетель / witness: {}", self.witness)?;
        if self.logs.is_empty() {
            writeln!(f, "\nНи один журнал не доверен (vouchers-witness trust) / no log is trusted yet")?;
        }
        self.logs.iter().try_for_each(|log| log.fmt(f))
    }
}

impl fmt::Display for OfLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, keys, seen, evidence } = self;
        writeln!(f, "\nЖурнал / log: {origin} (ключей / keys: {keys})")?;
        match seen {
            Ok(None) => writeln!(f, "  ещё ничего не удостоверено / nothing cosigned yet")?,
            Ok(Some(Seen { size, root, time })) => {
                let millis = i64::try_from(*time).unwrap_or(i64::MAX).saturating_mul(1_000);
                let when = Timestamp::from_millis(millis).for_people();
                writeln!(f, "  удостоверено записей: {size}, {when} / cosigned: {size} entries")?;
                writeln!(f, "  корень / root: {}", root.to_base64())?;
            }
            Err(error) => {
                writeln!(f, "  ПОВРЕЖДЕНО, ничего не подписывается / DAMAGED, nothing is signed: {error}")?
            }
        }
        for Evidence { is_fork, path } in evidence {
            let words = if *is_fork {
                "ЖУРНАЛ РАЗДВОЕН: подписаны две разные истории / FORK: the log signed two histories"
            } else {
                "НЕ ДОКАЗАНО, что журнал продолжает удостоверенное / UNPROVEN: the log signed what was not shown to go \
                 on from this"
            };
            writeln!(f, "  {words}: {}", path.display())?;
        }
        Ok(())
    }
}
