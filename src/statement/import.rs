//! Importing a statement: one transaction for the whole of it, its leaf first, then what its items did.

use super::file;
use super::matching::{About, Matching, Setting, Step, Verdict};
use super::model::{Direction, Outcome, Statement};
use super::number::AccountNumber;
use super::store::{self, AccountRow, NewItem, NewStatement};
use crate::db::Connection;
use crate::kernel::{
    Actor, Code, Kopecks, PaymentId, ProgrammeId, Refusal, RegisterId, StatementId, StatementItemId, Text,
};
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::payment::confirm;
use crate::period;
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Stop};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Imports a statement. A dry run decides the same and writes nothing.
pub struct ImportStatement {
    pub statement_id: StatementId,
    pub actor: Actor,
    pub programme_id: ProgrammeId,
    pub dry_run: bool,
    pub file_sha256: [u8; 32],
    pub statement: Statement,
    /// One for each item.
    pub item_ids: Vec<StatementItemId>,
}

/// A statement and what became of its items.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedStatement {
    /// None for a dry run.
    pub statement_id: Option<StatementId>,
    pub dry_run: bool,
    pub account_number: AccountNumber,
    pub first_day: NaiveDate,
    /// Inclusive.
    pub last_day: NaiveDate,
    pub opening: Kopecks,
    pub received: Kopecks,
    pub spent: Kopecks,
    pub closing: Kopecks,
    pub matched_paid: i64,
    pub matched_confirmed: i64,
    pub matched_returned: i64,
    pub unmatched: i64,
    /// In the order of the file.
    pub items: Vec<ImportedItem>,
}

/// What became of an item.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedItem {
    /// Its place in the statement, from 1.
    pub item: i32,
    /// None for a dry run.
    pub item_id: Option<StatementItemId>,
    /// The line of the file it begins at.
    pub line: u32,
    pub direction: Direction,
    pub booked_on: NaiveDate,
    pub amount: Kopecks,
    pub document_number: String,
    pub outcome: Outcome,
    /// Why it is unmatched: a word of its own (`no_number`, `no_payment`, `amount_differs`, `before_order`, `ambiguous`,
    /// `already_matched`, `partly_paid`, `not_a_return`), or the code of the refusal to confirm or return the payment.
    pub because: Option<String>,
    pub payment_id: Option<PaymentId>,
    /// The register that it paid as a whole.
    pub register_id: Option<RegisterId>,
}

impl Command for ImportStatement {
    type Reply = ImportedStatement;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<ImportedStatement>, Stop> {
        let today = batch.now().date();
        let connection = batch.connection()?;
        let programme_no = ProgrammeFacts::find(connection, self.programme_id)?
            .ok_or_else(|| Refusal::not_found("programme"))?
            .programme_no;
        let account = self.account(connection, programme_no)?;
        self.check_days(connection, programme_no, account.account_no, today)?;
        let setting = Setting {
            actor: &self.actor,
            programme_no,
            today,
            closed: period::store::closed(connection, programme_no)?,
            reason: Text::parse("Возврат по выписке банка").map_err(|malformed| malformed.at("reason"))?,
        };
        let mut matching = Matching::load(connection, setting, &self.statement)?;
        let mut verdicts = Vec::with_capacity(self.statement.items.len());
        for item in &self.statement.items {
            verdicts.push(matching.next(connection, item)?);
        }
        let steps = matching.steps;
        let reply = self.reply(&verdicts)?;
        if self.dry_run {
            return Ok(Box::new(|_| Ok(Done::unrecorded(reply))));
        }
        let items = self.items(programme_no, &verdicts);
        let new = self.new_statement(programme_no, account.account_no);
        let event = Event::new(Kind::StatementImported, batch.now(), self.actor.token_no)
            .about("statement", self.statement_id.bytes())
            .about("settlement_account", account.account_id.bytes())
            .about(facts::SUBJECT, &digest(&new, &reply));
        let actor = self.actor.clone();
        Ok(Box::new(move |batch| {
            let statement = batch.record(programme_no, &event)?;
            let mut paying = Vec::new();
            for step in steps {
                match step {
                    Step::Confirm(next) => paying.push(next),
                    // What came back may have been paid just before.
                    Step::Return(returning) => {
                        confirm::make(&std::mem::take(&mut paying), batch, &actor)?;
                        returning.make(batch, &actor)?;
                    }
                }
            }
            confirm::make(&paying, batch, &actor)?;
            store::insert(batch.connection()?, statement.log_index, &new, &items)?;
            Ok(Done::new(reply, statement))
        }))
    }
}

impl ImportStatement {
    /// Reads a file for a programme.
    ///
    /// # Errors
    /// Those of [`file::read`].
    pub fn read(
        new_id: impl Fn() -> Uuid,
        actor: Actor,
        programme_id: ProgrammeId,
        file: &[u8],
        dry_run: bool,
    ) -> Result<Self, Refusal> {
        let statement = file::read(file)?;
        Ok(Self {
            statement_id: StatementId(new_id()),
            actor,
            programme_id,
            dry_run,
            file_sha256: Sha256::digest(file).into(),
            item_ids: statement.items.iter().map(|_| StatementItemId(new_id())).collect(),
            statement,
        })
    }

