//! What witnesses have cosigned of one log, as it is stored: the tree must still be the one that each of them saw.

use super::Check;
use crate::db::Connection;
use crate::db::schema::cosignature;
use crate::proof::{Checkpoint, Hash, ProofError, WitnessKey};
use diesel::prelude::*;

struct Row {
    witness: String,
    size: u64,
    line: String,
}

pub(super) struct Cosigned {
    programme_no: i64,
    /// One for each witness and day, so they fit in memory.
    rows: Vec<Row>,
}

impl Cosigned {
    pub(super) fn read(connection: &mut Connection, programme_no: i64) -> QueryResult<Self> {
        let rows: Vec<(String, i64, String)> = cosignature::table
            .filter(cosignature::programme_no.eq(programme_no))
            .select((cosignature::witness, cosignature::tree_size, cosignature::line))
            .load(connection)?;
        let row =
            |(witness, size, line): (String, i64, String)| Row { witness, size: size.cast_unsigned(), line };
        Ok(Self { programme_no, rows: rows.into_iter().map(row).collect() })
    }

    pub(super) fn sizes(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| row.size)
    }

    /// Those that cover as many leaves as have been read.
    pub(super) fn compare(&self, check: &mut Check, origin: &str, size: u64, root: Hash) {
        let body = Checkpoint { origin: origin.to_owned(), size, root }.body();
        for row in self.rows.iter().filter(|row| row.size == size) {
            let verdict = row.verify(&body);
            check.that(verdict.is_ok(), || {
                let (programme_no, name) = (self.programme_no, row.name());
                let why = verdict.err().map(|error| error.to_string()).unwrap_or_default();
                format!(
                    "the first {size} leaves of log {programme_no} are not what {name} has cosigned: {why}"
                )
            });
        }
    }

    /// Those that cover more leaves than there are.
    pub(super) fn compare_end(&self, check: &mut Check, size: u64) {
        for row in self.rows.iter().filter(|row| row.size > size) {
            let (programme_no, name, covers) = (self.programme_no, row.name(), row.size);
            check.that(false, || {
                format!("log {programme_no} has {size} leaves, {name} has cosigned {covers}")
            });
        }
    }
}

impl Row {
    fn verify(&self, body: &str) -> Result<(), ProofError> {
        self.witness.parse::<WitnessKey>()?.open_lines(body, &self.line).map(drop)
    }

    fn name(&self) -> &str {
        self.witness.split('+').next().unwrap_or_default()
    }
}
