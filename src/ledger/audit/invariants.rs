//! The invariants of the books, each a query for what is looked at and one for what contradicts it.
//!
//! Portable SQL. To add an invariant: one entry in [`INVARIANTS`].

use super::{Check, Failure, Progress, SPELLED_OUT};
use crate::db::Connection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

struct Invariant {
    name: &'static str,
    /// One number: how many things are looked at.
    looked_at: &'static str,
    /// `what`: a sentence for each thing that does not hold.
    broken: &'static str,
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "debits_equal_credits",
        looked_at: "SELECT COUNT(*) AS n FROM journal_transaction",
        broken: "SELECT 'transaction ' || programme_no || '/' || log_index || ' is out of balance by '
                     || SUM(amount_kopecks) AS what
                 FROM posting GROUP BY programme_no, log_index HAVING SUM(amount_kopecks) <> 0",
    },
    Invariant {
        name: "balances_are_sums_of_postings",
        looked_at: "SELECT COUNT(*) AS n FROM account_balance",
        broken: "SELECT 'account ' || account || ' of line ' || programme_no || '/' || budget_line_no
                     || ' is off by ' || SUM(kopecks) AS what
                 FROM (SELECT programme_no, budget_line_no, account, balance_kopecks AS kopecks
                       FROM account_balance
                       UNION ALL
                       SELECT programme_no, budget_line_no, account,
                              CASE account WHEN 0 THEN amount_kopecks ELSE -amount_kopecks END
                       FROM posting) AS entries
                 GROUP BY programme_no, budget_line_no, account HAVING SUM(kopecks) <> 0",
    },
    Invariant {
        name: "limit_is_the_sum_of_the_others",
        looked_at: "SELECT COUNT(*) AS n FROM budget_line",
        broken: "SELECT 'line ' || programme_no || '/' || budget_line_no || ' is off by '
                     || SUM(CASE account WHEN 0 THEN balance_kopecks ELSE -balance_kopecks END) AS what
                 FROM account_balance GROUP BY programme_no, budget_line_no
                 HAVING SUM(CASE account WHEN 0 THEN balance_kopecks ELSE -balance_kopecks END) <> 0",
    },
    Invariant {
        name: "no_negative_balance",
        looked_at: "SELECT COUNT(*) AS n FROM account_balance",
        broken: "SELECT 'account ' || account || ' of line ' || programme_no || '/' || budget_line_no
                     || ' is ' || balance_kopecks AS what
                 FROM account_balance WHERE balance_kopecks < 0",
    },
    Invariant {
        name: "reserved_is_the_face_value_of_held_vouchers",
        looked_at: "SELECT COUNT(*) AS n FROM budget_line WHERE item = 'instructor_pay'",
        broken: "SELECT 'line ' || programme_no || '/' || budget_line_no || ' has ' || reserved
                     || ' reserved for vouchers worth ' || held AS what
                 FROM (SELECT line.programme_no, line.budget_line_no,
                         COALESCE((SELECT balance_kopecks FROM account_balance AS balance
                             WHERE balance.programme_no = line.programme_no
                               AND balance.budget_line_no = line.budget_line_no AND balance.account = 2), 0)
                             AS reserved,
                         COALESCE((SELECT SUM(face_value_kopecks) FROM voucher
                             WHERE voucher.programme_no = line.programme_no AND voucher.status IN (1, 2)), 0)
                             AS held
                       FROM budget_line AS line WHERE line.item = 'instructor_pay') AS lines
                 WHERE reserved <> held",
    },
    Invariant {
        name: "vouchers_are_tallied",
        looked_at: "SELECT COUNT(*) AS n FROM voucher",
        broken: "SELECT 'the tally of agency ' || agency_no || ' in programme ' || programme_no
                     || ' is off for vouchers that expire at ' || expires_at AS what
                 FROM (SELECT programme_no, agency_no, expires_at, issued, suspended, redeemed, completed, voided,
                         expired, replaced, held_kopecks
                       FROM voucher_tally
                       UNION ALL
                       SELECT programme_no, agency_no, expires_at,
                         -SUM(CASE status WHEN 1 THEN 1 ELSE 0 END), -SUM(CASE status WHEN 2 THEN 1 ELSE 0 END),
                         -SUM(CASE status WHEN 3 THEN 1 ELSE 0 END), -SUM(CASE status WHEN 4 THEN 1 ELSE 0 END),
                         -SUM(CASE status WHEN 5 THEN 1 ELSE 0 END), -SUM(CASE status WHEN 6 THEN 1 ELSE 0 END),
                         -SUM(CASE status WHEN 7 THEN 1 ELSE 0 END),
                         -SUM(CASE WHEN status IN (1, 2) THEN face_value_kopecks ELSE 0 END)
                       FROM voucher GROUP BY programme_no, agency_no, expires_at) AS places
                 GROUP BY programme_no, agency_no, expires_at
                 HAVING SUM(issued) <> 0 OR SUM(suspended) <> 0 OR SUM(redeemed) <> 0 OR SUM(completed) <> 0
                     OR SUM(voided) <> 0 OR SUM(expired) <> 0 OR SUM(replaced) <> 0 OR SUM(held_kopecks) <> 0",
    },
    Invariant {
        name: "redemption_accounts_for_its_face_value",
        looked_at: "SELECT COUNT(*) AS n FROM redemption",
        broken: "SELECT 'redemption ' || programme_no || '/' || redemption_no || ' of ' || face_value_kopecks
                     || ' topped up by ' || topped_up || ', moved in by ' || moved_in || ' has ' || obligated || ' obligated, ' || accrued
                     || ' accrued, ' || paid || ' paid, ' || released || ' released' AS what
                 FROM (SELECT redemption.programme_no, redemption.redemption_no, redemption.status,
                         voucher.face_value_kopecks,
                         COALESCE(obligated, 0) AS obligated, COALESCE(accrued, 0) AS accrued,
                         COALESCE(paid, 0) AS paid, COALESCE(released, 0) AS released,
                         COALESCE(topped_up, 0) AS topped_up, COALESCE(moved_in, 0) AS moved_in
                       FROM redemption
                       JOIN voucher ON voucher.programme_no = redemption.programme_no
                           AND voucher.voucher_no = redemption.voucher_no
                       LEFT JOIN (SELECT programme_no, redemption_no,
                                    SUM(CASE account WHEN 3 THEN amount_kopecks END) AS obligated,
                                    SUM(CASE account WHEN 4 THEN amount_kopecks END) AS accrued,
                                    SUM(CASE account WHEN 5 THEN amount_kopecks END) AS paid,
                                    SUM(CASE WHEN account IN (1, 2) AND amount_kopecks > 0
                                             THEN amount_kopecks END) AS released,
                                    SUM(CASE WHEN account = 1 AND amount_kopecks < 0 AND log_index <> redemption_no
                                             THEN -amount_kopecks END) AS topped_up
                                  FROM posting WHERE redemption_no IS NOT NULL
                                  GROUP BY programme_no, redemption_no) AS sums
                           ON sums.programme_no = redemption.programme_no
                           AND sums.redemption_no = redemption.redemption_no
                       LEFT JOIN (SELECT posting.programme_no, posting.redemption_no,
                                    SUM(posting.amount_kopecks) AS moved_in
                                  FROM journal_transaction AS reversal
                                  JOIN posting ON posting.programme_no = reversal.programme_no
                                      AND posting.log_index = reversal.log_index
                                  WHERE reversal.kind = 63
                                  GROUP BY posting.programme_no, posting.redemption_no) AS moves
                           ON moves.programme_no = redemption.programme_no
                           AND moves.redemption_no = redemption.redemption_no) AS shares
                 WHERE obligated + accrued + paid + released <> face_value_kopecks + topped_up + moved_in
                    OR obligated < 0 OR accrued < 0 OR paid < 0 OR (status = 2 AND obligated <> 0)",
    },
    Invariant {
        name: "accrual_shares_sum_to_the_session",
        looked_at: "SELECT COUNT(*) AS n FROM session",
        broken: "SELECT 'session ' || programme_no || '/' || session_no || ' accrued ' || pay || ' of '
                     || pay_kopecks || ' pay and ' || contributions || ' of ' || contributions_kopecks
                     || ' contributions' AS what
                 FROM (SELECT session.programme_no, session.session_no,
                         COALESCE(session.pay_kopecks, 0) AS pay_kopecks,
                         COALESCE(session.contributions_kopecks, 0) AS contributions_kopecks,
                         COALESCE(SUM(CASE WHEN posting.payee_no = session.payee_no
                                           THEN amount_kopecks END), 0) AS pay,
                         COALESCE(SUM(CASE WHEN posting.payee_no <> session.payee_no
                                           THEN amount_kopecks END), 0) AS contributions
                       FROM session
                       LEFT JOIN posting ON posting.programme_no = session.programme_no
                           AND posting.log_index = session.accepted_log_index
                           AND posting.session_no = session.session_no AND posting.account = 4
                       GROUP BY session.programme_no, session.session_no) AS sessions
                 WHERE pay <> pay_kopecks OR contributions <> contributions_kopecks
                 UNION ALL
                 SELECT 'transaction ' || transactions.programme_no || '/' || transactions.log_index
                     || ' accepted no session'
                 FROM journal_transaction AS transactions
                 WHERE transactions.kind = 71 AND NOT EXISTS (SELECT 1 FROM session
                     WHERE session.programme_no = transactions.programme_no
                       AND session.accepted_log_index = transactions.log_index)",
    },
    Invariant {
        name: "payment_shares_sum_to_the_payment",
        looked_at: "SELECT COUNT(*) AS n FROM payment",
        broken: "SELECT 'payment ' || programme_no || '/' || payment_no || ' of ' || amount_kopecks
                     || ' (' || status || ') paid ' || paid || ' to its payee and ' || others
                     || ' to others' AS what
                 FROM (SELECT payment.programme_no, payment.payment_no, payment.amount_kopecks,
                         payment.status,
                         COALESCE(SUM(CASE WHEN posting.payee_no = payment.payee_no
                                           THEN posting.amount_kopecks END), 0) AS paid,
                         COALESCE(SUM(CASE WHEN posting.payee_no <> payment.payee_no
                                           THEN posting.amount_kopecks END), 0) AS others
                       FROM payment
                       LEFT JOIN posting ON posting.programme_no = payment.programme_no
                           AND posting.payment_no = payment.payment_no AND posting.account = 5
                       GROUP BY payment.programme_no, payment.payment_no) AS payments
                 WHERE others <> 0 OR paid <> CASE status WHEN 'paid' THEN amount_kopecks ELSE 0 END",
    },
    Invariant {
        name: "contract_accounts_for_its_amount",
        looked_at: "SELECT COUNT(*) AS n FROM campaign_contract",
        broken: "SELECT 'contract ' || programme_no || '/' || contract_no || ' of ' || amount_kopecks || ' (' || status
                     || ') with acts of ' || accepted || ' has ' || obligated || ' obligated, ' || owed
                     || ' accrued or paid, ' || released || ' released' AS what
                 FROM (SELECT contract.programme_no, contract.contract_no, contract.amount_kopecks, contract.status,
                         COALESCE((SELECT SUM(act.amount_kopecks) FROM campaign_act AS act
                             WHERE act.programme_no = contract.programme_no
                               AND act.contract_no = contract.contract_no), 0) AS accepted,
                         COALESCE(SUM(CASE account WHEN 3 THEN posting.amount_kopecks END), 0) AS obligated,
                         COALESCE(SUM(CASE WHEN account IN (4, 5) THEN posting.amount_kopecks END), 0) AS owed,
                         COALESCE(SUM(CASE WHEN account = 1 AND posting.amount_kopecks > 0
                                           THEN posting.amount_kopecks END), 0) AS released
                       FROM campaign_contract AS contract
                       LEFT JOIN posting ON posting.programme_no = contract.programme_no
                           AND posting.contract_no = contract.contract_no
                       GROUP BY contract.programme_no, contract.contract_no) AS contracts
                 WHERE owed <> accepted OR obligated + owed + released <> amount_kopecks
                    OR obligated <> CASE status WHEN 'ended' THEN 0 ELSE amount_kopecks - accepted END",
    },
    Invariant {
        name: "nothing_is_dated_in_a_closed_period",
        looked_at: "SELECT COUNT(*) AS n FROM period",
        broken: "SELECT 'transaction ' || later.programme_no || '/' || later.log_index || ' is dated in '
                     || period.month || ', which was closed before it' AS what
                 FROM period
                 JOIN journal_transaction AS later ON later.programme_no = period.programme_no
                     AND later.log_index > period.closed_log_index AND later.effective_at < period.ends_at",
    },
    Invariant {
        name: "one_live_redemption_per_voucher",
        looked_at: "SELECT COUNT(*) AS n FROM voucher",
        broken:
            "SELECT 'voucher ' || programme_no || '/' || voucher_no || ' with status ' || status || ' has '
                     || live || ' live redemptions, ' || own || ' of them its own' AS what
                 FROM (SELECT voucher.programme_no, voucher.voucher_no, voucher.status,
                         COUNT(redemption.redemption_no) AS live,
                         COALESCE(SUM(CASE WHEN redemption.redemption_no = voucher.redemption_no
                                           THEN 1 END), 0) AS own,
                         MAX(CASE WHEN voucher.redemption_no IS NULL THEN 0 ELSE 1 END) AS named
                       FROM voucher
                       LEFT JOIN redemption ON redemption.programme_no = voucher.programme_no
                           AND redemption.voucher_no = voucher.voucher_no AND redemption.status = 1
                       GROUP BY voucher.programme_no, voucher.voucher_no) AS vouchers
                 WHERE live <> own OR live <> named OR live <> CASE WHEN status IN (3, 4) THEN 1 ELSE 0 END",
    },
    Invariant {
        name: "enrolled_are_the_live_redemptions",
        looked_at: "SELECT COUNT(*) AS n FROM course_run",
        broken: "SELECT 'course run ' || programme_no || '/' || course_run_no || ' says ' || enrolled
                     || ' enrolled, has ' || live AS what
                 FROM (SELECT course_run.programme_no, course_run.course_run_no, course_run.enrolled,
                         COUNT(redemption.redemption_no) AS live
                       FROM course_run
                       LEFT JOIN redemption ON redemption.programme_no = course_run.programme_no
                           AND redemption.course_run_no = course_run.course_run_no AND redemption.status = 1
                       GROUP BY course_run.programme_no, course_run.course_run_no) AS runs
                 WHERE enrolled <> live",
    },
    Invariant {
        name: "completed_vouchers_have_a_completion",
        looked_at: "SELECT COUNT(*) AS n FROM completion",
        broken: "SELECT 'voucher ' || voucher.programme_no || '/' || voucher.voucher_no
                     || ' is completed by no completion' AS what
                 FROM voucher
                 WHERE voucher.status = 4 AND NOT EXISTS (SELECT 1 FROM completion
                     WHERE completion.programme_no = voucher.programme_no
                       AND completion.redemption_no = voucher.redemption_no)
                 UNION ALL
                 SELECT 'completion ' || completion.programme_no || '/' || completion.completion_no
                     || ' completed no voucher'
                 FROM completion
                 LEFT JOIN redemption ON redemption.programme_no = completion.programme_no
                     AND redemption.redemption_no = completion.redemption_no
                 LEFT JOIN voucher ON voucher.programme_no = redemption.programme_no
                     AND voucher.redemption_no = redemption.redemption_no
                     AND voucher.voucher_no = redemption.voucher_no AND voucher.status = 4
                 WHERE redemption.status IS NULL OR (redemption.status = 1) <> (voucher.voucher_no IS NOT NULL)",
    },
    Invariant {
        name: "retrained_are_tallied",
        looked_at: "SELECT COUNT(*) AS n FROM completion",
        broken: "SELECT 'the tally of the retrained of agency ' || agency_no || ' in programme ' || programme_no
                     || ' is off by ' || SUM(retrained) || ' for ' || month || ', ' || category AS what
                 FROM (SELECT programme_no, agency_no, month, category, retrained FROM retrained_tally
                       UNION ALL
                       SELECT completion.programme_no, voucher.agency_no, substr(completion.completed_on, 1, 7),
                           completion.category, -1
                       FROM completion
                       JOIN redemption ON redemption.programme_no = completion.programme_no
                           AND redemption.redemption_no = completion.redemption_no AND redemption.status = 1
                       JOIN voucher ON voucher.programme_no = redemption.programme_no
                           AND voucher.voucher_no = redemption.voucher_no) AS counts
                 GROUP BY programme_no, agency_no, month, category HAVING SUM(retrained) <> 0",
    },
    Invariant {
        name: "quota_held_is_approved_and_living",
        looked_at: "SELECT COUNT(*) AS n FROM quota",
        broken: "SELECT 'quota of agency ' || agency_no || ' in programme ' || programme_no || ' says '
                     || held || ' held, has ' || approved || ' approved and ' || living || ' issued' AS what
                 FROM (SELECT quota.programme_no, quota.agency_no, quota.held,
                         (SELECT COUNT(*) FROM request
                          JOIN request_item ON request_item.programme_no = request.programme_no
                              AND request_item.request_no = request.request_no
                              AND request_item.status = 'approved'
                          WHERE request.programme_no = quota.programme_no
                            AND request.agency_no = quota.agency_no) AS approved,
                         (SELECT COUNT(*) FROM voucher
                          WHERE voucher.programme_no = quota.programme_no
                            AND voucher.agency_no = quota.agency_no
                            AND voucher.status IN (1, 2, 3, 4)) AS living
                       FROM quota) AS quotas
                 WHERE held <> approved + living",
    },
];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Broken {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = BigInt)]
    broken: i64,
}

pub(super) fn check(
    connection: &mut Connection,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Check>, Failure> {
    let total = INVARIANTS.len() as u64;
    let mut checks = Vec::with_capacity(INVARIANTS.len());
    for (done, invariant) in (0..).zip(INVARIANTS) {
        progress(Progress { of: "invariants", done, total });
        checks.push(one(connection, invariant)?);
    }
    progress(Progress { of: "invariants", done: total, total });
    Ok(checks)
}

fn one(connection: &mut Connection, invariant: &Invariant) -> Result<Check, Failure> {
    let looked_at: Count = diesel::sql_query(invariant.looked_at).get_result(connection)?;
    let broken = format!(
        "SELECT what, COUNT(*) OVER () AS broken FROM ({}) AS found LIMIT {SPELLED_OUT}",
        invariant.broken
    );
    let broken: Vec<Broken> = diesel::sql_query(broken).load(connection)?;
    Ok(Check {
        name: invariant.name,
        checked: looked_at.n.unsigned_abs(),
        failed: broken.first().map_or(0, |row| row.broken.unsigned_abs()),
        failures: broken.into_iter().map(|row| row.what).collect(),
    })
}
