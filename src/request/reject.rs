//! Rejecting a request: its people are free to be requested again, by any agency.

use super::model::{self, Status};
use super::outcome::DecidedRequest;
use super::store::{self, Verdict};
use crate::kernel::{Actor, Reason, Refusal, RequestId};
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};

/// The programme office turns an agency's request down.
pub struct RejectRequest {
    pub request_id: RequestId,
    pub actor: Actor,
    /// Its agency reads it.
    pub reason: Reason,
}

impl Command for RejectRequest {
    type Reply = DecidedRequest;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<DecidedRequest>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let request =
            store::find(connection, self.request_id)?.ok_or_else(|| Refusal::not_found("request"))?;
        model::reject(request.status)?;
        let programme_id = ProgrammeFacts::by_no(connection, request.programme_no)?.programme_id;
        let rows = store::waiting_items(connection, &request)?;
        let verdict = Verdict {
            status: Status::Rejected,
            decided_by: self.actor.subject.clone(),
            reason: Some(self.reason.to_string()),
        };
        let token_no = self.actor.token_no;
        Ok(Box::new(move |batch| {
            let connection = batch.connection()?;
            store::release_claims(connection, &request)?;
            store::decide(connection, &request, now, &verdict)?;
            let event = Event::new(Kind::RequestRejected, now, token_no)
                .about("request", request.request_id.bytes())
                .about("rows", &rows.to_be_bytes());
            let entry = batch.record(request.programme_no, &event)?;
            let reply = DecidedRequest {
                request_id: request.request_id,
                programme_id,
                status: Status::Rejected,
                rows,
            };
            Ok(Done::new(reply, entry))
        }))
    }
}
