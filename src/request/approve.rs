//! Approving a request: another person than the requester says yes, and the seats are held.

use super::model::{self, Status, Terms, Waiting};
use super::outcome::DecidedRequest;
use super::store::{self, Verdict};
use crate::kernel::{Actor, Refusal, RequestId};
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// The programme office grants an agency's request.
pub struct ApproveRequest {
    pub request_id: RequestId,
    pub actor: Actor,
}

impl Command for ApproveRequest {
    type Reply = DecidedRequest;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<DecidedRequest>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let request =
            store::find(connection, self.request_id)?.ok_or_else(|| Refusal::not_found("request"))?;
        let programme = ProgrammeFacts::by_no(connection, request.programme_no)?;
        programme.require_open()?;
        let is_municipality = store::is_municipality(connection, request.agency_no)?;
        let waiting = Waiting {
            status: request.status,
            requested_by: request.requested_by.clone(),
            rows: store::waiting_items(connection, &request)?,
            waits_until: model::waits_until(&Terms::of(&programme), is_municipality, now),
            seats: store::seats(connection, request.programme_no, request.agency_no)?,
        };
        model::approve(&waiting, &self.actor)?;
        let verdict =
            Verdict { status: Status::Approved, decided_by: self.actor.subject.clone(), reason: None };
        let (rows, token_no) = (waiting.rows, self.actor.token_no);
        Ok(Box::new(move |batch| {
            let connection = batch.connection()?;
            store::decide(connection, &request, now, &verdict)?;
            store::hold(connection, request.programme_no, request.agency_no, rows)?;
            let event = Event::new(Kind::RequestApproved, now, token_no)
                .about("request", request.request_id.bytes())
                .about("rows", &rows.to_be_bytes());
            let entry = batch.record(request.programme_no, &event)?;
            let reply = DecidedRequest {
                request_id: request.request_id,
                programme_id: programme.programme_id,
                status: Status::Approved,
                rows,
            };
            Ok(Done::new(reply, entry))
        }))
    }
}
