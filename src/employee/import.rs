//! Importing employees: whoever is new is created, whoever changed is updated, by СНИЛС within the
//! agency.

use super::roster::{Keyed, Listed, MAX_ROWS};
use super::store::{self, Change as Fate};
use crate::kernel::{Actor, AgencyId, Code, EmployeeId, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Takes an agency's list of its people.
pub struct ImportEmployees {
    pub agency_no: i64,
    pub agency_id: AgencyId,
    pub actor: Actor,
    /// Decides the same and writes nothing.
    pub dry_run: bool,
    pub rows: Arc<[Listed]>,
}

/// What became of an import. Ids, references and codes only.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedEmployees {
    pub created: u32,
    pub updated: u32,
    pub unchanged: u32,
    pub refused: u32,
    pub rows: Vec<ImportedRow>,
}

/// What became of one row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedRow {
    /// Its place in the list, from 1; a header does not count.
    pub row: i32,
    pub client_ref: String,
    pub outcome: ImportOutcome,
    pub employee_id: Option<EmployeeId>,
    /// The code of the refusal, the column at fault, and what is known of the case.
    pub code: Option<String>,
    pub field: Option<String>,
    pub facts: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportOutcome {
    Created,
    Updated,
    Unchanged,
    Refused,
}

impl Command for ImportEmployees {
    type Reply = ImportedEmployees;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<ImportedEmployees>, Stop> {
        if self.rows.len() > MAX_ROWS {
            return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_ROWS).into());
        }
        let keys = self.rows.iter().filter_map(|row| row.person.as_ref().ok()).map(|keyed| keyed.snils_key);
        let known = store::find(batch.connection()?, self.agency_no, keys)?;
        let rows = Arc::clone(&self.rows);
        if self.dry_run {
            let verdicts = once_each(&rows);
            let people = verdicts.iter().filter_map(|verdict| verdict.as_ref().ok());
            let fates = people.map(|keyed| store::fate(keyed, &known)).collect();
            let mut reply = reply(&rows, &verdicts, fates);
            for row in reply.rows.iter_mut().filter(|row| row.outcome == ImportOutcome::Created) {
                // Of nobody yet.
                row.employee_id = None;
            }
            return Ok(Box::new(move |_| Ok(Done::unrecorded(reply))));
        }
        let (agency_no, agency_id, token_no) = (self.agency_no, self.agency_id, self.actor.token_no);
        Ok(Box::new(move |batch| {
            let verdicts = once_each(&rows);
            let people: Vec<&Keyed> =
                verdicts.iter().filter_map(|verdict| verdict.as_ref().ok().copied()).collect();
            let now = batch.now();
            let stored = store::upsert(batch.connection()?, agency_no, now, &people, &known)?;
            let fates = stored.into_iter().map(|stored| (stored.employee_id, stored.change)).collect();
            let reply = reply(&rows, &verdicts, fates);
            if reply.created + reply.updated == 0 {
                return Ok(Done::unrecorded(reply));
            }
            let event = Event::new(Kind::EmployeesImported, now, token_no)
                .about("agency", agency_id.bytes())
                .about("created", &reply.created.to_be_bytes())
                .about("updated", &reply.updated.to_be_bytes());
            let entry = batch.record(SERVICE, &event)?;
            Ok(Done::new(reply, entry))
        }))
    }
}

/// The people of the list; a second row about one of them is refused and points at the first.
fn once_each(rows: &[Listed]) -> Vec<Result<&Keyed, Refusal>> {
    let mut first_rows = HashMap::new();
    rows.iter()
        .map(|listed| {
            let keyed = listed.person.as_ref().map_err(Refusal::clone)?;
            match first_rows.insert(keyed.snils_key, listed.row) {
                None => Ok(keyed),
                Some(first) => {
                    first_rows.insert(keyed.snils_key, first);
                    Err(Refusal::new(Code::DuplicateHolder).at("snils").with("first_row", first))
                }
            }
        })
        .collect()
}

fn reply(
    rows: &[Listed],
    verdicts: &[Result<&Keyed, Refusal>],
    fates: Vec<(EmployeeId, Fate)>,
) -> ImportedEmployees {
    let mut reply = ImportedEmployees {
        created: 0,
        updated: 0,
        unchanged: 0,
        refused: 0,
        rows: Vec::with_capacity(rows.len()),
    };
    let mut fates = fates.into_iter();
    for (listed, verdict) in rows.iter().zip(verdicts) {
        let refusal = verdict.as_ref().err();
        let fate = if refusal.is_none() { fates.next() } else { None };
        let (outcome, count) = match fate.map(|(_, change)| change) {
            Some(Fate::Created) => (ImportOutcome::Created, &mut reply.created),
            Some(Fate::Updated) => (ImportOutcome::Updated, &mut reply.updated),
            Some(Fate::Unchanged) => (ImportOutcome::Unchanged, &mut reply.unchanged),
            None => (ImportOutcome::Refused, &mut reply.refused),
        };
        *count += 1;
        reply.rows.push(ImportedRow {
            row: listed.row,
            client_ref: listed.client_ref.clone(),
            outcome,
            employee_id: fate.map(|(employee_id, _)| employee_id),
            code: refusal.map(|refusal| refusal.code.as_str().to_owned()),
            field: refusal.and_then(|refusal| refusal.field.clone()),
            facts: refusal.map(|refusal| refusal.facts.clone()).unwrap_or_default(),
        });
    }
    reply
}
