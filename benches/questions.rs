//! An auditor's questions over HTTP, each against the same asked of the database by hand.

use crate::bare::Database;
use crate::contender::Contender;
use crate::load;
use crate::report::{Report, Target};
use crate::world::{Anyhow, Door, LINE, PROGRAMME, World, budget_line};
use diesel::prelude::*;
use std::time::Duration;
use training_vouchers::db::schema::{programme, redemption};
use training_vouchers::kernel::{ProgrammeId, RedemptionId};

/// How often each is asked; the median counts.
const TIMES: usize = 200;

/// A question, and the SQL that somebody would write for it who knows the tables. In both `{programme}`, `{line}` and
/// `{redemption}` stand for the ids; in the SQL `{no}` for the redemption's number.
struct Question {
    name: &'static str,
    path: &'static str,
    sql: &'static str,
}

const QUESTIONS: [Question; 9] = [
    Question {
        name: "accounts",
        path: "/v1/programmes/{programme}/ledger/accounts",
        sql: "SELECT b.budget_line_id, b.kbk, b.item, b.name, a.account, a.balance_kopecks
              FROM budget_line b JOIN account_balance a USING (programme_no, budget_line_no)
              WHERE b.programme_no = 1",
    },
    Question {
        name: "trial balance of a month",
        path: "/v1/programmes/{programme}/trial-balance",
        sql: "SELECT budget_line_no, account, SUM(debit_kopecks), SUM(credit_kopecks) FROM account_turnover
              WHERE programme_no = 1 GROUP BY budget_line_no, account",
    },
    Question {
        name: "statement of an account, a page",
        path: "/v1/programmes/{programme}/ledger/statement?budget_line_id={line}&account=obligated&limit=100",
        sql: "SELECT t.effective_at, t.recorded_at, t.kind, p.* FROM journal_transaction t
              JOIN posting p ON p.programme_no = t.programme_no AND p.log_index = t.log_index
              WHERE t.programme_no = 1 AND p.budget_line_no = 2 AND p.account = 3
              ORDER BY t.effective_at, t.log_index LIMIT 100",
    },
    Question {
        name: "budget execution",
        path: "/v1/programmes/{programme}/budget-execution",
        sql: "SELECT b.budget_line_id, a.account, a.balance_kopecks,
                     (SELECT SUM(held_kopecks) FROM voucher_tally t WHERE t.programme_no = 1 AND t.expires_at < 0)
              FROM budget_line b JOIN account_balance a USING (programme_no, budget_line_no)
              WHERE b.programme_no = 1",
    },
    Question {
        name: "progress by agency",
        path: "/v1/programmes/{programme}/progress",
        sql: "SELECT a.agency_id, a.code, a.name, SUM(t.issued), SUM(t.redeemed), SUM(t.completed), SUM(t.voided)
              FROM voucher_tally t JOIN agency a ON a.agency_no = t.agency_no
              WHERE t.programme_no = 1 GROUP BY a.agency_no",
    },
    Question {
        name: "first 100 transactions",
        path: "/v1/programmes/{programme}/ledger/transactions?limit=100",
        sql: "SELECT t.*, p.* FROM journal_transaction t LEFT JOIN posting p USING (programme_no, log_index)
              WHERE t.programme_no = 1 AND t.log_index < 100",
    },
    Question {
        name: "postings of a redemption",
        path: "/v1/programmes/{programme}/ledger/postings?redemption_id={redemption}",
        sql: "SELECT p.*, t.kind, t.effective_at, t.recorded_at FROM redemption r
              JOIN posting p ON p.programme_no = r.programme_no AND p.redemption_no = r.redemption_no
              JOIN journal_transaction t ON t.programme_no = p.programme_no AND t.log_index = p.log_index
              WHERE r.programme_no = 1 AND r.redemption_no = {no}",
    },
    Question {
        name: "trace of a redemption",
        path: "/v1/redemptions/{redemption}/trace",
        sql: "SELECT r.redemption_id, v.voucher_id, c.code, p.account, SUM(p.amount_kopecks), s.session_id, s.held_on, s.hours
              FROM redemption r
              JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
              JOIN course_run c ON c.programme_no = r.programme_no AND c.course_run_no = r.course_run_no
              JOIN posting p ON p.programme_no = r.programme_no AND p.redemption_no = r.redemption_no
              LEFT JOIN session s ON s.programme_no = p.programme_no AND s.session_no = p.session_no
              WHERE r.programme_no = 1 AND r.redemption_no = {no} GROUP BY p.account, p.session_no",
    },
    Question {
        name: "attempts that were refused, a page",
        path: "/v1/programmes/{programme}/attempts?limit=100",
        sql: "SELECT a.*, v.voucher_id FROM voucher_attempt a
              JOIN voucher v ON v.programme_no = a.programme_no AND v.voucher_no = a.voucher_no
              WHERE a.programme_no = 1 AND a.outcome <> 'done' ORDER BY a.attempt_no LIMIT 100",
    },
];

/// Of a world of SQLite with redemptions, that `server` serves.
pub fn measure(report: &mut Report, section: String, server: &Contender, world: &World) -> Anyhow<()> {
    let mut connection = world.connection()?;
    let programme: ProgrammeId =
        programme::table.find(PROGRAMME).select(programme::programme_id).get_result(&mut connection)?;
    let (redemption, no): (RedemptionId, i64) = redemption::table
        .order(redemption::redemption_no.desc())
        .select((redemption::redemption_id, redemption::redemption_no))
        .first(&mut connection)?;
    assert_eq!(LINE, 2, "the SQL names the line by its number");
    let database = Database::open(world.file()?)?;
    let asked = |path: &str| -> Anyhow<Duration> {
        let requests = vec![load::get(path, Door::Auditor.secret().reveal()); TIMES];
        Ok(load::run(server.address, 1, requests)?.percentile(0.5))
    };
    let nothing = asked("/healthz")?;
    report.section(section);
    report.line("nothing asked, over HTTP", nothing.as_secs_f64() * 1e6, "µs");
    for Question { name, path, sql } in QUESTIONS {
        let path = path
            .replace("{programme}", &programme.to_string())
            .replace("{line}", &budget_line().to_string())
            .replace("{redemption}", &redemption.to_string());
        let ours = asked(&path)?;
        let mut by_hand = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            by_hand.push(database.ask(&sql.replace("{no}", &no.to_string()))?);
        }
        by_hand.sort_unstable();
        let by_hand = by_hand[TIMES / 2];
        report.line(name, ours.as_secs_f64() * 1e6, "µs");
        report.line(format!("{name}: the SQL by hand"), by_hand.as_secs_f64() * 1e6, "µs");
        let times = ours.as_secs_f64() / (by_hand + nothing).as_secs_f64();
        report.target(format!("{name} ÷ by hand and nothing asked"), times, "×", Target::AtMost(3.0));
    }
    Ok(())
}
