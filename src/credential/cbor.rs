//! Deterministic CBOR (RFC 8949 §4.2.1) for the few shapes a credential needs: a writer that can only
//! write the shortest form, a reader that takes nothing else, and a lenient one's helpers that name what is
//! wrong with the rest.
//!
//! Whatever was read is written again and compared by the caller: that is what decides.

use super::malformed;
use crate::kernel::refusal::Result;
use ciborium::Value;

/// Appends items in their one deterministic form. The caller orders map keys (bytewise, RFC 8949
/// §4.2.1) and writes as many items as it announced.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let [.., b6, b7] = argument.to_be_bytes();
        let major = major << 5;
        match argument {
            0..=23 => self.0.push(major | b7),
            24..=0xff => self.0.extend([major | 24, b7]),
            0x100..=0xffff => self.0.extend([major | 25, b6, b7]),
            0x1_0000..=0xffff_ffff => {
                self.0.push(major | 26);
                self.0.extend(&argument.to_be_bytes()[4..]);
            }
            _ => {
                self.0.push(major | 27);
                self.0.extend(argument.to_be_bytes());
            }
        }
        self
    }

    pub(super) fn unsigned(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    pub(super) fn integer(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(0, value),
            // −1 − value, which is what `!` computes in two's complement.
            Err(_) => self.head(1, (!value).unsigned_abs()),
        }
    }

    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64).0.extend(value);
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64).0.extend(value.as_bytes());
        self
    }

    pub(super) fn array(&mut self, items: u64) -> &mut Self {
        self.head(4, items)
    }

    pub(super) fn map(&mut self, pairs: u64) -> &mut Self {
        self.head(5, pairs)
    }

    pub(super) fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(6, tag)
    }
}

/// Takes items off the front of what a [`Writer`] wrote; `None` for anything else.
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    fn first<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn head(&mut self, major: u8) -> Option<u64> {
        let [initial] = self.first()?;
        if initial >> 5 != major {
            return None;
        }
        Some(match initial & 0x1f {
            short @ 0..=23 => short.into(),
            24 => u8::from_be_bytes(self.first()?).into(),
            25 => u16::from_be_bytes(self.first()?).into(),
            26 => u32::from_be_bytes(self.first()?).into(),
            27 => u64::from_be_bytes(self.first()?),
            _ => return None,
        })
    }

    pub(super) fn unsigned<T: TryFrom<u64>>(&mut self) -> Option<T> {
        self.head(0)?.try_into().ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.head(2)?).ok()?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.head(3)?).ok()?;
        std::str::from_utf8(self.take(length)?).ok().map(str::to_owned)
    }

    /// Exactly what this writes.
    pub(super) fn the(&mut self, write: impl FnOnce(&mut Writer) -> &mut Writer) -> Option<()> {
        let mut expected = Writer::default();
        write(&mut expected);
        self.0 = self.0.strip_prefix(expected.0.as_slice())?;
        Some(())
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

/// One CBOR item that fills `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Value> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest).map_err(|_| malformed("not_cbor"))?;
    if rest.is_empty() { Ok(value) } else { Err(malformed("trailing_bytes")) }
}

/// A map whose entries are taken out one by one, so that what nobody asked for is left and seen.
pub(super) struct Fields(Vec<(Value, Value)>);

impl Fields {
    /// # Errors
    /// `duplicate_key`, or `wrong` when the value is not a map at all.
    pub(super) fn of(value: Value, wrong: &'static str) -> Result<Self> {
        let Value::Map(pairs) = value else { return Err(malformed(wrong)) };
        let repeated =
            |(index, (key, _)): (usize, &(Value, Value))| pairs[..index].iter().any(|(k, _)| k == key);
        if pairs.iter().enumerate().any(repeated) {
            return Err(malformed("duplicate_key"));
        }
        Ok(Self(pairs))
    }

    pub(super) fn take(&mut self, key: impl Into<Value>) -> Option<Value> {
        let key = key.into();
        let index = self.0.iter().position(|(k, _)| *k == key)?;
        Some(self.0.swap_remove(index).1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Another's encoder writes the same bytes.
        #[test]
        fn agrees_with_ciborium(
            integer in any::<i64>(), unsigned in any::<u64>(), text in ".{0,40}",
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let mut writer = Writer::default();
            writer.tag(18).array(3).integer(integer).unsigned(unsigned).map(1).text(&text).bytes(&bytes);
            let value = Value::Tag(18, Box::new(Value::Array(vec![
                integer.into(), unsigned.into(), Value::Map(vec![(text.into(), Value::Bytes(bytes))]),
            ])));
            let mut expected = Vec::new();
            ciborium::into_writer(&value, &mut expected).unwrap();
            prop_assert_eq!(writer.finish(), expected);
        }

        #[test]
        fn what_was_written_is_read_and_nothing_after_it(
            unsigned in any::<u64>(), text in ".{0,40}", bytes in proptest::collection::vec(any::<u8>(), 0..400),
        ) {
            let mut writer = Writer::default();
            writer.map(2).unsigned(unsigned).text(&text).bytes(&bytes);
            let written = writer.finish();
            let mut reader = Reader::of(&written);
            prop_assert_eq!(reader.the(|expected| expected.map(2)), Some(()));
            prop_assert_eq!(reader.unsigned(), Some(unsigned));
            prop_assert_eq!(reader.text(), Some(text));
            prop_assert_eq!(reader.bytes(), Some(bytes.as_slice()));
            prop_assert_eq!(reader.unsigned::<u64>(), None);
        }

        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
            let _ = (Reader::of(&bytes).unsigned::<u64>(), Reader::of(&bytes).bytes(), Reader::of(&bytes).text());
        }
    }

    #[test]
    fn a_length_that_lies_costs_nothing() {
        assert!(read(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(read(&[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(read(&[0x81; 900]).is_err(), "nested beyond any need");
    }
}
