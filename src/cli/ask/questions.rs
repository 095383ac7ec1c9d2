//! What each question asks of the house. Nothing is reckoned here.

use super::super::find;
use super::super::house::system_clock;
use super::{Attempts, Months, Question, Rows, Sample, Search, Statement, Trace, Unusual};
use crate::db::Connection;
use crate::http::{Page, Paged};
use crate::kernel::text::Text;
use crate::kernel::{Code, Month, Refusal};
use crate::ledger::as_of::AsOf;
use crate::ledger::model::{Account, Kind};
use crate::oversight::attempts::{self, AttemptFilter};
use crate::oversight::ledger::{self, Span, TransactionFilter};
use crate::oversight::postings::{PostingFilter, PostingPlace, postings};
use crate::oversight::trace::{self, SoughtPayment};
use crate::oversight::unusual::Unmatched;
use crate::oversight::{execution, sample, starts, statement, unusual};
use crate::period::trial_balance;
use crate::programme::ProgrammeFacts;
use crate::redemption::query::Sought;
use crate::voucher::model::Action;
use crate::writer::Stop;
use serde::Serialize;
use serde_json::{Value, json};

/// Rows read at a time.
const READ: usize = 500;

/// An answer, as the API gives it, and how it is shown to people.
pub(super) struct Answer {
    pub(super) json: Value,
    /// Of how many leaves it is, where it is of a part of the log.
    pub(super) size: Option<i64>,
    /// There is more than was asked for.
    pub(super) is_cut: bool,
}

fn of_size((size, answer): (i64, impl Serialize)) -> Answer {
    Answer { json: json!(answer), size: Some(size), is_cut: false }
}

fn account(name: &str) -> Result<Account, Refusal> {
    let names = Account::ALL.map(Account::as_str).join(", ");
    Account::parse(name).ok_or_else(|| Refusal::field("account", format!("one of {names}")))
}

fn month(text: Option<String>, field: &str) -> Result<Option<Month>, Refusal> {
    text.map(|text| Month::parse(&text).map_err(|malformed| malformed.at(field))).transpose()
}

impl Question {
    pub(super) fn answer(self, connection: &mut Connection, code: &str) -> Result<Answer, Stop> {
        let programme = find::programme(connection, code)?;
        let programme_no = programme.programme_no;
        Ok(match self {
            Self::Accounts(size) => {
                let as_of = AsOf::find(connection, programme_no, size.as_of)?;
                of_size((as_of.size, ledger::accounts(connection, programme_no, as_of)?))
            }
            Self::Execution(size) => {
                let as_of = AsOf::find(connection, programme_no, size.as_of)?;
                let now = size.as_of.is_none().then(|| system_clock().now());
                of_size((as_of.size, execution::budget(connection, programme_no, as_of, now)?))
            }
            Self::TrialBalance(Months { from, to, size }) => {
                let (from, to) = (month(from, "from")?, month(to, "to")?);
                let wanted = trial_balance::Wanted { from, to, as_of: size.as_of };
                let this = Month::at(system_clock().now());
                of_size(trial_balance::answer(connection, programme_no, &wanted, this)?)
            }
            Self::Statement(question) => question.answer(connection, programme_no)?,
            Self::Trace(question) => question.answer(connection, &programme)?,
            Self::Search(question) => question.answer(connection, programme_no)?,
            Self::Unusual(question) => question.answer(connection, programme_no)?,
            Self::Unmatched(wanted) => unmatched(connection, programme_no, &wanted)?,
            Self::Attempts(question) => question.answer(connection, programme_no)?,
            Self::Sample(Sample { account: name, size, seed, as_of }) => {
                let seed = Text::parse(&seed).map_err(|malformed| malformed.at("seed"))?;
                let wanted = sample::Wanted { account: account(&name)?, size, seed, as_of };
                let sample = sample::read(connection, (programme_no, programme.programme_id), &wanted)?;
                of_size((sample.as_of, sample))
            }
        })
    }
}

/// Reads rows, each with its number, until there are enough: pages behind the number before.
fn rows<T>(
    wanted: &Rows,
    mut page: impl FnMut(Option<i64>, i64) -> Result<Vec<(i64, T)>, Stop>,
) -> Result<(Vec<T>, bool), Stop> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        // One more than is shown tells whether there is more.
        let fetched = page(after, READ.min(wanted.limit - rows.len() + 1).try_into().unwrap_or(1))?;
        let is_last = fetched.is_empty();
        for (number, row) in fetched {
            if rows.len() == wanted.limit {
                return Ok((rows, true));
            }
            after = Some(number);
            rows.push(row);
        }
        if is_last {
            return Ok((rows, false));
        }
    }
}

fn of_rows<T: Serialize>((rows, is_cut): (Vec<T>, bool), size: Option<i64>) -> Answer {
    Answer { json: json!(rows), size, is_cut }
}

