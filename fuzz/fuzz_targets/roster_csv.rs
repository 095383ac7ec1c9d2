//! Any bytes as a roster file: they are rows or a refusal, and a byte order mark changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use training_vouchers::employee::{MAX_ROWS, csv};

const MARK: &[u8] = b"\xef\xbb\xbf";

fuzz_target!(|file: &[u8]| {
    let Ok(rows) = csv::read(file) else { return };
    assert!((1..=MAX_ROWS).contains(&rows.len()));
    assert!(rows.is_sorted_by(|one, next| one.row < next.row));
    for row in &rows {
        assert!(!row.client_ref.is_empty());
        if let Err(refusal) = &row.person {
            assert!(refusal.field.is_some(), "{refusal:?}");
        }
    }
    // Only UTF-8 has a mark.
    if !file.starts_with(MARK) && str::from_utf8(file).is_ok() {
        assert_eq!(csv::read(&[MARK, file].concat()), Ok(rows));
    }
});
