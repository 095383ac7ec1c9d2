//! What is wrong with a leaf, in words of both languages. Money is in roubles.

use crate::kernel::Kopecks;
use crate::ledger::model::{Account, Posting};

/// What does not hold, and from which leaf on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    pub log_index: i64,
    pub russian: String,
    pub english: String,
}

/// A [`Wrong`] of a log index and the two texts, with what they name taken from the variables of those names.
macro_rules! wrong {
    ($log_index:expr, $russian:literal, $english:literal) => {
        $crate::ledger::replay::Wrong {
            log_index: $log_index,
            russian: format!($russian),
            english: format!($english),
        }
    };
}
pub(crate) use wrong;

/// An account's name, Russian and English.
pub(super) const fn account(account: Account) -> [&'static str; 2] {
    match account {
        Account::Limit => ["лимит", "limit"],
        Account::Available => ["доступно", "available"],
        Account::Reserved => ["зарезервировано", "reserved"],
        Account::Obligated => ["принято обязательств", "obligated"],
        Account::Accrued => ["начислено", "accrued"],
        Account::Paid => ["выплачено", "paid"],
    }
}

/// A posting in words, Russian and English.
pub(super) fn posting(posting: &Posting) -> [String; 2] {
    let [account_ru, account_en] = account(posting.account);
    let is_debit = posting.amount.is_positive();
    let amount = Kopecks::new(posting.amount.get().saturating_abs());
    let about = posting.dimensions;
    let dimensions = [
        ("орган", "agency", about.agency_no),
        ("сертификат", "voucher", about.voucher_no),
        ("погашение", "redemption", about.redemption_no),
        ("поток", "course run", about.course_run_no),
        ("занятие", "session", about.session_no),
        ("получатель", "payee", about.payee_no),
        ("платёж", "payment", about.payment_no),
    ];
    let mut russian = format!("{} {account_ru} {amount}", if is_debit { "дебет" } else { "кредит" });
    let mut english = format!("{} {account_en} {amount}", if is_debit { "debit" } else { "credit" });
    russian += &format!(", строка бюджета {}", posting.budget_line_no);
    english += &format!(", budget line {}", posting.budget_line_no);
    for (name_ru, name_en, number) in dimensions {
        if let Some(number) = number {
            russian += &format!(", {name_ru} {number}");
            english += &format!(", {name_en} {number}");
        }
    }
    [russian, english]
}
