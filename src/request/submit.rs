//! Submitting a list of employees: each row is decided, the accepted ones are kept as a request.

use super::model::{self, Applicant, Decided, Mode, Status, Terms};
use super::outcome::{RowOutcome, SubmittedRequest};
use super::store::{self, NewClaim, NewItem, NewRequest};
use crate::employee::store::{self as employees, KnownByKey, Stored};
use crate::employee::{Keyed, MAX_ROWS, RosterRow};
use crate::kernel::{
    Actor, AgencyId, Code, EmployeeId, HolderKey, HolderSecret, ProgrammeId, Refusal, RequestId,
};
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use chrono::NaiveDate;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// An agency asks for vouchers for its people. A dry run decides the same and writes nothing.
pub struct SubmitRequest {
    pub request_id: RequestId,
    pub programme_id: ProgrammeId,
    pub agency_no: i64,
    pub agency_id: AgencyId,
    pub actor: Actor,
    pub mode: Mode,
    pub dry_run: bool,
    pub rows: Arc<[Candidate]>,
}

/// A row on its way into a request, with the keys its person is known by.
#[derive(Debug)]
pub struct Candidate {
    row: i32,
    client_ref: String,
    person: Result<Holder, Refusal>,
}

#[derive(Debug)]
struct Holder {
    keyed: Keyed,
    holder_key: HolderKey,
}

impl Candidate {
    /// `new_id` is the employee's if the agency's list does not have them yet.
    pub fn new(
        row: RosterRow,
        secret: &HolderSecret,
        programme_id: ProgrammeId,
        agency_id: AgencyId,
        new_id: EmployeeId,
    ) -> Self {
        let person = row.person.map(|person| Holder {
            holder_key: secret.holder_key(programme_id, &person.snils),
            keyed: Keyed::new(person, secret, agency_id, new_id),
        });
        Self { row: row.row, client_ref: row.client_ref, person }
    }

    fn holder(&self) -> Option<&Holder> {
        self.person.as_ref().ok()
    }
}

/// What was decided about a list, and the facts the change needs.
struct Decision {
    programme: ProgrammeFacts,
    decided: Vec<Decided>,
    known: KnownByKey,
    status: Status,
    waits_until: Option<NaiveDate>,
    accepted: usize,
}

impl Command for SubmitRequest {
    type Reply = SubmittedRequest;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<SubmittedRequest>, Stop> {
        match self.rows.len() {
            0 => return Err(Refusal::field("rows", format!("1 to {MAX_ROWS} rows")).into()),
            rows if rows > MAX_ROWS => {
                return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_ROWS).into());
            }
            _ => {}
        }
        let decision = self.weigh(batch)?;
        if self.mode == Mode::AllOrNothing && decision.accepted < self.rows.len() {
            let reply = self.reply(decision, &[]);
            return Err(Refusal::new(Code::RowsRefused)
                .with("dry_run", self.dry_run)
                .with("accepted", reply.accepted)
                .with("refused", reply.refused)
                .with("rows", reply.rows)
                .into());
        }
        let this = self.copy();
        if self.dry_run {
            return Ok(Box::new(move |_| Ok(Done::unrecorded(this.reply(decision, &[])))));
        }
        Ok(Box::new(move |batch| this.write(batch, decision)))
    }
}

impl SubmitRequest {
    fn copy(&self) -> Self {
        Self { actor: self.actor.clone(), rows: Arc::clone(&self.rows), ..*self }
    }

    fn weigh(&self, batch: &mut Batch<'_>) -> Result<Decision, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let programme = ProgrammeFacts::find(connection, self.programme_id)?
            .ok_or_else(|| Refusal::not_found("programme"))?;
        programme.require_open()?;
        let programme_no = programme.programme_no;
        let holders = || self.rows.iter().filter_map(Candidate::holder);
        let known =
            employees::find(connection, self.agency_no, holders().map(|holder| holder.keyed.snils_key))?;
        let keys = holders().map(|holder| holder.holder_key);
        let claims = store::claims(connection, programme_no, self.agency_no, keys)?;
        let seats = store::seats(connection, programme_no, self.agency_no)?;
        let is_municipality = store::is_municipality(connection, self.agency_no)?;

        let terms = Terms::of(&programme);
        let rows = self.rows.iter().map(|candidate| {
            let applicant = candidate.person.as_ref().map(|holder| {
                let person = &holder.keyed.person;
                let stored = || known.get(&holder.keyed.snils_key).and_then(employees::Known::leaves_on);
                Applicant {
                    holder_key: holder.holder_key,
                    category: person.category,
                    leaves_on: person.leaves_on.or_else(stored),
                }
            });
            (candidate.row, applicant)
        });
        let decided = model::decide_rows(rows, &terms, seats, &claims);
        let accepted = decided.iter().filter(|row| row.outcome.is_ok()).count();
        let waits_until = model::waits_until(&terms, is_municipality, now);
        let status = model::first_status(accepted, &terms, waits_until.is_some());
        Ok(Decision { programme, decided, known, status, waits_until, accepted })
    }

