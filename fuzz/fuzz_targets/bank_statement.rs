//! Any bytes as a bank statement, of either format: they are one that adds up, or a refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use training_vouchers::statement::file;
use training_vouchers::statement::model::{Direction, MOST_ITEMS};

fuzz_target!(|bytes: &[u8]| {
    let Ok(statement) = file::read(bytes) else { return };
    assert!(statement.items.len() <= MOST_ITEMS);
    assert!(statement.first_day <= statement.last_day);
    let total = |direction| i128::from(statement.total(direction).expect("added up before").get());
    let reached = i128::from(statement.opening.get()) + total(Direction::Credit) - total(Direction::Debit);
    assert_eq!(reached, i128::from(statement.closing.get()));
    for item in &statement.items {
        assert!(item.amount.is_positive());
        assert!((statement.first_day..=statement.last_day).contains(&item.booked_on));
    }
    assert_eq!(file::read(bytes), Ok(statement));
});
