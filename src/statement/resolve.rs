//! Resolving an item that was matched with nothing: a second person says which payment it is about, or what it is.

use super::model::{Direction, Status};
use super::store::{self, ToResolve};
use crate::db::Connection;
use crate::kernel::{Actor, Code, PaymentId, Reason, Refusal, StatementItemId};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::payment;
use crate::payment::store as payments;
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::{Deserialize, Serialize};

/// Closes an unmatched item. It moves no money: a payment is confirmed or returned by its own act first.
pub struct ResolveItem {
    pub item_id: StatementItemId,
    pub actor: Actor,
    pub payment_id: Option<PaymentId>,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResolvedItem {
    pub item_id: StatementItemId,
    pub status: Status,
    /// The payment it is about.
    pub payment_id: Option<PaymentId>,
}

impl Command for ResolveItem {
    type Reply = ResolvedItem;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<ResolvedItem>, Stop> {
        let connection = batch.connection()?;
        let item = store::item_to_resolve(connection, self.item_id)?
            .ok_or_else(|| Refusal::not_found("statement_item"))?;
        let status = Status::of(item.outcome, item.resolved_log_index.is_some());
        if status != Status::Unmatched {
            return Err(Refusal::invalid_transition("resolve", status.as_str(), &[]).into());
        }
        if self.actor.is_same_person(&item.imported_by) {
            return Err(Code::SelfApproval.into());
        }
        let payment_no = self.payment_id.map(|id| payment_of(connection, &item, id)).transpose()?;
        let about = self.payment_id.map_or_else(Vec::new, |id| id.bytes().to_vec());
        let event = Event::new(Kind::StatementItemResolved, batch.now(), self.actor.token_no)
            .about("statement_item", self.item_id.bytes())
            .about("payment", &about)
            .about(facts::REASON, &facts::of_reason(self.reason.as_str()));
        let reply =
            ResolvedItem { item_id: self.item_id, status: Status::Resolved, payment_id: self.payment_id };
        let (actor, reason) = (self.actor.clone(), self.reason.clone());
        Ok(Box::new(move |batch| {
            let entry = batch.record(item.programme_no, &event)?;
            store::resolve(batch.connection()?, entry, &item, payment_no, &actor.subject, reason.as_str())?;
            Ok(Done::new(reply, entry))
        }))
    }
}

/// The number of the payment that the item can be about.
fn payment_of(connection: &mut Connection, item: &ToResolve, id: PaymentId) -> Result<i64, Stop> {
    let found = payments::payment_to_decide(connection, id)?;
    let payment = found
        .filter(|payment| payment.programme_no == item.programme_no)
        .ok_or_else(|| Refusal::not_found("payment").at("payment_id"))?;
    if payment.amount_kopecks != item.amount_kopecks {
        return Err(Refusal::field("payment_id", "a payment of the item's amount")
            .with("item_kopecks", item.amount_kopecks.get())
            .with("payment_kopecks", payment.amount_kopecks.get())
            .into());
    }
    let moved = match item.direction {
        Direction::Debit => matches!(payment.status, payment::Status::Paid | payment::Status::Returned),
        Direction::Credit => payment.status == payment::Status::Returned,
    };
    if !moved {
        let wanted = if item.direction == Direction::Debit { "confirm" } else { "return" };
        return Err(Refusal::invalid_transition("resolve", payment.status.as_str(), &[wanted])
            .at("payment_id")
            .into());
    }
    if store::is_linked(connection, item.programme_no, payment.payment_no, item.direction)? {
        let refusal = Refusal::new(Code::AlreadyExists).at("payment_id");
        return Err(refusal.with("what", "statement_item").into());
    }
    Ok(payment.payment_no)
}
