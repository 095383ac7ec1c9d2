//! `postings.csv`: every posting of the leaves as a row, for people and spreadsheets.
//!
//! One leaf has one spelling, so that whoever verifies writes the rows again and compares. Pure.

use crate::kernel::Kopecks;
use crate::ledger::leaf::Leaf;
use crate::ledger::model::{Kind, Posting};

pub(super) const HEADER: &str = "log_index,kind,effective_on,recorded_at,budget_line,account,debit_roubles,\
    credit_roubles,agency,voucher,redemption,course_run,session,payee,payment,contract,act\n";

/// The rows of a leaf, a line each; none for one that moves no money.
pub(super) fn rows(log_index: u64, leaf: &Leaf) -> String {
    leaf.postings.iter().map(|posting| row(log_index, leaf, posting)).collect()
}

fn row(log_index: u64, leaf: &Leaf, posting: &Posting) -> String {
    let kind = Kind::from_number(leaf.kind).map_or_else(|| leaf.kind.to_string(), Kind::name);
    let (effective_on, recorded_at) = (leaf.effective_at.date(), leaf.recorded_at);
    let (line, account) = (posting.budget_line_no, posting.account.as_str());
    let (debit, credit) = if posting.amount.is_positive() {
        (roubles(posting.amount), String::new())
    } else {
        (String::new(), roubles(posting.amount))
    };
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
    let numbers = numbers.map(|number| number.map_or_else(String::new, |number| number.to_string()));
    let numbers = numbers.join(",");
    format!("{log_index},{kind},{effective_on},{recorded_at},{line},{account},{debit},{credit},{numbers}\n")
}

/// `6500.00`, without a sign.
fn roubles(amount: Kopecks) -> String {
    let kopecks = amount.get().unsigned_abs();
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Timestamp;
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
