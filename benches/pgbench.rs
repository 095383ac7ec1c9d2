//! What PostgreSQL does with the SQL of a redemption alone: `pgbench`, one redemption per transaction, no HTTP,
//! no signatures, no proof.

use crate::cluster::Cluster;
use crate::world::{Anyhow, COURSE_RUNS, FACE_VALUE, FIRST_RUN, LINE};

/// Redemptions a second at the best of these numbers of clients, and that number.
pub fn best(cluster: &Cluster, database: &str, vouchers: i64, total: usize) -> Anyhow<(f64, usize)> {
    let mut best = (0.0, 0);
    let mut first = 0;
    for clients in [1, 4, 8, 16, 32, 64] {
        let each = (total / clients).max(1);
        let tps = cluster.pgbench(database, &script(vouchers, first, each), clients, each)?;
        println!("pgbench, {clients} clients: {tps:.0}/s");
        first += clients * each;
        if tps > best.0 {
            best = (tps, clients);
        }
    }
    Ok(best)
}

/// Every client walks through vouchers of its own, scattered over the table. The statements of a redemption as
/// the plain design sends them, with a leaf and a checkpoint as long as the real ones.
fn script(vouchers: i64, first: usize, each: usize) -> String {
    format!(
        r"\set i :i + 1
\set k {first} + :client_id * {each} + :i
\set v 1 + (:k * 7919) % {vouchers}
\set n 1000000000 + :k
\set r {FIRST_RUN} + :k % {COURSE_RUNS}
BEGIN;
SELECT programme_no FROM log_head WHERE programme_no = 1 FOR UPDATE;
SELECT count(*) FROM redemption WHERE programme_no = 1 AND redemption_id = decode(md5(:k::text), 'hex');
SELECT voucher_id, agency_no, face_value_kopecks, status, expires_at FROM voucher WHERE programme_no = 1 AND voucher_no = :v;
SELECT code, seats, enrolled FROM course_run WHERE programme_no = 1 AND course_run_no = :r;
SELECT frontier FROM log_head WHERE programme_no = 1;
UPDATE voucher SET status = 3, redemption_no = :n WHERE programme_no = 1 AND voucher_no = :v AND status = 1;
INSERT INTO redemption VALUES (1, :n, decode(md5(:k::text), 'hex'), :v, :r, 1, 0, 1, FALSE, NULL);
UPDATE course_run SET enrolled = enrolled + 1 WHERE programme_no = 1 AND course_run_no = :r;
INSERT INTO journal_transaction VALUES (1, :n, 62, 0, 0, 1, decode(repeat('07', 176), 'hex'), decode(repeat('08', 32), 'hex'));
INSERT INTO posting VALUES (1, :n, 0, {LINE}, 3, {FACE_VALUE}, 7, :v, :n, :r, NULL, NULL, NULL, NULL, NULL), (1, :n, 1, {LINE}, 2, -{FACE_VALUE}, 7, :v, :n, :r, NULL, NULL, NULL, NULL, NULL);
UPDATE account_balance SET balance_kopecks = balance_kopecks + {FACE_VALUE} WHERE programme_no = 1 AND budget_line_no = {LINE} AND account = 3;
UPDATE account_balance SET balance_kopecks = balance_kopecks - {FACE_VALUE} WHERE programme_no = 1 AND budget_line_no = {LINE} AND account = 2;
UPDATE log_head SET frontier = decode(repeat('09', 300), 'hex') WHERE programme_no = 1;
INSERT INTO checkpoint VALUES (1, :n, repeat('c', 220));
COMMIT;
"
    )
}
