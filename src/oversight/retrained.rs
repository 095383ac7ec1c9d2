//! The official figure: how many specialists were retrained, against the target.

use crate::db::Connection;
use crate::db::schema::{agency, retrained_tally};
use crate::kernel::AgencyId;
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
    let of_category = |(category, retrained)| OfCategory { category, retrained };
    Ok(Retrained {
        target: programme.target_trained,
        total,
        by_month: months.into_iter().map(|(month, retrained)| OfMonth { month, retrained }).collect(),
        by_agency: agencies.into_values().collect(),
        by_body: bodies.into_iter().map(of_category).collect(),
        by_service: services.into_iter().map(of_category).collect(),
    })
}
