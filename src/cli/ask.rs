//! `vouchers ask`: an auditor's questions, each answered as the API answers it (docs/ledger.md, "Where to look").

mod questions;
mod shown;

use super::{Failure, House};
use chrono::NaiveDate;
use clap::{Args, Subcommand};

/// An auditor's question about the books
#[derive(Args)]
pub(super) struct Ask {
    #[command(subcommand)]
    question: Question,
    /// The programme's code
    #[arg(long, value_name = "CODE", global = true, default_value = "")]
    programme: String,
    /// Prints JSON instead of words and tables
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Question {
    /// Balances of the six accounts of every budget line
    Accounts(Size),
    /// Budget execution, line by line
    Execution(Size),
    /// Opening, turnovers and closing of every account, by month
    TrialBalance(Months),
    /// The statement of an account: every posting by day, with the balance after it
    Statement(Statement),
    /// Where money went, from whatever end you have
    Trace(Trace),
    /// Postings that fit
    Search(Box<Search>),
    /// What a person should look at
    Unusual(Unusual),
    /// What does not agree with the bank's statements: items without a payment, payments without an item
    Unmatched(Rows),
    /// Attempts on vouchers that were refused, and why
    Attempts(Attempts),
    /// Monetary-unit sampling: debits picked by a seed, in proportion to their amounts
    Sample(Sample),
}

#[derive(Args)]
struct Size {
    /// The first so many leaves of the log, the same for ever [default: all there are]
    #[arg(long, value_name = "SIZE")]
    as_of: Option<i64>,
}

#[derive(Args)]
struct Months {
    /// The first month, as 2020-03 [default: from the beginning]
    #[arg(long, value_name = "MONTH")]
    from: Option<String>,
    /// The last month [default: this one, or that of the last leaf of --as-of]
    #[arg(long, value_name = "MONTH")]
    to: Option<String>,
    #[command(flatten)]
    size: Size,
}

#[derive(Args)]
struct Statement {
    /// The budget line's id
    #[arg(long, value_name = "ID")]
    budget_line: crate::kernel::BudgetLineId,
    /// limit, available, reserved, obligated, accrued or paid
    #[arg(long)]
    account: String,
    /// Effective on this day (Moscow) or later
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// Effective on this day (Moscow) or earlier
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    #[command(flatten)]
    size: Size,
    #[command(flatten)]
    rows: Rows,
}

#[derive(Args)]
#[group(skip)]
struct Trace {
    #[command(flatten)]
    of: TraceOf,
    #[command(flatten)]
    size: Size,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct TraceOf {
    /// A voucher's number or id
    #[arg(long, value_name = "NUMBER")]
    voucher: Option<String>,
    #[arg(long, value_name = "ID")]
    redemption: Option<crate::kernel::RedemptionId>,
    #[arg(long, value_name = "ID")]
    session: Option<crate::kernel::SessionId>,
    /// An instructor, the tax office, a contractor
    #[arg(long, value_name = "ID")]
    payee: Option<crate::kernel::PayeeId>,
    #[arg(long, value_name = "ID")]
    payment: Option<crate::kernel::PaymentId>,
    /// The number of a payment's order
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
}

#[derive(Args)]
struct Search {
    #[arg(long)]
    account: Option<String>,
    /// Of the transaction, such as session_accepted
    #[arg(long)]
    kind: Option<String>,
    #[arg(long, value_name = "ID")]
    budget_line: Option<crate::kernel::BudgetLineId>,
    #[arg(long, value_name = "ID")]
    agency: Option<crate::kernel::AgencyId>,
    #[arg(long, value_name = "ID")]
    voucher: Option<crate::kernel::VoucherId>,
    #[arg(long, value_name = "ID")]
    redemption: Option<crate::kernel::RedemptionId>,
    #[arg(long, value_name = "ID")]
    payee: Option<crate::kernel::PayeeId>,
    #[arg(long, value_name = "ID")]
    payment: Option<crate::kernel::PaymentId>,
    /// The number of a payment's order
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
    #[arg(long, value_name = "ID")]
    session: Option<crate::kernel::SessionId>,
    #[arg(long, value_name = "ID")]
    course_run: Option<crate::kernel::CourseRunId>,
    #[arg(long, value_name = "ID")]
    contract: Option<crate::kernel::ContractId>,
    /// Kopecks at least, debits and credits alike
    #[arg(long, value_name = "KOPECKS", value_parser = clap::value_parser!(i64).range(0..))]
    amount_min: Option<i64>,
    /// Kopecks at most
    #[arg(long, value_name = "KOPECKS", value_parser = clap::value_parser!(i64).range(0..))]
    amount_max: Option<i64>,
    #[arg(long, value_name = "DAY")]
    effective_from: Option<NaiveDate>,
    #[arg(long, value_name = "DAY")]
    effective_to: Option<NaiveDate>,
    #[arg(long, value_name = "DAY")]
    recorded_from: Option<NaiveDate>,
    #[arg(long, value_name = "DAY")]
    recorded_to: Option<NaiveDate>,
    #[command(flatten)]
    size: Size,
    #[command(flatten)]
    rows: Rows,
}

#[derive(Args)]
struct Unusual {
    /// Of this rule only
    #[arg(long)]
    rule: Option<String>,
    #[command(flatten)]
    rows: Rows,
}

#[derive(Args)]
struct Attempts {
    /// The code of the refusal
    #[arg(long)]
    code: Option<String>,
    /// What was tried, such as redeem
    #[arg(long)]
    action: Option<String>,
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    #[command(flatten)]
    rows: Rows,
}

#[derive(Args)]
struct Sample {
    /// Its debits are picked from
    #[arg(long)]
    account: String,
    /// Kopecks to pick, 1 to 500
    #[arg(long)]
    size: i64,
    /// One line of your choice: the same seed picks the same
    #[arg(long)]
    seed: String,
    /// The first so many leaves of the log, the same for ever [default: all there are]
    #[arg(long, value_name = "SIZE")]
    as_of: Option<i64>,
}

#[derive(Args)]
struct Rows {
    /// Rows at most
    #[arg(long, value_name = "ROWS", default_value_t = 500)]
    limit: usize,
}

impl Ask {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        if self.programme.is_empty() {
            return Err(Failure::Usage("which programme? --programme CODE".into()));
        }
        let answer = house.read(|connection| self.question.answer(connection, &self.programme))?;
        shown::show(&answer, self.json)
    }
}