impl Statement {
    fn answer(self, connection: &mut Connection, programme_no: i64) -> Result<Answer, Stop> {
        // Every page is of the same size, which is that of the first.
        let size = AsOf::find(connection, programme_no, self.size.as_of)?.size;
        let wanted = statement::Wanted {
            budget_line_id: self.budget_line,
            account: account(&self.account)?,
            from: self.from,
            to: self.to,
            as_of: Some(size),
        };
        let mut whole = statement::read(connection, programme_no, &wanted, &Page::behind(None))?;
        while whole.lines.next_cursor.is_some() && whole.lines.items.len() < self.rows.limit {
            let last = whole.lines.items.last().map(|line| line.posting.place().number());
            let next = statement::read(connection, programme_no, &wanted, &Page::behind(last))?;
            whole.lines.items.extend(next.lines.items);
            whole.lines.next_cursor = next.lines.next_cursor;
        }
        let is_cut = whole.lines.next_cursor.is_some() || whole.lines.items.len() > self.rows.limit;
        whole.lines.items.truncate(self.rows.limit);
        whole.lines.next_cursor = None;
        whole.page_closing = whole.lines.items.last().map_or(whole.page_opening, |last| last.balance);
        Ok(Answer { json: json!(whole), size: Some(size), is_cut })
    }
}

impl Trace {
    fn answer(self, connection: &mut Connection, programme: &ProgrammeFacts) -> Result<Answer, Stop> {
        let (of, as_of, programme_no) = (self.of, self.size.as_of, programme.programme_no);
        let programme_id = programme.programme_id;
        if let Some(text) = of.voucher {
            let voucher_id = find::voucher(connection, &text)?.voucher_id;
            return Ok(of_size(starts::voucher(connection, voucher_id, None, as_of)?));
        }
        if let Some(redemption_id) = of.redemption {
            let sought = Sought { redemption_id, programme_id: Some(programme_id), university_no: None };
            return Ok(of_size(trace::redemption(connection, &sought, as_of)?));
        }
        if let Some(id) = of.session {
            return Ok(of_size(starts::session(connection, id, None, as_of)?));
        }
        if let Some(id) = of.payee {
            return Ok(of_size(starts::payee(connection, id, (programme_no, programme_id), as_of)?));
        }
        let sought = match (of.payment, of.document) {
            (Some(id), _) => SoughtPayment::ById(id),
            (None, number) => SoughtPayment::ByDocument(programme_no, number.unwrap_or_default()),
        };
        Ok(of_size(trace::payment(connection, sought, None, as_of)?))
    }
}

impl Search {
    fn answer(self, connection: &mut Connection, programme_no: i64) -> Result<Answer, Stop> {
        let kind = |name: &str| {
            Kind::parse(name).ok_or_else(|| Refusal::field("kind", "a kind of transaction, such as redeemed"))
        };
        let filter = PostingFilter {
            account: self.account.as_deref().map(account).transpose()?,
            budget_line_id: self.budget_line,
            agency_id: self.agency,
            voucher_id: self.voucher,
            redemption_id: self.redemption,
            payee_id: self.payee,
            payment_id: self.payment,
            document_number: self.document,
            session_id: self.session,
            course_run_id: self.course_run,
            contract_id: self.contract,
            amount_min: self.amount_min,
            amount_max: self.amount_max,
            transactions: TransactionFilter {
                kind: self.kind.as_deref().map(kind).transpose()?,
                effective: Span::of_days(self.effective_from, self.effective_to),
                recorded: Span::of_days(self.recorded_from, self.recorded_to),
            },
        };
        let size = AsOf::find(connection, programme_no, self.size.as_of)?.size;
        let found = rows(&self.rows, |after, limit| {
            let after = after.map_or(PostingPlace::START, PostingPlace::from_number);
            let found = postings(connection, programme_no, &filter, after, size, limit)?;
            Ok(found.into_iter().map(|posting| (posting.place().number(), posting)).collect())
        })?;
        Ok(of_rows(found, Some(size)))
    }
}

impl Unusual {
    fn answer(self, connection: &mut Connection, programme_no: i64) -> Result<Answer, Stop> {
        let only =
            self.rule.as_deref().map(|name| unusual::rule(name).map(|place| vec![place])).transpose()?;
        let found = rows(&self.rows, |after, limit| {
            Ok(unusual::findings(connection, programme_no, only.as_deref(), after, limit)?)
        })?;
        Ok(of_rows(found, None))
    }
}

/// As the API answers it.
fn unmatched(connection: &mut Connection, programme_no: i64, wanted: &Rows) -> Result<Answer, Stop> {
    let only = unusual::of_statements();
    let (items, is_cut) = rows(wanted, |after, limit| {
        Ok(unusual::findings(connection, programme_no, Some(&only), after, limit)?)
    })?;
    let unmatched_items = unusual::unmatched_items(connection, programme_no)?;
    let findings = Paged { items, next_cursor: None };
    Ok(Answer { json: json!(Unmatched { unmatched_items, findings }), size: None, is_cut })
}

impl Attempts {
    fn answer(self, connection: &mut Connection, programme_no: i64) -> Result<Answer, Stop> {
        let code =
            |code: &str| Code::parse(code).ok_or_else(|| Refusal::field("code", "the code of a refusal"));
        let action = |action: &str| {
            let names = Action::ALL.map(Action::as_str).join(", ");
            Action::parse(action).ok_or_else(|| Refusal::field("action", format!("one of {names}")))
        };
        let filter = AttemptFilter {
            code: self.code.as_deref().map(code).transpose()?,
            action: self.action.as_deref().map(action).transpose()?,
            attempted: Span::of_days(self.from, self.to),
        };
        let found = rows(&self.rows, |after, limit| {
            let found = attempts::refused(connection, programme_no, &filter, after.unwrap_or(-1), limit)?;
            Ok(found.into_iter().map(|attempt| (attempt.attempt_no, attempt)).collect())
        })?;
        Ok(of_rows(found, None))
    }
}
