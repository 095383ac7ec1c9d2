//! The text form of a credential: `TV1:` and base45 (RFC 9285), every character of which a QR code
//! holds in its alphanumeric mode.

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
    text.push_str(&base45::encode(bytes));
    text
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
    let bytes = base45::decode(body).map_err(|_| malformed("bad_base45"))?;
    // The decoder cuts a final pair above 255 down to a byte: two texts for the same bytes.
    if base45::encode(&bytes) != body {
        return Err(malformed("bad_base45"));
    }
    Ok(bytes)
}

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
            prop_assert_eq!(decode(&text).unwrap(), bytes);
        }
    }
}
