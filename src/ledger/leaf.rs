//! The leaf of the log: a journal transaction as deterministic CBOR (RFC 8949 §4.2.1).
//!
//! ```text
//! { 0: 1 (version), 1: kind number, 2: effective_at ms, 3: recorded_at ms, 4: token number,
//!   5: { subject name: bytes }, 6: [ [line, account, amount, { dimension: number }] ] }
//! ```
//! Ids and hashes only, never personal data. The bytes are stored and hashed; nothing is ever
//! serialised again in order to verify. Pure.

use super::model::{Account, Dimensions, Event, Posting};
use crate::kernel::{Kopecks, Timestamp};

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
fn dimensions(of: &Dimensions) -> [Option<i64>; 9] {
    [
        of.agency_no,
        of.voucher_no,
        of.redemption_no,
        of.course_run_no,
        of.session_no,
        of.payee_no,
        of.payment_no,
        of.contract_no,
        of.act_no,
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

/// What a leaf says, read back from its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    pub kind: i16,
    pub effective_at: Timestamp,
    pub recorded_at: Timestamp,
    pub recorded_by: i64,
    pub subjects: Vec<(String, Vec<u8>)>,
    pub postings: Vec<Posting>,
}

/// The bytes are not those of any leaf: cut short, too long, not in the one form that [`encode`]
/// writes, or of another version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("these are not the bytes of a leaf (near byte {at})")]
pub struct NotALeaf {
    pub at: usize,
}

/// Reads a leaf strictly: whatever it accepts, [`encode`] would have written the same to the byte.
///
/// # Errors
/// [`NotALeaf`].
pub fn decode(bytes: &[u8]) -> Result<Leaf, NotALeaf> {
    let mut reader = Reader { bytes, at: 0 };
    reader.leaf().filter(|_| reader.at == bytes.len()).ok_or(NotALeaf { at: reader.at })
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    fn leaf(&mut self) -> Option<Leaf> {
        self.expect(MAP, 7)?;
        self.numbered(0).filter(|version| *version == 1)?;
        let leaf = Leaf {
            kind: self.numbered(1)?.try_into().ok()?,
            effective_at: Timestamp::from_millis(self.numbered(2)?),
            recorded_at: Timestamp::from_millis(self.numbered(3)?),
            recorded_by: self.numbered(4)?,
            subjects: self.subjects()?,
            postings: self.postings()?,
        };
        Some(leaf)
    }

    /// An integer under its key.
    fn numbered(&mut self, key: u64) -> Option<i64> {
        self.expect(UNSIGNED, key)?;
        self.integer()
    }

    fn subjects(&mut self) -> Option<Vec<(String, Vec<u8>)>> {
        self.expect(UNSIGNED, 5)?;
        let mut subjects: Vec<(String, Vec<u8>)> = Vec::new();
        for _ in 0..self.head_of(MAP)? {
            let length = self.head_of(TEXT)?;
            let name = str::from_utf8(self.take(length)?).ok()?.to_owned();
            let length = self.head_of(BYTES)?;
            let value = self.take(length)?.to_vec();
            let order = |name: &str| (name.len(), name.to_owned());
            if subjects.last().is_some_and(|(last, _)| order(last) >= order(&name)) {
                return None;
            }
            subjects.push((name, value));
        }
        Some(subjects)
    }

    fn postings(&mut self) -> Option<Vec<Posting>> {
        self.expect(UNSIGNED, 6)?;
        let mut postings = Vec::new();
        for _ in 0..self.head_of(ARRAY)? {
            postings.push(self.posting()?);
        }
        Some(postings)
    }

    fn posting(&mut self) -> Option<Posting> {
        self.expect(ARRAY, 4)?;
        let budget_line_no = self.integer()?;
        let account = Account::from_number(self.integer()?.try_into().ok()?)?;
        let amount = Kopecks::new(self.integer()?);
        let mut numbers = [None; 9];
        let mut next = 0;
        for _ in 0..self.head_of(MAP)? {
            let key = usize::try_from(self.head_of(UNSIGNED)?).ok().filter(|key| *key >= next)?;
            *numbers.get_mut(key)? = Some(self.integer()?);
            next = key + 1;
        }
        let [
            agency_no,
            voucher_no,
            redemption_no,
            course_run_no,
            session_no,
            payee_no,
            payment_no,
            contract_no,
            act_no,
        ] = numbers;
        let dimensions = Dimensions {
            agency_no,
            voucher_no,
            redemption_no,
            course_run_no,
            session_no,
            payee_no,
            payment_no,
            contract_no,
            act_no,
        };
        Some(Posting { budget_line_no, account, amount, dimensions })
    }

    fn integer(&mut self) -> Option<i64> {
        match self.head()? {
            (UNSIGNED, value) => i64::try_from(value).ok(),
            (NEGATIVE, value) => i64::try_from(value).ok().map(|value| -1 - value),
            _ => None,
        }
    }

    fn expect(&mut self, major: u8, value: u64) -> Option<()> {
        (self.head_of(major)? == value).then_some(())
    }

    fn head_of(&mut self, major: u8) -> Option<u64> {
        let (found, value) = self.head()?;
        (found == major).then_some(value)
    }

    /// A head in its shortest form; longer spellings of a value are refused.
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.take(1)?.first()?;
        let (length, least) = match first & 0x1f {
            short @ 0..24 => return Some((first >> 5, u64::from(short))),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return None,
        };
        let value = self.take(length)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        (value >= least).then_some((first >> 5, value))
    }

    fn take(&mut self, length: u64) -> Option<&'b [u8]> {
        let end = self.at.checked_add(usize::try_from(length).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
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
    fn redeemed() -> Event {
        let about = Dimensions {
            agency_no: Some(3),
            voucher_no: Some(70_000),
            redemption_no: Some(5_000_000_000),
            payment_no: Some(0),
            ..Dimensions::default()
        };
        Event::new(Kind::Redeemed, Timestamp::from_millis(-1), 300)
            .about("redemption", &[1; 16])
            .about("run", &[2; 16])
            .about("device", b"")
            .moving(rules::redeem(2, Kopecks::new(650_000), about))
    }

    #[test]
    fn what_was_written_is_read_back() {
        let event = redeemed();
        let leaf = decode(&encode(&event, Timestamp::from_millis(1_600_000_000_000))).unwrap();
        assert_eq!(leaf.kind, Kind::Redeemed.number());
        assert_eq!(leaf.effective_at, event.effective_at);
        assert_eq!(leaf.recorded_at, Timestamp::from_millis(1_600_000_000_000));
        assert_eq!(leaf.recorded_by, 300);
        let names: Vec<&str> = leaf.subjects.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["run", "device", "redemption"]);
        assert_eq!(leaf.postings, event.postings.lines());
    }

    #[test]
    fn other_spellings_are_no_leaf() {
        let bytes = encode(&redeemed(), Timestamp::from_millis(7));
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "{cut}");
        }
        assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
        // Version 2, and the version 1 in two bytes.
        assert_eq!(bytes[..3], [0xa7, 0x00, 0x01]);
        assert!(decode(&[&[0xa7, 0x00, 0x02], &bytes[3..]].concat()).is_err());
        assert!(decode(&[&[0xa7, 0x00, 0x18, 0x01], &bytes[3..]].concat()).is_err());
    }

    proptest::proptest! {
        /// No two byte strings are the same leaf: what is read, is written again to the byte.
        #[test]
        fn an_altered_leaf_is_refused_or_says_something_else(at in 0usize..200, bit in 0u8..8) {
            let recorded_at = Timestamp::from_millis(7);
            let event = redeemed();
            let bytes = encode(&event, recorded_at);
            let mut altered = bytes.clone();
            altered[at % bytes.len()] ^= 1 << bit;
            if let Ok(leaf) = decode(&altered) {
                proptest::prop_assert_ne!(leaf, decode(&bytes).unwrap());
            }
        }
    }
}
