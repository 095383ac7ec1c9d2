//! Any text as a voucher number: whatever is read has one spelling, and is read back from it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use training_vouchers::kernel::VoucherNumber;

fuzz_target!(|text: &str| {
    let Ok(number) = VoucherNumber::parse(text) else { return };
    let written = number.to_string();
    assert_eq!(written, text.trim().to_ascii_uppercase());
    assert_eq!(VoucherNumber::parse(&written), Ok(number));
});
