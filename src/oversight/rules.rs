//! What is unusual: one rule an entry, in words and as a query.
//!
//! A query gives the members of its findings, finding by finding, in the order of `key`, a number that belongs to one finding
//! only. `$1` is the programme, `$2` the key behind which to look; `{limit}` findings are wanted. Its columns are those of
//! [`super::unusual`].

/// A redemption so soon after its voucher was issued is unusual.
pub(super) const SOON_MINUTES: i64 = 10;

/// What the bank says and the books do not, and the other way round.
pub(super) const UNMATCHED_ITEM: &str = "statement_item_unmatched";
pub(super) const PAYMENT_WITHOUT_ITEM: &str = "payment_without_statement_item";

pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) en: &'static str,
    pub(super) ru: &'static str,
    /// What `member` and `other` are.
    pub(super) member: &'static str,
    pub(super) other: &'static str,
    /// What `a` and `b` are; a name that ends in `_kopecks` is money. Empty: nothing.
    pub(super) figures: [&'static str; 2],
    pub(super) sql: &'static str,
}

pub(super) static RULES: [Rule; 14] = [
    Rule {
        name: "same_holder_twice",
        en: "One person has redeemed more than one voucher of the programme",
        ru: "Один человек погасил больше одного сертификата программы",
        member: "voucher_id",
        other: "redemption_id",
        figures: ["", ""],
        sql: "SELECT g.key, v.voucher_id AS member, r.redemption_id AS other, '' AS day,
                     CAST(0 AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
              FROM (SELECT MIN(v.voucher_no) AS key, i.holder_key FROM voucher v
                    JOIN request_item i ON i.programme_no = v.programme_no AND i.request_no = v.request_no
                        AND i.employee_no = v.employee_no AND i.voucher_no IS NOT NULL AND i.holder_key IS NOT NULL
                    WHERE v.programme_no = $1 AND v.status IN (3, 4) GROUP BY i.holder_key
                    HAVING COUNT(DISTINCT v.voucher_no) > 1 AND MIN(v.voucher_no) > $2
                    ORDER BY key LIMIT {limit}) g
              JOIN request_item i ON i.programme_no = $1 AND i.holder_key = g.holder_key AND i.voucher_no IS NOT NULL
              JOIN voucher v ON v.programme_no = i.programme_no AND v.request_no = i.request_no
                  AND v.employee_no = i.employee_no AND v.status IN (3, 4)
              JOIN redemption r ON r.programme_no = v.programme_no AND r.redemption_no = v.redemption_no
              ORDER BY g.key, v.voucher_no",
    },
    Rule {
        name: "same_employee_twice",
        en: "One employee's record has redeemed more than one voucher of the programme",
        ru: "По одной записи сотрудника погашено больше одного сертификата программы",
        member: "voucher_id",
        other: "redemption_id",
        figures: ["", ""],
        sql: "SELECT g.key, v.voucher_id AS member, r.redemption_id AS other, '' AS day,
                     CAST(0 AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
              FROM (SELECT MIN(voucher_no) AS key, employee_no FROM voucher
                    WHERE programme_no = $1 AND status IN (3, 4) GROUP BY employee_no
                    HAVING COUNT(*) > 1 AND MIN(voucher_no) > $2 ORDER BY key LIMIT {limit}) g
              JOIN voucher v ON v.programme_no = $1 AND v.employee_no = g.employee_no AND v.status IN (3, 4)
              JOIN redemption r ON r.programme_no = v.programme_no AND r.redemption_no = v.redemption_no
              ORDER BY g.key, v.voucher_no",
    },
    Rule {
        name: "redeemed_soon_after_issue",
        en: "Redeemed within ten minutes of being issued",
        ru: "Погашен в течение десяти минут после выдачи",
        member: "redemption_id",
        other: "voucher_id",
        figures: ["seconds_after_issue", ""],
        sql: "SELECT r.redemption_no AS key, r.redemption_id AS member, v.voucher_id AS other, '' AS day,
                     CAST((r.redeemed_at - v.issued_at) / 1000 AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
              FROM redemption r
              JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
              WHERE r.programme_no = $1 AND r.redemption_no > $2 AND r.redeemed_at - v.issued_at < {soon}
              ORDER BY r.redemption_no LIMIT {limit}",
    },
    Rule {
        name: "redeemed_at_night",
        en: "Redeemed between 22:00 and 06:00, Moscow time",
        ru: "Погашен между 22:00 и 06:00 по Москве",
        member: "redemption_id",
        other: "voucher_id",
        figures: ["hour_in_moscow", ""],
        // Moscow is three hours ahead.
        sql: "SELECT r.redemption_no AS key, r.redemption_id AS member, v.voucher_id AS other, '' AS day,
                     CAST((r.redeemed_at + 10800000) / 3600000 % 24 AS BIGINT) AS a, CAST(0 AS BIGINT) AS b
              FROM redemption r
              JOIN voucher v ON v.programme_no = r.programme_no AND v.voucher_no = r.voucher_no
              WHERE r.programme_no = $1 AND r.redemption_no > $2
                AND ((r.redeemed_at + 10800000) / 3600000 % 24 >= 22 OR (r.redeemed_at + 10800000) / 3600000 % 24 < 6)
              ORDER BY r.redemption_no LIMIT {limit}",
    },
    Rule {
        name: "often_by_number",
        en: "More than a fifth of a run's redemptions, and three at least, were by typed number and not by scan",
        ru: "Больше пятой части погашений потока, и не меньше трёх, сделано по набранному номеру, а не сканированием",
        member: "course_run_id",
        other: "course_run_id",
        figures: ["by_number", "redemptions"],
        sql: "SELECT c.course_run_no AS key, c.course_run_id AS member, c.course_run_id AS other, '' AS day,
                     CAST(g.typed AS BIGINT) AS a, CAST(g.whole AS BIGINT) AS b
              FROM (SELECT course_run_no, SUM(CASE WHEN by_number THEN 1 ELSE 0 END) AS typed, COUNT(*) AS whole
                    FROM redemption WHERE programme_no = $1 AND course_run_no > $2 GROUP BY course_run_no) g
              JOIN course_run c ON c.programme_no = $1 AND c.course_run_no = g.course_run_no
              WHERE g.typed >= 3 AND g.typed * 5 > g.whole ORDER BY c.course_run_no LIMIT {limit}",
    },
    Rule {
        name: "run_over_capacity",
        en: "A run has more live redemptions than seats",
        ru: "В потоке действующих погашений больше, чем мест",
        member: "course_run_id",
        other: "course_run_id",
        figures: ["live_redemptions", "seats"],
        sql: "SELECT c.course_run_no AS key, c.course_run_id AS member, c.course_run_id AS other, '' AS day,
                     CAST(g.live AS BIGINT) AS a, CAST(c.seats AS BIGINT) AS b
              FROM (SELECT course_run_no, COUNT(*) AS live FROM redemption
                    WHERE programme_no = $1 AND course_run_no > $2 AND status = 1 GROUP BY course_run_no) g
              JOIN course_run c ON c.programme_no = $1 AND c.course_run_no = g.course_run_no
              WHERE g.live > c.seats ORDER BY c.course_run_no LIMIT {limit}",
    },
    Rule {
        name: "run_over_hours",
        en: "A run's sessions have more hours than the course",
        ru: "Часов занятий потока больше, чем в курсе",
        member: "course_run_id",
        other: "course_run_id",
        figures: ["hours", "course_hours"],
        sql: "SELECT c.course_run_no AS key, c.course_run_id AS member, c.course_run_id AS other, '' AS day,
                     CAST(g.hours AS BIGINT) AS a, CAST(m.course_hours AS BIGINT) AS b
              FROM (SELECT course_run_no, SUM(hours) AS hours FROM session
                    WHERE programme_no = $1 AND course_run_no > $2 AND status <> 'cancelled'
                    GROUP BY course_run_no) g
              JOIN course_run c ON c.programme_no = $1 AND c.course_run_no = g.course_run_no
              JOIN programme m ON m.programme_no = $1
              WHERE g.hours > m.course_hours ORDER BY c.course_run_no LIMIT {limit}",
    },
    Rule {
        name: "instructor_over_12_hours",
        en: "An instructor has more than twelve hours in one day",
        ru: "У преподавателя больше двенадцати часов за один день",
        member: "session_id",
        other: "payee_id",
        figures: ["hours", "sessions"],
        sql: "SELECT g.key, s.session_id AS member, y.payee_id AS other, s.held_on AS day,
                     CAST(g.hours AS BIGINT) AS a, CAST(g.sessions AS BIGINT) AS b
              FROM (SELECT MIN(session_no) AS key, payee_no, held_on, SUM(hours) AS hours, COUNT(*) AS sessions
                    FROM session WHERE programme_no = $1 AND status <> 'cancelled' GROUP BY payee_no, held_on
                    HAVING SUM(hours) > 12 AND MIN(session_no) > $2 ORDER BY key LIMIT {limit}) g
              JOIN session s ON s.programme_no = $1 AND s.payee_no = g.payee_no AND s.held_on = g.held_on
                  AND s.status <> 'cancelled'
              JOIN payee y ON y.payee_no = g.payee_no ORDER BY g.key, s.session_no",
    },
    Rule {
        name: "instructor_in_two_runs",
        en: "An instructor taught two runs on one day: their sessions may overlap",
        ru: "Преподаватель вёл два потока в один день: занятия могли пересекаться",
        member: "session_id",
        other: "payee_id",
        figures: ["hours", "course_runs"],
        sql: "SELECT g.key, s.session_id AS member, y.payee_id AS other, s.held_on AS day,
                     CAST(g.hours AS BIGINT) AS a, CAST(g.runs AS BIGINT) AS b
              FROM (SELECT MIN(session_no) AS key, payee_no, held_on, SUM(hours) AS hours,
                           COUNT(DISTINCT course_run_no) AS runs
                    FROM session WHERE programme_no = $1 AND status <> 'cancelled' GROUP BY payee_no, held_on
                    HAVING COUNT(DISTINCT course_run_no) > 1 AND MIN(session_no) > $2
                    ORDER BY key LIMIT {limit}) g
              JOIN session s ON s.programme_no = $1 AND s.payee_no = g.payee_no AND s.held_on = g.held_on
                  AND s.status <> 'cancelled'
              JOIN payee y ON y.payee_no = g.payee_no ORDER BY g.key, s.session_no",
    },
    Rule {
        name: "payments_split",
        en: "Several payments to one payee on one day, none more than a tenth below another: perhaps one that was split",
        ru: "Несколько выплат одному получателю за день, близких по сумме (не дальше десятой части): возможно, дробление",
        member: "payment_id",
        other: "payee_id",
        figures: ["payments", "total_kopecks"],
        sql: "SELECT g.key, m.payment_id AS member, y.payee_id AS other, m.paid_on AS day,
                     CAST(g.payments AS BIGINT) AS a, CAST(g.total AS BIGINT) AS b
              FROM (SELECT MIN(payment_no) AS key, payee_no, paid_on, COUNT(*) AS payments, SUM(amount_kopecks) AS total
                    FROM payment WHERE programme_no = $1 AND status <> 'withdrawn' GROUP BY payee_no, paid_on
                    HAVING COUNT(*) > 1 AND MIN(amount_kopecks) >= MAX(amount_kopecks) - MAX(amount_kopecks) / 10
                       AND MIN(payment_no) > $2 ORDER BY key LIMIT {limit}) g
              JOIN payment m ON m.programme_no = $1 AND m.payee_no = g.payee_no AND m.paid_on = g.paid_on
                  AND m.status <> 'withdrawn'
              JOIN payee y ON y.payee_no = g.payee_no ORDER BY g.key, m.payment_no",
    },
    Rule {
        name: "payment_returned",
        en: "The bank returned a payment",
        ru: "Банк вернул платёж",
        member: "payment_id",
        other: "payee_id",
        figures: ["amount_kopecks", ""],
        sql: "SELECT m.payment_no AS key, m.payment_id AS member, y.payee_id AS other, m.returned_on AS day,
                     m.amount_kopecks AS a, CAST(0 AS BIGINT) AS b
              FROM payment m JOIN payee y ON y.payee_no = m.payee_no
              WHERE m.programme_no = $1 AND m.payment_no > $2 AND m.status = 'returned'
              ORDER BY m.payment_no LIMIT {limit}",
    },
    Rule {
        name: "accepted_session_cancelled",
        en: "A session was cancelled after it had been accepted",
        ru: "Занятие отменено после приёмки",
        member: "session_id",
        other: "payee_id",
        figures: ["hours", "pay_kopecks"],
        sql: "SELECT s.session_no AS key, s.session_id AS member, y.payee_id AS other, s.held_on AS day,
                     CAST(s.hours AS BIGINT) AS a, CAST(COALESCE(s.pay_kopecks, 0) AS BIGINT) AS b
              FROM session s JOIN payee y ON y.payee_no = s.payee_no
              WHERE s.programme_no = $1 AND s.session_no > $2 AND s.status = 'cancelled'
                AND s.accepted_log_index IS NOT NULL
              ORDER BY s.session_no LIMIT {limit}",
    },
    Rule {
        name: UNMATCHED_ITEM,
        en: "The bank booked something that is matched with no payment, and nobody has resolved it",
        ru: "Банк провёл операцию, которая не сопоставлена ни с одним платежом и никем не разобрана",
        member: "item_id",
        other: "statement_id",
        figures: ["amount_kopecks", ""],
        // An item's number has its statement's above its own, as in the list of items.
        sql: "SELECT i.statement_no * 8192 + i.item_no AS key, i.item_id AS member, s.statement_id AS other,
                     i.booked_on AS day, i.amount_kopecks AS a, CAST(0 AS BIGINT) AS b
              FROM statement_item i
              JOIN bank_statement s ON s.programme_no = i.programme_no AND s.statement_no = i.statement_no
              WHERE i.programme_no = $1 AND i.statement_no * 8192 + i.item_no > $2
                AND i.outcome = 'unmatched' AND i.resolved_log_index IS NULL
              ORDER BY i.statement_no, i.item_no LIMIT {limit}",
    },
    Rule {
        name: PAYMENT_WITHOUT_ITEM,
        en: "A payment was made on a day that a bank statement covers, and no item of a statement speaks of it",
        ru: "Платёж исполнен в день, за который есть выписка банка, но ни одна операция выписок о нём не говорит",
        member: "payment_id",
        other: "payee_id",
        figures: ["amount_kopecks", ""],
        sql: "SELECT m.payment_no AS key, m.payment_id AS member, y.payee_id AS other, m.paid_on AS day,
                     m.amount_kopecks AS a, CAST(0 AS BIGINT) AS b
              FROM payment m JOIN payee y ON y.payee_no = m.payee_no
              WHERE m.programme_no = $1 AND m.payment_no > $2 AND m.status IN ('paid', 'returned')
                AND EXISTS (SELECT 1 FROM bank_statement s WHERE s.programme_no = m.programme_no
                    AND m.paid_on BETWEEN s.first_day AND s.last_day)
                AND NOT EXISTS (SELECT 1 FROM statement_item i WHERE i.programme_no = m.programme_no
                    AND i.payment_no = m.payment_no AND i.direction = 'debit')
                AND NOT EXISTS (SELECT 1 FROM statement_item i WHERE i.programme_no = m.programme_no
                    AND i.register_no = m.register_no)
              ORDER BY m.payment_no LIMIT {limit}",
    },
];