    /// The programme's account that the statement is of.
    fn account(&self, connection: &mut Connection, programme_no: i64) -> Result<AccountRow, Stop> {
        let accounts = store::accounts(connection, programme_no)?;
        if accounts.is_empty() {
            return Err(Refusal::not_found("settlement_account").into());
        }
        let expected: Vec<_> = accounts.iter().map(|account| account.account_number.masked()).collect();
        let own = accounts.into_iter().find(|account| account.account_number == self.statement.account);
        Ok(own.ok_or_else(|| {
            Refusal::new(Code::WrongAccount)
                .with("expected", expected)
                .with("found", self.statement.account.masked())
        })?)
    }

    fn check_days(
        &self,
        connection: &mut Connection,
        programme_no: i64,
        account_no: i64,
        today: NaiveDate,
    ) -> Result<(), Stop> {
        let Statement { first_day, last_day, .. } = self.statement;
        if last_day > today {
            return Err(Refusal::field("last_day", "a statement of days until today")
                .with("last_day", last_day)
                .with("today", today)
                .into());
        }
        let days = (first_day, last_day);
        match store::earlier(connection, programme_no, account_no, &self.file_sha256, days)? {
            None => Ok(()),
            Some(earlier) => Err(Refusal::new(Code::AlreadyExists)
                .at("statement")
                .with("what", "statement")
                .with(
                    "value",
                    format!("{} ({} – {})", earlier.statement_id, earlier.first_day, earlier.last_day),
                )
                .with("statement_id", earlier.statement_id)
                .with("first_day", earlier.first_day)
                .with("last_day", earlier.last_day)
                .into()),
        }
    }

    fn reply(&self, verdicts: &[Verdict]) -> Result<ImportedStatement, Refusal> {
        let statement = &self.statement;
        let count = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count() as i64;
        let items = (1..).zip(&statement.items).zip(&self.item_ids).zip(verdicts);
        let items = items.map(|(((place, item), item_id), verdict)| ImportedItem {
            item: place,
            item_id: (!self.dry_run).then_some(*item_id),
            line: item.line,
            direction: item.direction,
            booked_on: item.booked_on,
            amount: item.amount,
            document_number: item.document_number.clone(),
            outcome: verdict.outcome,
            because: verdict.because.map(|because| because.as_str().to_owned()),
            payment_id: match verdict.about {
                About::Payment(id, _) => Some(id),
                _ => None,
            },
            register_id: match verdict.about {
                About::Register(id, _) => Some(id),
                _ => None,
            },
        });
        Ok(ImportedStatement {
            statement_id: (!self.dry_run).then_some(self.statement_id),
            dry_run: self.dry_run,
            account_number: statement.account.clone(),
            first_day: statement.first_day,
            last_day: statement.last_day,
            opening: statement.opening,
            received: statement.total(Direction::Credit)?,
            spent: statement.total(Direction::Debit)?,
            closing: statement.closing,
            matched_paid: count(Outcome::MatchedPaid),
            matched_confirmed: count(Outcome::MatchedConfirmed),
            matched_returned: count(Outcome::MatchedReturned),
            unmatched: count(Outcome::Unmatched),
            items: items.collect(),
        })
    }

    fn new_statement(&self, programme_no: i64, account_no: i64) -> NewStatement {
        NewStatement {
            programme_no,
            statement_id: self.statement_id,
            account_no,
            file_sha256: self.file_sha256.to_vec(),
            first_day: self.statement.first_day.to_string(),
            last_day: self.statement.last_day.to_string(),
            opening_kopecks: self.statement.opening,
            closing_kopecks: self.statement.closing,
            imported_by: self.actor.subject.clone(),
        }
    }

    fn items(&self, programme_no: i64, verdicts: &[Verdict]) -> Vec<NewItem> {
        let items = (1..).zip(&self.statement.items).zip(&self.item_ids).zip(verdicts);
        let items = items.map(|(((item_no, item), item_id), verdict)| NewItem {
            programme_no,
            item_no,
            item_id: *item_id,
            direction: item.direction.as_str(),
            booked_on: item.booked_on.to_string(),
            amount_kopecks: item.amount,
            document_number: item.document_number.clone(),
            outcome: verdict.outcome.as_str(),
            unmatched_because: verdict.because.map(|because| because.as_str()),
            payment_no: match verdict.about {
                About::Payment(_, no) => Some(no),
                _ => None,
            },
            register_no: match verdict.about {
                About::Register(_, no) => Some(no),
                _ => None,
            },
        });
        items.collect()
    }
}

/// What the leaf says of the statement.
fn digest(new: &NewStatement, reply: &ImportedStatement) -> [u8; 32] {
    let items = reply.items.iter().map(|item| {
        let matched = item.payment_id.map(|id| id.to_string()).or(item.register_id.map(|id| id.to_string()));
        [
            item.item.to_string(),
            item.item_id.map(|id| id.to_string()).unwrap_or_default(),
            item.direction.as_str().to_owned(),
            item.booked_on.to_string(),
            item.amount.get().to_string(),
            item.document_number.clone(),
            item.outcome.as_str().to_owned(),
            item.because.clone().unwrap_or_default(),
            matched.unwrap_or_default(),
        ]
    });
    let days = (new.first_day.as_str(), new.last_day.as_str());
    facts::digest(&facts::statement(days, new.opening_kopecks, new.closing_kopecks, &new.file_sha256, items))
}
