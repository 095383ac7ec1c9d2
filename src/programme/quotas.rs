//! Setting the seats of agencies in a programme.

use super::lifecycle::find;
use super::store;
use super::view::{Quota, Quotas};
use crate::kernel::{Actor, AgencyId, Code, ProgrammeId, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Seats of one agency at most.
const MAX_SEATS: i64 = 1_000_000;

/// The seats an agency is to have.
#[derive(Clone, PartialEq, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seats {
    pub agency_id: AgencyId,
    #[schema(minimum = 0, maximum = 1000000)]
    pub seats: i64,
}

/// Gives the agencies named these seats; others keep theirs. All or none.
pub struct SetQuotas {
    pub programme_id: ProgrammeId,
    pub actor: Actor,
    pub quotas: Vec<Seats>,
}

impl Command for SetQuotas {
    type Reply = Quotas;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Quotas>, Stop> {
        check(&self.quotas)?;
        let facts = find(batch, self.programme_id)?;
        facts.accepts_changes()?;
        let programme_no = facts.programme_no;
        let mut rows = Vec::with_capacity(self.quotas.len());
        for (index, Seats { agency_id, seats }) in self.quotas.iter().enumerate() {
            let connection = batch.connection()?;
            let (agency_no, held) = store::agency_with_held(connection, programme_no, *agency_id)?
                .ok_or_else(|| Refusal::not_found("agency").at(format!("quotas[{index}].agency_id")))?;
            if *seats < held {
                let refusal = Refusal::new(Code::QuotaExceeded).at(format!("quotas[{index}].seats"));
                let refusal = refusal.with("agency_id", agency_id).with("seats", seats);
                return Err(refusal.with("held", held).into());
            }
            rows.push((agency_no, Quota { agency_id: *agency_id, seats: *seats, held }));
        }
        let recorded_by = self.actor.token_no;
        Ok(Box::new(move |batch| {
            let mut digest = Sha256::new();
            for (agency_no, quota) in &rows {
                store::set_quota(batch.connection()?, programme_no, *agency_no, quota.seats)?;
                digest.update(quota.agency_id.bytes());
                digest.update(quota.seats.to_be_bytes());
            }
            // What was set: SHA-256 over agency id and seats (8 bytes, big-endian) of each, as listed.
            let event = Event::new(Kind::QuotasSet, batch.now(), recorded_by)
                .about("quotas_sha256", &digest.finalize());
            let entry = batch.record(programme_no, &event)?;
            let items = rows.into_iter().map(|(_, quota)| quota).collect();
            Ok(Done::new(Quotas { items }, entry))
        }))
    }
}

fn check(quotas: &[Seats]) -> Result<(), Refusal> {
    if quotas.is_empty() {
        return Err(Refusal::field("quotas", "one agency at least"));
    }
    let mut seen = HashSet::new();
    for (index, Seats { agency_id, seats }) in quotas.iter().enumerate() {
        if !(0..=MAX_SEATS).contains(seats) {
            return Err(Refusal::field(format!("quotas[{index}].seats"), format!("0 to {MAX_SEATS}")));
        }
        if !seen.insert(agency_id) {
            return Err(Refusal::field(format!("quotas[{index}].agency_id"), "each agency once"));
        }
    }
    Ok(())
}
