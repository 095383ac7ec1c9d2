//! The leaf of the log: a journal transaction as deterministic CBOR (RFC 8949 §4.2.1).
//!
//! ```text
//! { 0: 1 (version), 1: kind number, 2: effective_at ms, 3: recorded_at ms, 4: token number,
//!   5: { subject name: bytes }, 6: [ [line, account, amount, { dimension: number }] ] }
//! ```
//! Ids and hashes only, never personal data. The bytes are stored and hashed; nothing is ever
//! serialised again in order to verify. Pure.

use super::model::{Dimensions, Event, Posting};
use crate::kernel::Timestamp;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// The leaf's bytes.
pub fn encode(event: &Event, recorded_at: Timestamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + 48 * event.postings.lines().len());
    head(&mut out, MAP, 7);
    for (key, value) in [
        (0, 1),
        (1, i64::from(event.kind.number())),
        (2, event.effective_at.millis()),
        (3, recorded_at.millis()),
        (4, event.recorded_by),
    ] {
        head(&mut out, UNSIGNED, key);
        integer(&mut out, value);
    }
    head(&mut out, UNSIGNED, 5);
    subjects(&mut out, &event.subjects);
    head(&mut out, UNSIGNED, 6);
    head(&mut out, ARRAY, event.postings.lines().len() as u64);
    for line in event.postings.lines() {
        posting(&mut out, line);
    }
    out
}

/// Keys sorted by their encoded bytes: shorter first, then bytewise.
fn subjects(out: &mut Vec<u8>, subjects: &[(&'static str, Vec<u8>)]) {
    let mut sorted: Vec<_> = subjects.iter().collect();
    sorted.sort_by_key(|(name, _)| (name.len(), *name));
    head(out, MAP, sorted.len() as u64);
    for (name, value) in sorted {
        head(out, TEXT, name.len() as u64);
        out.extend_from_slice(name.as_bytes());
        head(out, BYTES, value.len() as u64);
        out.extend_from_slice(value);
    }
}

fn posting(out: &mut Vec<u8>, line: &Posting) {
    head(out, ARRAY, 4);
    integer(out, line.budget_line_no);
    integer(out, i64::from(line.account.number()));
    integer(out, line.amount.get());
    let present = dimensions(&line.dimensions);
    head(out, MAP, present.iter().flatten().count() as u64);
    for (key, number) in present.iter().enumerate().filter_map(|(key, n)| n.map(|n| (key, n))) {
        head(out, UNSIGNED, key as u64);
        integer(out, number);
    }
}

/// In the order of their keys in the leaf.
fn dimensions(of: &Dimensions) -> [Option<i64>; 7] {
    [
        of.agency_no,
        of.voucher_no,
        of.redemption_no,
        of.course_run_no,
        of.session_no,
        of.payee_no,
        of.payment_no,
    ]
}

fn integer(out: &mut Vec<u8>, value: i64) {
    match u64::try_from(value) {
        Ok(value) => head(out, UNSIGNED, value),
        Err(_) => head(out, NEGATIVE, value.unsigned_abs() - 1),
    }
}

/// The shortest head (RFC 8949 §3): the only form deterministic encoding allows.
fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    match value {
        0..24 => out.push(major | value as u8),
        24..0x100 => out.extend([major | 24, value as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend((value as u16).to_be_bytes());
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend((value as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend(value.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Event, Kind};
    use super::super::rules;
    use super::*;
    use crate::kernel::Kopecks;
    use ciborium::Value;

    #[test]
    fn another_cbor_library_reads_the_leaf_and_writes_the_same_bytes() {
        let about = Dimensions { agency_no: Some(3), voucher_no: Some(70_000), ..Dimensions::default() };
        let event = Event::new(Kind::VoucherIssued, Timestamp::from_millis(1_580_000_000_000), 12)
            .about("voucher", &[7; 16])
            .about("credential_sha256", &[9; 32])
            .moving(rules::reserve(2, Kopecks::new(650_000), about));
        let bytes = encode(&event, Timestamp::from_millis(1_580_000_000_001));
        let value: Value = ciborium::from_reader(bytes.as_slice()).unwrap();
        let mut again = Vec::new();
        ciborium::into_writer(&value, &mut again).unwrap();
        assert_eq!(bytes, again);
        let map = value.as_map().unwrap();
        assert_eq!(map[1].1, Value::from(43));
        assert_eq!(map[5].1.as_map().unwrap()[0].0, Value::from("voucher"));
        let lines = map[6].1.as_array().unwrap();
        assert_eq!(lines[1].as_array().unwrap()[2], Value::from(-650_000));
    }
}
