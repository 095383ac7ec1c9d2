//! The text form of a credential: `TV1:` and base45 (RFC 9285), every character of which a QR code
//! holds in its alphanumeric mode. Our own coder: the library's takes two texts for the same bytes,
//! and needs as long as a signature.

use super::malformed;
use crate::kernel::refusal::Result;

/// Says what the text is and in which version of its form.
pub const PREFIX: &str = "TV1:";

/// The longest text we write, in characters: a QR code of version 14 at error correction M still
/// reads from paper.
pub const MAX_WRITTEN: usize = 512;

/// The longest text we read, in bytes; anything longer is refused unread.
pub const MAX_READ: usize = 1024;

/// The text form of a credential's bytes.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_length(bytes.len()));
    text.push_str(PREFIX);
    text.extend(bytes.chunks(2).flat_map(characters));
    text
}

/// The characters of a pair of bytes, or of a last single one (RFC 9285 §4).
fn characters(bytes: &[u8]) -> impl Iterator<Item = char> {
    let value = bytes.iter().fold(0, |value, byte| value * 256 + usize::from(*byte));
    let digits = [value % 45, value / 45 % 45, value / (45 * 45)];
    digits.into_iter().take(bytes.len() + 1).map(|digit| char::from(ALPHABET[digit]))
}

/// The length in characters of the text form of `length` bytes.
pub(super) fn encoded_length(length: usize) -> usize {
    PREFIX.len() + length / 2 * 3 + length % 2 * 2
}

/// The bytes behind a text, whatever they say.
///
/// # Errors
/// `malformed_credential` with `reason` `text_too_long`, `wrong_prefix` or `bad_base45`. Exact: no
/// blanks are trimmed, no lower case is taken.
pub fn decode(text: &str) -> Result<Vec<u8>> {
    if text.len() > MAX_READ {
        return Err(malformed("text_too_long"));
    }
    let body = text.strip_prefix(PREFIX).ok_or_else(|| malformed("wrong_prefix"))?;
    bytes_of(body.as_bytes()).ok_or_else(|| malformed("bad_base45"))
}

/// Nothing for what [`encode`] would not write: another character, a group of one, a value too large.
fn bytes_of(body: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(body.len() / 3 * 2 + 1);
    for group in body.chunks(3) {
        let value = group.iter().rev().try_fold(0, |value: u32, character| {
            let digit = VALUES[usize::from(*character)];
            (digit < 45).then_some(value * 45 + u32::from(digit))
        })?;
        match group.len() {
            3 => bytes.extend(u16::try_from(value).ok()?.to_be_bytes()),
            2 => bytes.push(u8::try_from(value).ok()?),
            _ => return None,
        }
    }
    Some(bytes)
}

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The digit each byte stands for; 255 for none.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &str) -> String {
        decode(text).unwrap_err().facts["reason"].as_str().unwrap().to_owned()
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        assert_eq!(reason("tv1:QED8WEX0"), "wrong_prefix");
        assert_eq!(reason(" TV1:QED8WEX0"), "wrong_prefix");
        assert_eq!(reason("TV2:QED8WEX0"), "wrong_prefix");
        assert_eq!(reason("TV1:qed8wex0"), "bad_base45");
        assert_eq!(reason("TV1:QED8WEX0\n"), "bad_base45");
        assert_eq!(reason("TV1:::"), "bad_base45", "a pair above 255");
        assert_eq!(reason("TV1::::"), "bad_base45", "a triple above 65535");
        assert_eq!(reason("TV1:A"), "bad_base45");
        assert_eq!(reason(&format!("TV1:{}", "0".repeat(MAX_READ))), "text_too_long");
    }

    #[test]
    fn rfc_9285_example() {
        assert_eq!(encode(b"ietf!"), "TV1:QED8WEX0");
        assert_eq!(decode("TV1:QED8WEX0").unwrap(), b"ietf!");
    }

    proptest! {
        #[test]
        fn comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let text = encode(&bytes);
            prop_assert_eq!(text.len(), encoded_length(bytes.len()));
            prop_assert_eq!(&text[PREFIX.len()..], base45::encode(&bytes), "another's encoder agrees");
            prop_assert_eq!(decode(&text).unwrap(), bytes);
        }

        #[test]
        fn takes_only_what_it_would_write(text in "TV1:[0-9A-Z $%*+./:-]{0,12}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
