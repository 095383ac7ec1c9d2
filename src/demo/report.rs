//! The report: what was played, on one screen, in Russian and English.

use super::files::{self, ForScripts};
use super::play::Played;
use super::run::DemoOptions;
use crate::db::Connection;
use crate::db::schema::{
    account_balance, agency, budget_line, course_run, payee, payee_personal, payment, posting, programme,
    redemption, session, statement_item, voucher,
};
use crate::kernel::Kopecks;
use crate::ledger::audit;
use crate::ledger::model::Account;
use crate::oversight::retrained::{self, Retrained};
use crate::programme::ProgrammeFacts;
use crate::voucher::Status;
use crate::voucher::query::stored_number;
use crate::writer::Stop;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What the report says of the books.
pub struct Facts {
    /// Vouchers by category of body and state.
    vouchers: BTreeMap<String, BTreeMap<i16, i64>>,
    retrained: Retrained,
    lines: Vec<Line>,
    /// Items of bank statements that confirmed a payment, and unmatched ones.
    bank: [i64; 2],
    trace: Trace,
}

struct Line {
    kbk: String,
    name: String,
    /// In the order of [`Account::ALL`].
    balances: Vec<Kopecks>,
}

/// One redemption down to hours, payees and payments.
struct Trace {
    number: String,
    course_run: String,
    face_value: Kopecks,
    payees: Vec<Owed>,
    released: Kopecks,
}

/// A payee's part in it.
#[derive(Default)]
struct Owed {
    payee: String,
    /// Taught by them; none for the tax office.
    hours: Option<i64>,
    accrued: Kopecks,
    paid: Kopecks,
    payments: Vec<String>,
}

/// Everything the report is made of.
pub struct Report<'a> {
    pub facts: &'a Facts,
    pub played: &'a Played,
    pub audited: &'a audit::Report,
    pub pictures: usize,
    pub options: &'a DemoOptions,
    pub for_scripts: &'a ForScripts,
}

/// Reads what the report says.
///
/// # Errors
/// The store's.
pub fn read(connection: &mut Connection, played: &Played) -> Result<Facts, Stop> {
    let mut vouchers: BTreeMap<String, BTreeMap<i16, i64>> = BTreeMap::new();
    let states = voucher::table
        .inner_join(agency::table)
        .filter(voucher::programme_no.eq(played.programme_no))
        .select((agency::category, voucher::status))
        .load::<(String, i16)>(connection)?;
    for (category, status) in states {
        *vouchers.entry(category).or_default().entry(status).or_default() += 1;
    }
    let programme = ProgrammeFacts::by_no(connection, played.programme_no)?;
    let retrained = retrained::retrained(connection, &programme)?;
    let bank = ["matched_confirmed", "unmatched"].map(|outcome| {
        statement_item::table
            .filter(statement_item::programme_no.eq(played.programme_no))
            .filter(statement_item::outcome.eq(outcome))
            .count()
            .get_result::<i64>(connection)
    });
    let [confirmed, unmatched] = bank;
    let bank = [confirmed?, unmatched?];
    let (lines, trace) = (lines(connection, played)?, trace(connection, played)?);
    Ok(Facts { vouchers, retrained, lines, bank, trace })
}

fn lines(connection: &mut Connection, played: &Played) -> QueryResult<Vec<Line>> {
    let rows = budget_line::table
        .filter(budget_line::programme_no.eq(played.programme_no))
        .order(budget_line::budget_line_no)
        .select((budget_line::budget_line_no, budget_line::kbk, budget_line::name))
        .load::<(i64, String, String)>(connection)?;
    rows.into_iter()
        .map(|(line_no, kbk, name)| {
            let stored = account_balance::table
                .filter(account_balance::programme_no.eq(played.programme_no))
                .filter(account_balance::budget_line_no.eq(line_no))
                .select((account_balance::account, account_balance::balance_kopecks))
                .load::<(i16, i64)>(connection)?;
            let stored: BTreeMap<_, _> = stored.into_iter().collect();
            let of = |account: Account| stored.get(&account.number()).copied().unwrap_or(0);
            let balances = Account::ALL.into_iter().map(|account| Kopecks::new(of(account))).collect();
            Ok(Line { kbk, name, balances })
        })
        .collect()
}

/// A posting on a redemption: account, amount, session, payee, payment.
type Traced = (i16, i64, Option<i64>, Option<i64>, Option<i64>);

