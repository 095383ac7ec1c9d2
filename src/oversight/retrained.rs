//! The official figure: how many specialists were retrained, against the target, and what one of them cost.

use crate::db::Connection;
use crate::db::schema::{account_balance, agency, retrained_tally};
use crate::kernel::{AgencyId, Kopecks};
use crate::ledger::model::Account;
use crate::programme::ProgrammeFacts;
use diesel::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Specialists retrained: holders who completed the course, and whose redemption was not reversed since.
#[derive(Serialize, ToSchema)]
pub struct Retrained {
    /// Specialists to be retrained.
    pub target: i32,
    pub total: i64,
    /// All that is owed or paid so far on the programme's lines: hours taught to whomever, contributions, the campaign.
    pub spent: Kopecks,
    /// `spent` for each of `total`, half a kopeck rounded up: at the end of the programme what one cost, before that more
    /// than that, since others are being taught. Null while there is nobody.
    pub cost_per_retrained: Option<Kopecks>,
    /// Months with anybody, in their order.
    pub by_month: Vec<OfMonth>,
    /// Agencies with anybody, in the order they were registered.
    pub by_agency: Vec<OfAgency>,
    /// By the category of the body: `state_body` or `municipality`.
    pub by_body: Vec<OfCategory>,
    /// By the holder's category of service when they completed the course.
    pub by_service: Vec<OfCategory>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RetrainedOfMonth)]
pub struct OfMonth {
    /// Of the day of completion, Moscow.
    #[schema(example = "2020-06")]
    pub month: String,
    pub retrained: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RetrainedOfAgency)]
pub struct OfAgency {
    pub agency_id: AgencyId,
    pub name: String,
    #[schema(example = "state_body")]
    pub category: String,
    pub retrained: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RetrainedOfCategory)]
pub struct OfCategory {
    #[schema(example = "municipality")]
    pub category: String,
    pub retrained: i64,
}

/// A count: its agency (number, id, name, category), month, category of service.
type Row = ((i64, AgencyId, String, String), String, String, i64);

/// Reads the kept counts.
///
/// # Errors
/// The database's.
pub fn retrained(connection: &mut Connection, programme: &ProgrammeFacts) -> QueryResult<Retrained> {
    let rows: Vec<Row> = retrained_tally::table
        .inner_join(agency::table.on(agency::agency_no.eq(retrained_tally::agency_no)))
        .filter(retrained_tally::programme_no.eq(programme.programme_no))
        // What a reversal took back leaves a count of none.
        .filter(retrained_tally::retrained.gt(0))
        .select((
            (agency::agency_no, agency::agency_id, agency::name, agency::category),
            retrained_tally::month,
            retrained_tally::category,
            retrained_tally::retrained,
        ))
        .load(connection)?;
    let (mut months, mut bodies, mut services) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut agencies: BTreeMap<i64, OfAgency> = BTreeMap::new();
    let mut total = 0;
    for ((agency_no, agency_id, name, body), month, service, retrained) in rows {
        total += retrained;
        *months.entry(month).or_insert(0) += retrained;
        *bodies.entry(body.clone()).or_insert(0) += retrained;
        *services.entry(service).or_insert(0) += retrained;
        let of_agency = OfAgency { agency_id, name, category: body, retrained: 0 };
        agencies.entry(agency_no).or_insert(of_agency).retrained += retrained;
    }
    let spent: Vec<Kopecks> = account_balance::table
        .filter(account_balance::programme_no.eq(programme.programme_no))
        .filter(account_balance::account.eq_any([Account::Accrued.number(), Account::Paid.number()]))
        .select(account_balance::balance_kopecks)
        .load(connection)?;
    // Lines of one programme that do not fit 64 bits together were never booked.
    let spent = Kopecks::sum(spent).unwrap_or(Kopecks::new(i64::MAX));
    let of_category = |(category, retrained)| OfCategory { category, retrained };
    Ok(Retrained {
        target: programme.target_trained,
        total,
        spent,
        cost_per_retrained: each(spent, total),
        by_month: months.into_iter().map(|(month, retrained)| OfMonth { month, retrained }).collect(),
        by_agency: agencies.into_values().collect(),
        by_body: bodies.into_iter().map(of_category).collect(),
        by_service: services.into_iter().map(of_category).collect(),
    })
}

/// An equal part, half a kopeck rounded up; none for nobody.
fn each(amount: Kopecks, of: i64) -> Option<Kopecks> {
    let rounded = (2 * i128::from(amount.get()) + i128::from(of)).checked_div_euclid(2 * i128::from(of))?;
    i64::try_from(rounded).ok().map(Kopecks::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_rounded_to_the_kopeck() {
        let part = |amount, of| each(Kopecks::new(amount), of).map(Kopecks::get);
        assert_eq!((part(100, 3), part(101, 2), part(200, 3)), (Some(33), Some(51), Some(67)));
        assert_eq!((part(0, 5), part(5, 0)), (Some(0), None));
    }
}
