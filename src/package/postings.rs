//! `postings.csv`: every posting of the leaves as a row, for people and spreadsheets.
//!
//! One leaf has one spelling, so that whoever verifies writes the rows again and compares. Pure.

use crate::ledger::leaf::Leaf;
use crate::ledger::model::{Kind, Posting};
use std::fmt::{self, Write};

pub(super) const HEADER: &str = "log_index,kind,effective_on,recorded_at,budget_line,account,debit_roubles,\
    credit_roubles,agency,voucher,redemption,course_run,session,payee,payment,contract,act\n";

/// The rows of a leaf, a line each; none for one that moves no money.
pub(super) fn rows(log_index: u64, leaf: &Leaf) -> String {
    let mut rows = String::new();
    if leaf.postings.is_empty() {
        return rows;
    }
    let kind = Kind::from_number(leaf.kind).map_or_else(|| leaf.kind.to_string(), Kind::name);
    let (effective_on, recorded_at) = (leaf.effective_at.date(), leaf.recorded_at);
    let of_leaf = format!("{log_index},{kind},{effective_on},{recorded_at},");
    for posting in &leaf.postings {
        rows.push_str(&of_leaf);
        put(&mut rows, posting).expect("a String takes what is written");
    }
    rows
}

fn put(row: &mut String, posting: &Posting) -> fmt::Result {
    write!(row, "{},{},", posting.budget_line_no, posting.account.as_str())?;
    let kopecks = posting.amount.get().unsigned_abs();
    let (roubles, kopecks) = (kopecks / 100, kopecks % 100);
    // Debit, credit: without a sign.
    if posting.amount.is_positive() {
        write!(row, "{roubles}.{kopecks:02},")?;
    } else {
        write!(row, ",{roubles}.{kopecks:02}")?;
    }
    let about = posting.dimensions;
    let numbers = [
        about.agency_no,
        about.voucher_no,
        about.redemption_no,
        about.course_run_no,
        about.session_no,
        about.payee_no,
        about.payment_no,
        about.contract_no,
        about.act_no,
    ];
    for number in numbers {
        row.push(',');
        if let Some(number) = number {
            write!(row, "{number}")?;
        }
    }
    row.push('\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kopecks, Timestamp};
    use crate::ledger::model::Dimensions;
    use crate::ledger::{leaf, model::Event, rules};

    #[test]
    fn a_leaf_has_a_row_for_each_posting() {
        let about = Dimensions { agency_no: Some(3), voucher_no: Some(70), ..Dimensions::default() };
        // 22:00 UTC is the next day in Moscow.
        let event = Event::new(Kind::VoucherIssued, Timestamp::from_millis(1_580_508_000_000), 12)
            .moving(rules::reserve(2, Kopecks::new(650_005), about));
        let leaf = leaf::decode(&leaf::encode(&event, Timestamp::from_millis(1_580_508_000_001))).unwrap();
        assert_eq!(
            rows(9, &leaf),
            "9,voucher_issued,2020-02-01,2020-01-31T22:00:00.001Z,2,reserved,6500.05,,3,70,,,,,,,\n\
             9,voucher_issued,2020-02-01,2020-01-31T22:00:00.001Z,2,available,,6500.05,3,70,,,,,,,\n"
        );
        assert_eq!(HEADER.split(',').count(), rows(9, &leaf).lines().next().unwrap().split(',').count());
    }
}