fn trace(connection: &mut Connection, played: &Played) -> Result<Trace, Stop> {
    let programme_no = played.programme_no;
    let (redemption_no, voucher_no, course_run_no) = redemption::table
        .filter(redemption::redemption_id.eq(played.traced))
        .select((redemption::redemption_no, redemption::voucher_no, redemption::course_run_no))
        .first::<(i64, i64, i64)>(connection)?;
    let face_value: Kopecks = voucher::table
        .find((programme_no, voucher_no))
        .select(voucher::face_value_kopecks)
        .first(connection)?;
    let course_run =
        course_run::table.find((programme_no, course_run_no)).select(course_run::code).first(connection)?;
    let code: String = programme::table.find(programme_no).select(programme::code).first(connection)?;
    let postings = posting::table
        .filter(posting::programme_no.eq(programme_no))
        .filter(posting::redemption_no.eq(redemption_no))
        .select((
            posting::account,
            posting::amount_kopecks,
            posting::session_no,
            posting::payee_no,
            posting::payment_no,
        ))
        .load::<Traced>(connection)?;
    let payees: BTreeSet<i64> = postings.iter().filter_map(|(.., payee_no, _)| *payee_no).collect();
    let payees = payees
        .into_iter()
        .map(|payee_no| owed(connection, programme_no, payee_no, &postings))
        .collect::<QueryResult<Vec<_>>>()?;
    let released = postings.iter().filter(|(account, _, session_no, ..)| {
        *account == Account::Available.number() && session_no.is_none()
    });
    let released = Kopecks::new(released.map(|(_, amount, ..)| amount).sum());
    let number = stored_number(&code, voucher_no)?;
    Ok(Trace { number, course_run, face_value, payees, released })
}

fn owed(
    connection: &mut Connection,
    programme_no: i64,
    payee_no: i64,
    postings: &[Traced],
) -> QueryResult<Owed> {
    let (payee, kind) = payee::table
        .inner_join(payee_personal::table.on(payee_personal::payee_no.eq(payee::payee_no)))
        .filter(payee::payee_no.eq(payee_no))
        .select((payee_personal::name, payee::kind))
        .first::<(String, String)>(connection)?;
    let mut owed = Owed { payee, ..Owed::default() };
    let (mut sessions, mut payments) = (BTreeSet::new(), BTreeSet::new());
    let (mut accrued, mut paid) = (0, 0);
    for (account, amount, session_no, _, payment_no) in
        postings.iter().filter(|(.., of, _)| *of == Some(payee_no))
    {
        sessions.extend(*session_no);
        payments.extend(*payment_no);
        // A payment takes from `accrued` what it adds to `paid`: what was ever owed is their sum.
        accrued += if *account == Account::Accrued.number() { *amount } else { 0 };
        paid += if *account == Account::Paid.number() { *amount } else { 0 };
    }
    (owed.accrued, owed.paid) = (Kopecks::new(accrued + paid), Kopecks::new(paid));
    if kind == "instructor" {
        let hours = session::table
            .filter(session::programme_no.eq(programme_no))
            .filter(session::session_no.eq_any(sessions))
            .select(session::hours)
            .load::<i32>(connection)?;
        owed.hours = Some(hours.into_iter().map(i64::from).sum());
    }
    owed.payments = payment::table
        .filter(payment::programme_no.eq(programme_no))
        .filter(payment::payment_no.eq_any(payments))
        .order(payment::payment_no)
        .select(payment::document_number)
        .load(connection)?;
    Ok(owed)
}

/// Writes the report. At most 45 lines of 100 columns.
pub fn write(report: &Report<'_>) -> String {
    let mut lines = vec![
        "Цифровые сертификаты на обучение, Псков 2020 · Training vouchers, the Pskov case of 2020".to_owned(),
        "ИЛЛЮСТРАТИВНО: люди, цены и номера вымышлены · ILLUSTRATIVE: people, prices, numbers are made up"
            .to_owned(),
        String::new(),
    ];
    vouchers(report.facts, &mut lines);
    budget(report.facts, &mut lines);
    traced(&report.facts.trace, &mut lines);
    checks(report, &mut lines);
    access(report, &mut lines);
    lines.join("\n") + "\n"
}

fn vouchers(facts: &Facts, lines: &mut Vec<String>) {
    let row = |name: &str, cells: [&str; 7]| {
        cells.iter().fold(format!("{name:<30}"), |mut line, cell| {
            // Writing to a String cannot fail.
            let _ = write!(line, "{cell:>10}");
            line
        })
    };
    lines.push(row(
        "Сертификаты по видам органов",
        ["выпущено", "погашено", "действует", "приостан.", "истекло", "аннулир.", "заменено"],
    ));
    lines.push(row(
        "Vouchers by category of body",
        ["issued", "redeemed", "live", "suspended", "expired", "voided", "replaced"],
    ));
    let mut totals = [0; 7];
    for (category, name) in
        [("state_body", "органы госвласти/state bodies"), ("municipality", "муниципалитеты/municipalities")]
    {
        let of = |status: Status| {
            facts.vouchers.get(category).and_then(|counts| counts.get(&status.number())).copied().unwrap_or(0)
        };
        let states = [
            of(Status::Redeemed) + of(Status::Completed),
            of(Status::Issued),
            of(Status::Suspended),
            of(Status::Expired),
            of(Status::Voided),
        ];
        // One that was replaced is counted as the one that took over.
        let [redeemed, live, suspended, expired, voided] = states;
        let issued = states.iter().sum();
        let cells = [issued, redeemed, live, suspended, expired, voided, of(Status::Replaced)];
        for (total, cell) in totals.iter_mut().zip(cells) {
            *total += cell;
        }
        lines.push(row(name, cells.map(|cell| cell.to_string()).each_ref().map(String::as_str)));
    }
    lines.push(row("всего / total", totals.map(|cell| cell.to_string()).each_ref().map(String::as_str)));
    let Retrained { target, total, by_month, spent, cost_per_retrained, .. } = &facts.retrained;
    let months: Vec<_> = by_month.iter().map(|of| format!("{} — {}", of.month, of.retrained)).collect();
    lines.push(format!(
        "Переподготовлено / retrained: {total} из / of {target} (цель / target); {}",
        months.join(", ")
    ));
    let cost = cost_per_retrained.unwrap_or_default();
    let own: i64 = facts.trace.payees.iter().map(|owed| owed.accrued.get()).sum();
    lines.push(format!(
        "  начислено и оплачено / owed and paid {spent} = {cost} на каждого / for each of them"
    ));
    lines.push(format!(
        "  из них само обучение одного / of it one's own training (below): {}",
        Kopecks::new(own)
    ));
    lines.push(String::new());
}

