//! How many specialists were retrained: by agency, month and category of service, so that the official figure is
//! answered without counting vouchers. Kept with every completion, and when one's redemption is reversed; the audit
//! counts again.

use super::store::Voucher;
use crate::db::schema::completion;
use crate::db::{Connection, rows};
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

/// Where a completed voucher is counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    programme_no: i64,
    agency_no: i64,
    /// `YYYY-MM`.
    month: String,
    /// Of service.
    category: String,
}

impl Place {
    /// `completed_on` is `YYYY-MM-DD`, a day in Moscow.
    pub fn new(voucher: &Voucher, completed_on: &str, category: &str) -> Self {
        Self {
            programme_no: voucher.programme_no,
            agency_no: voucher.agency_no,
            month: completed_on.chars().take("YYYY-MM".len()).collect(),
            category: category.to_owned(),
        }
    }
}

/// One more was retrained at each of these places.
///
/// # Errors
/// The store's.
pub fn came(connection: &mut Connection, places: &[Place]) -> Result<(), Failure> {
    // A statement of PostgreSQL adds to each place once.
    let mut counts: BTreeMap<&Place, i64> = BTreeMap::new();
    for place in places {
        *counts.entry(place).or_default() += 1;
    }
    count(connection, counts)
}

/// The completion of this voucher counts no longer: its redemption was reversed.
///
/// # Errors
/// The store's; there is no such completion.
pub fn left(connection: &mut Connection, of: &Voucher, redemption_no: i64) -> Result<(), Failure> {
    let (completed_on, category): (String, String) = completion::table
        .filter(completion::programme_no.eq(of.programme_no))
        .filter(completion::redemption_no.eq(redemption_no))
        .select((completion::completed_on, completion::category))
        .get_result(connection)?;
    let place = Place::new(of, &completed_on, &category);
    count(connection, BTreeMap::from([(&place, -1)]))
}

fn count(connection: &mut Connection, counts: BTreeMap<&Place, i64>) -> Result<(), Failure> {
    let row = |(place, retrained): (&Place, i64)| {
        let Place { programme_no, agency_no, month, category } = place.clone();
        Row { programme_no, agency_no, month, category, retrained }
    };
    let rows: Vec<_> = counts.into_iter().map(row).collect();
    add(connection, &rows)?;
    Ok(())
}

struct Row {
    programme_no: i64,
    agency_no: i64,
    month: String,
    category: String,
    retrained: i64,
}

rows! {
    fn add(Row {
        programme_no: i64 as BigInt,
        agency_no: i64 as BigInt,
        month: String as Text,
        category: String as Text,
        retrained: i64 as BigInt,
    }) = "INSERT INTO retrained_tally {values} ON CONFLICT (programme_no, agency_no, month, category) DO UPDATE SET \
              retrained = retrained_tally.retrained + excluded.retrained"
}
