//! Setting a settlement account of a programme: statements of any other are refused.

use super::number::{AccountNumber, Bic};
use super::store::{self, NewAccount};
use crate::kernel::{Actor, Code, ProgrammeId, Refusal, SettlementAccountId};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use serde::{Deserialize, Serialize};

/// Sets an account; those set before stay, since statements of them may still come.
pub struct SetAccount {
    pub account_id: SettlementAccountId,
    pub actor: Actor,
    pub programme_id: ProgrammeId,
    pub account_number: AccountNumber,
    pub bic: Bic,
}

/// A settlement account (лицевой или расчётный счёт) of a programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SettlementAccount {
    pub settlement_account_id: SettlementAccountId,
    pub account_number: AccountNumber,
    pub bic: Bic,
}

impl Command for SetAccount {
    type Reply = SettlementAccount;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<SettlementAccount>, Stop> {
        self.account_number.check(&self.bic)?;
        let connection = batch.connection()?;
        let programme_no = ProgrammeFacts::find(connection, self.programme_id)?
            .ok_or_else(|| Refusal::not_found("programme"))?
            .programme_no;
        let accounts = store::accounts(connection, programme_no)?;
        if accounts.iter().any(|account| account.account_number == self.account_number) {
            let refusal = Refusal::new(Code::AlreadyExists).at("account_number");
            return Err(refusal.with("what", "settlement_account").into());
        }
        let (number, bic) = (self.account_number.as_str(), self.bic.as_str());
        let event = Event::new(Kind::SettlementAccountSet, batch.now(), self.actor.token_no)
            .about("settlement_account", self.account_id.bytes())
            .about(facts::SUBJECT, &facts::of_account(number, bic));
        let new = NewAccount {
            programme_no,
            account_id: self.account_id,
            account_number: number.to_owned(),
            bic: bic.to_owned(),
        };
        let reply = SettlementAccount {
            settlement_account_id: self.account_id,
            account_number: self.account_number.clone(),
            bic: self.bic.clone(),
        };
        Ok(Box::new(move |batch| {
            let account_no = batch.next_index(programme_no)?;
            store::insert_account(batch.connection()?, account_no, &new)?;
            Ok(Done::new(reply, batch.record(programme_no, &event)?))
        }))
    }
}
