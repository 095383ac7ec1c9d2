//! Any text as a credential, and any bytes in a credential's text form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use training_vouchers::credential::encode;
use training_vouchers_fuzz::read_credential;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = str::from_utf8(data) {
        read_credential(text);
    }
    read_credential(&encode(data));
});
