//! Moves of seats between agencies as their leaves must say them: who had to agree, who did, and how each ended.

use super::later::Later;
use super::{Records, Subjects};
use crate::db::Connection;
use crate::db::schema::{agency, quota_move};
use crate::kernel::{AgencyId, QuotaMoveId};
use crate::ledger::facts;
use crate::ledger::model::Kind;
use diesel::prelude::*;
use std::collections::HashMap;
use std::ops::RangeInclusive;

type Proposed = (i64, QuotaMoveId, i64, i64, i64, String, String);
type Ended = (String, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>);

pub(super) fn moves(
    connection: &mut Connection,
    programme_no: i64,
    range: &RangeInclusive<i64>,
    later: &mut Later,
) -> QueryResult<Records> {
    let rows: Vec<(Proposed, Ended)> = quota_move::table
        .filter(quota_move::programme_no.eq(programme_no))
        .filter(quota_move::move_no.between(range.start(), range.end()))
        .select((
            (
                quota_move::move_no,
                quota_move::move_id,
                quota_move::from_agency_no,
                quota_move::to_agency_no,
                quota_move::seats,
                quota_move::reason,
                quota_move::proposed_side,
            ),
            (
                quota_move::status,
                quota_move::from_agreed_log_index,
                quota_move::to_agreed_log_index,
                quota_move::ended_log_index,
                quota_move::ended_side,
                quota_move::ended_reason,
            ),
        ))
        .load(connection)?;
    let numbers: Vec<i64> = rows.iter().flat_map(|(proposed, _)| [proposed.2, proposed.3]).collect();
    let agencies: Vec<(i64, AgencyId)> = agency::table
        .filter(agency::agency_no.eq_any(numbers))
        .select((agency::agency_no, agency::agency_id))
        .load(connection)?;
    let agencies: HashMap<_, _> = agencies.into_iter().collect();
    let id = |number: i64| agencies.get(&number).map(|id| id.bytes().to_vec()).unwrap_or_default();
    let mut records = Records::new();
    for ((move_no, move_id, from_no, to_no, seats, reason, proposed_side), ended) in rows {
        let (status, from_agreed, to_agreed, ended_index, ended_side, ended_reason) = ended;
        let quota_move = ("quota_move", move_id.bytes().to_vec());
        let (from, to) = (id(from_no), id(to_no));
        let mut subjects: Subjects = vec![
            quota_move.clone(),
            ("from_agency", from.clone()),
            ("to_agency", to.clone()),
            ("seats", seats.to_be_bytes().to_vec()),
            (facts::REASON, facts::of_reason(&reason).to_vec()),
        ];
        if proposed_side == "from_agency" {
            subjects.push(("agency", from.clone()));
        }
        records.insert(move_no, subjects);
        let last = from_agreed.max(to_agreed);
        for (agency, agreed) in [(from.clone(), from_agreed), (to.clone(), to_agreed)] {
            // The agency that proposed agreed by that.
            let Some(log_index) = agreed.filter(|log_index| *log_index != move_no) else { continue };
            let has_moved = status == "moved" && last == agreed;
            let outcome = if has_moved { "moved" } else { "waits" };
            let said = vec![quota_move.clone(), ("agency", agency), ("outcome", outcome.into())];
            later.expect(programme_no, Kind::QuotaMoveAgreed, move_no, Some(log_index), said);
        }
        if ["declined", "withdrawn"].contains(&status.as_str()) {
            let mut said = vec![quota_move, ("outcome", status.into_bytes())];
            match ended_side.as_deref() {
                Some("from_agency") => said.push(("agency", from)),
                Some("to_agency") => said.push(("agency", to)),
                _ => {}
            }
            said.extend(ended_reason.map(|reason| (facts::REASON, facts::of_reason(&reason).to_vec())));
            later.expect(programme_no, Kind::QuotaMoveEnded, move_no, ended_index, said);
        }
    }
    Ok(records)
}