/// An amount without its currency, which stands in the heading.
fn roubles(amount: Kopecks) -> String {
    amount.to_string().trim_end_matches(['\u{a0}', '₽']).to_owned()
}

fn budget(facts: &Facts, lines: &mut Vec<String>) {
    let row = |cells: Vec<String>| cells.iter().map(|cell| format!("{cell:>16}")).collect::<String>();
    let named = |names: [&str; 6]| row(names.map(str::to_owned).to_vec());
    lines.push(named([
        "лимит (ЛБО), ₽",
        "доступно",
        "зарезервировано",
        "обязательства",
        "начислено",
        "оплачено",
    ]));
    lines.push(named(["limit, RUB", "available", "reserved", "obligated", "accrued", "paid"]));
    for line in &facts.lines {
        lines.push(format!("{} · КБК {}", line.name, line.kbk));
        lines.push(row(line.balances.iter().copied().map(roubles).collect()));
    }
    lines.push(String::new());
}

fn traced(trace: &Trace, lines: &mut Vec<String>) {
    lines.push(format!(
        "След погашения / trace: {} → поток {}, номинал / face value {}",
        trace.number, trace.course_run, trace.face_value
    ));
    let mut paid = Kopecks::ZERO;
    for owed in &trace.payees {
        let hours =
            owed.hours.map_or_else(|| "взносы / contributions".into(), |hours| format!("{hours} ч / h"));
        lines.push(format!(
            "  {:<27}{hours:<23}{:>9} = оплачено/paid {:>9} {}",
            owed.payee,
            roubles(owed.accrued),
            roubles(owed.paid),
            owed.payments.join(" ")
        ));
        paid = Kopecks::new(paid.get() + owed.paid.get());
    }
    lines.push(format!(
        "  всего оплачено / paid {paid} + высвобождено / released {} = {}",
        trace.released,
        Kopecks::new(paid.get() + trace.released.get())
    ));
    lines.push(String::new());
}

fn checks(report: &Report<'_>, lines: &mut Vec<String>) {
    let Report { played, audited, pictures, options, .. } = report;
    let looked_at: u64 = audited.checks.iter().map(|check| check.checked).sum();
    lines.push(format!(
        "Проверено / checked: аудит / audit — {} checks of {looked_at} facts, 0 failed; {} rows of requests",
        audited.checks.len(),
        played.rows,
    ));
    lines.push(format!(
        "  ({} refused as intended); {} signatures at enrolment; {pictures} QR pictures read back",
        played.refused_rows, played.verified
    ));
    let [confirmed, unmatched] = report.facts.bank;
    lines.push(format!(
        "Выписка банка / bank statement: {confirmed} payments confirmed, {unmatched} item unmatched"
    ));
    lines.push(format!(
        "QR-коды / QR pictures: {}/<number>.png, .svg",
        files::pictures(&options.data).display()
    ));
    lines.push(format!("Для сценариев / for scripts: {}", files::for_scripts(&options.data).display()));
}

fn access(report: &Report<'_>, lines: &mut Vec<String>) {
    let scripts = files::for_scripts(&report.options.data);
    lines.push(format!("Токены API на год / API tokens for a year: {}", scripts.display()));
    let address = &report.for_scripts.base_url;
    let data = report.options.data.display();
    lines.push(
        "Рабочие столы: пропуск входит один раз / desks: each pass signs a browser in once:".to_owned(),
    );
    // One of each role is enough to look around; `demo.json` has the others.
    for (role, secret) in report.for_scripts.passes.iter().filter(|(role, _)| !role.ends_with("_2")) {
        lines.push(format!("  {role:<12} {address}/pass#{secret}"));
    }
    lines.push(format!("  ещё один / another: vouchers --data {data} token pass treasury"));
    let served = if report.options.serve {
        format!("Адрес / address: {address} · curl {address}/healthz")
    } else {
        format!("Адрес / address: {address}, once `vouchers --data {data} serve` runs")
    };
    lines.push(served);
}