    fn write(&self, batch: &mut Batch<'_>, decision: Decision) -> Result<Done<SubmittedRequest>, Failure> {
        let now = batch.now();
        let programme_no = decision.programme.programme_no;
        let request_no = batch.next_index(programme_no)?;
        let connection = batch.connection()?;
        let holders: Vec<&Holder> = self
            .rows
            .iter()
            .zip(&decision.decided)
            .filter_map(|(candidate, row)| row.outcome.is_ok().then(|| candidate.holder()).flatten())
            .collect();
        let people: Vec<&Keyed> = holders.iter().map(|holder| &holder.keyed).collect();
        let stored = employees::upsert(connection, self.agency_no, now, &people, &decision.known)?;
        let mut keys: Vec<HolderKey> = holders.iter().map(|holder| holder.holder_key).collect();
        keys.sort_unstable();

        store::insert(
            connection,
            &NewRequest {
                programme_no,
                request_no,
                request_id: self.request_id,
                agency_no: self.agency_no,
                mode: self.mode.as_str(),
                status: decision.status.as_str(),
                requested_by: &self.actor.subject,
                requested_at: now,
                decided_at: (decision.status != Status::Requested).then_some(now),
                automatic: decision.status != Status::Requested,
            },
        )?;
        store::insert_items(connection, &self.items(&decision, programme_no, request_no, &stored)?)?;
        let agency_no = self.agency_no;
        let claims = keys.iter().map(|key| NewClaim { programme_no, holder_key: &key.0, agency_no });
        store::insert_claims(connection, &claims.collect::<Vec<_>>())?;
        if decision.status == Status::Approved {
            store::hold(
                connection,
                programme_no,
                self.agency_no,
                i64::try_from(stored.len()).unwrap_or(i64::MAX),
            )?;
        }
        let entry = batch.record(programme_no, &self.event(now, &decision, &keys))?;
        Ok(Done::new(self.reply(decision, &stored), entry))
    }

    fn items<'a>(
        &'a self,
        decision: &Decision,
        programme_no: i64,
        request_no: i64,
        stored: &[Stored],
    ) -> Result<Vec<NewItem<'a>>, Failure> {
        let mut stored = stored.iter();
        let mut items = Vec::with_capacity(self.rows.len());
        for (candidate, row) in self.rows.iter().zip(&decision.decided) {
            let place = if row.outcome.is_ok() { stored.next() } else { None };
            items.push(NewItem {
                programme_no,
                request_no,
                item_no: candidate.row,
                client_ref: &candidate.client_ref,
                employee_no: place.map(|place| place.employee_no),
                // A refused row is not a trace of the person.
                holder_key: place.and(candidate.holder()).map(|holder| holder.holder_key.0.as_slice()),
                status: place.map_or("refused", |_| decision.status.as_str()),
                refusal: row.outcome.as_ref().err().map(store::refusal_json),
                eligibility: serde_json::to_string(&row.eligibility)
                    .map_err(|error| Failure::Inconsistent(error.to_string()))?,
            });
        }
        Ok(items)
    }

    /// Who was asked for is kept as one hash of the holders' keys.
    fn event(&self, now: crate::kernel::Timestamp, decision: &Decision, keys: &[HolderKey]) -> Event {
        let mut hasher = Sha256::new();
        for key in keys {
            hasher.update(key.0);
        }
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
        Event::new(Kind::Requested, now, self.actor.token_no)
            .about("request", self.request_id.bytes())
            .about("agency", self.agency_id.bytes())
            .about("holders", &hasher.finalize())
            .about("accepted", &count(decision.accepted))
            .about("refused", &count(decision.decided.len() - decision.accepted))
            .about("status", decision.status.as_str().as_bytes())
    }

    fn reply(&self, decision: Decision, stored: &[Stored]) -> SubmittedRequest {
        let refused = decision.decided.len() - decision.accepted;
        let mut stored = stored.iter();
        let outcomes = self.rows.iter().zip(decision.decided).map(|(candidate, row)| {
            let place = if row.outcome.is_ok() { stored.next() } else { None };
            RowOutcome::new(candidate.row, &candidate.client_ref, row, place.map(|place| place.employee_id))
        });
        SubmittedRequest {
            request_id: (!self.dry_run).then_some(self.request_id),
            programme_id: self.programme_id,
            status: decision.status,
            automatic: decision.status != Status::Requested,
            dry_run: self.dry_run,
            waits_until: decision.waits_until,
            accepted: decision.accepted,
            refused,
            rows: outcomes.collect(),
        }
    }
}

impl Terms {
    /// What the rules need of a programme.
    pub fn of(programme: &ProgrammeFacts) -> Self {
        Self {
            eligible_categories: programme.eligible_categories.0.clone(),
            valid_until: programme.valid_until,
            priority_until: programme.priority_until,
            auto_approve_max_rows: usize::try_from(programme.auto_approve_max_rows).unwrap_or(0),
        }
    }
}
