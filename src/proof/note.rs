//! C2SP signed-note: a text and who signed it, and the keys that check it.
//!
//! Logs sign with type 0x01, witnesses with 0x04 ([`super::WitnessKey`]); signatures of other keys are passed over unread.
//! <https://c2sp.org/signed-note>

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::ProofError;

/// The signature type of plain Ed25519 notes.
const ED25519: u8 = 0x01;

/// A note needs one signature of ours and those of a few witnesses. A reader must take 16.
const MAX_SIGNATURES: usize = 100;

const KEY_ID_LEN: usize = 4;

/// A log's name and public key: all that is needed to check what the log says.
/// Its text form is `NAME+KEYID+base64(0x01 ‖ key)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Costs the decompression of a curve point (about 5 µs): keep it when checking many notes.
    ///
    /// # Errors
    /// [`ProofError::BadKeyName`]; [`ProofError::BadPublicKey`], also for a key of small order.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, ProofError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public_key).map_err(|_| ProofError::BadPublicKey)?;
        if key.is_weak() {
            return Err(ProofError::BadPublicKey);
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The key's name, which is the origin of its log.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// # Errors
    /// [`ProofError::BadSignature`].
    pub(super) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), ProofError> {
        let signature = Signature::from_slice(signature).map_err(|_| ProofError::BadSignature)?;
        self.key.verify_strict(message, &signature).map_err(|_| ProofError::BadSignature)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(ED25519, f)
    }
}

impl FromStr for VerifierKey {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        Self::read(ED25519, text)
    }
}

impl VerifierKey {
    /// The text form of a key for signatures of this type.
    pub(super) fn write(&self, kind: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(key_id(&self.name, kind, self.public_key()));
        let key = STANDARD.encode([&[kind], &self.public_key()[..]].concat());
        write!(f, "{}+{id:08x}+{key}", self.name)
    }

    /// Reads what [`VerifierKey::write`] wrote.
    pub(super) fn read(kind: u8, text: &str) -> Result<Self, ProofError> {
        let mut parts = text.splitn(3, '+'); // base64 may have a plus of its own
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ProofError::MalformedVerifierKey);
        };
        if id.len() != 2 * KEY_ID_LEN || !id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ProofError::MalformedVerifierKey);
        }
        let key = STANDARD.decode(key).map_err(|_| ProofError::MalformedVerifierKey)?;
        let (found, key) = key.split_first().ok_or(ProofError::MalformedVerifierKey)?;
        if *found != kind {
            return Err(ProofError::UnsupportedKeyType);
        }
        let key = key.try_into().map_err(|_| ProofError::MalformedVerifierKey)?;
        let verifier = Self::new(name, key)?;
        if format!("{:08x}", u32::from_be_bytes(key_id(name, kind, key))) != id {
            return Err(ProofError::WrongKeyId);
        }
        Ok(verifier)
    }
}

/// The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key).
fn key_id(name: &str, kind: u8, public_key: &[u8; 32]) -> [u8; KEY_ID_LEN] {
    let digest =
        Sha256::new_with_prefix(name).chain_update([b'\n', kind]).chain_update(public_key).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn check_name(name: &str) -> Result<(), ProofError> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.contains(bad) { Err(ProofError::BadKeyName) } else { Ok(()) }
}

/// The note of `text`, which ends with a newline, signed by the key of this name.
/// `sign` makes the Ed25519 signature of the bytes it is given.
///
/// # Errors
/// [`ProofError::BadKeyName`].
pub(super) fn sign(
    text: &str,
    name: &str,
    public_key: &[u8; 32],
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> Result<String, ProofError> {
    check_name(name)?;
    let line = signature_line(name, ED25519, public_key, &sign(text.as_bytes()))?;
    Ok(format!("{text}\n{line}"))
}

/// The line of a note for a signature of this type by the key of this name.
///
/// # Errors
/// [`ProofError::BadKeyName`].
pub(super) fn signature_line(
    name: &str,
    kind: u8,
    public_key: &[u8; 32],
    signature: &[u8],
) -> Result<String, ProofError> {
    check_name(name)?;
    let signature = [&key_id(name, kind, public_key)[..], signature].concat();
    Ok(format!("— {name} {}\n", STANDARD.encode(signature)))
}

/// The text of a note signed by `key`. Every signature by that key must be good, and there
/// must be one; those of unknown keys must only be well formed.
///
/// # Errors
/// [`ProofError::ControlCharacter`], [`ProofError::MalformedNote`], [`ProofError::MalformedSignatureLine`],
/// [`ProofError::TooManySignatures`], [`ProofError::NotSignedByKey`], [`ProofError::BadSignature`].
pub(super) fn open<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, ProofError> {
    let (text, signatures) = signatures(note, ED25519, key)?;
    for signature in &signatures {
        key.check(text.as_bytes(), signature)?;
    }
    if signatures.is_empty() { Err(ProofError::NotSignedByKey) } else { Ok(text) }
}

/// The text of a note, and what stands behind the key's id in each signature of this type by `key`, unchecked.
///
/// # Errors
/// Those of [`open`] about the form.
pub(super) fn signatures<'a>(
    note: &'a str,
    kind: u8,
    key: &VerifierKey,
) -> Result<(&'a str, Vec<Vec<u8>>), ProofError> {
    if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(ProofError::ControlCharacter);
    }
    let gap = note.rfind("\n\n").ok_or(ProofError::MalformedNote)?;
    let text = &note[..=gap];
    let lines = note[gap + 2..].strip_suffix('\n').ok_or(ProofError::MalformedNote)?;
    let id = key_id(&key.name, kind, key.public_key());
    let mut own = Vec::new();
    for (line, count) in lines.split('\n').zip(1..) {
        if count > MAX_SIGNATURES {
            return Err(ProofError::TooManySignatures);
        }
        let (name, signature) = read_line(line).ok_or(ProofError::MalformedSignatureLine)?;
        let signature = signature.strip_prefix(&id).filter(|_| name == key.name);
        own.extend(signature.map(<[u8]>::to_vec));
    }
    Ok((text, own))
}

/// The lines of a note under the key's name and id, unchecked; none of a note that cannot be read.
pub(super) fn lines_of(note: &str, key: &VerifierKey) -> Vec<String> {
    let (_, signatures) = signatures(note, ED25519, key).unwrap_or_default();
    let line = |bytes: &Vec<u8>| signature_line(key.name(), ED25519, key.public_key(), bytes).ok();
    signatures.iter().filter_map(line).collect()
}

/// The key name of a signature line, and its key id and signature.
fn read_line(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix("— ")?.split_once(' ')?;
    check_name(name).ok()?;
    let signature = STANDARD.decode(signature).ok()?;
    (signature.len() > KEY_ID_LEN).then_some((name, signature))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    /// A checkpoint of Go's checksum database, and its key: a note made by another implementation.
    const GO_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    const GO_TEXT: &str = "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n";
    const GO_SIGNATURE: &str = "— sum.golang.org Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n";
    const STRANGER: &str = "— witness.example AAAAAAE=\n";

    fn go_key() -> VerifierKey {
        GO_KEY.parse().unwrap()
    }

    #[test]
    fn a_note_of_another_implementation_opens() {
        for signatures in [GO_SIGNATURE.to_owned(), format!("{STRANGER}{GO_SIGNATURE}{STRANGER}")] {
            assert_eq!(open(&format!("{GO_TEXT}\n{signatures}"), &go_key()), Ok(GO_TEXT));
        }
    }

    #[test]
    fn what_is_signed_opens_whatever_its_text() {
        let secret = SigningKey::from_bytes(&[7; 32]);
        let public = secret.verifying_key().to_bytes();
        let text = "Журнал\n\nпустые строки тоже\n";
        let note = sign(text, "log.example/2020", &public, |bytes| secret.sign(bytes).to_bytes()).unwrap();
        assert_eq!(open(&note, &VerifierKey::new("log.example/2020", &public).unwrap()), Ok(text));
        let unsignable = sign(text, "two words", &public, |_| panic!("must not be asked to sign"));
        assert_eq!(unsignable, Err(ProofError::BadKeyName));
    }

    #[test]
    fn a_bit_altered_in_any_byte_is_refused() {
        let key = go_key();
        let note = format!("{GO_TEXT}\n{GO_SIGNATURE}").into_bytes();
        // A bit of every byte, another in each.
        for bit in (0..note.len() * 8).step_by(7) {
            let mut wrong = note.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            if let Ok(wrong) = str::from_utf8(&wrong) {
                assert!(open(wrong, &key).is_err(), "{wrong}");
            }
        }
    }

    #[test]
    fn each_flaw_of_a_note_has_its_name() {
        let cut = GO_SIGNATURE.trim_end();
        let forged = GO_SIGNATURE.replace("Az3grsL", "Az3grsM");
        for (note, error) in [
            (format!("{GO_TEXT}\n{STRANGER}"), ProofError::NotSignedByKey),
            (format!("{GO_TEXT}\n"), ProofError::MalformedNote),
            (format!("{GO_TEXT}{GO_SIGNATURE}"), ProofError::MalformedNote),
            (format!("{GO_TEXT}\n{cut}"), ProofError::MalformedNote),
            (format!("{GO_TEXT}\n{cut}\r\n"), ProofError::ControlCharacter),
            (format!("{GO_TEXT}\n{cut} \n"), ProofError::MalformedSignatureLine),
            (
                format!("{GO_TEXT}\n{GO_SIGNATURE}— witness.example AAAAAA==\n"),
                ProofError::MalformedSignatureLine,
            ),
            (
                format!("{GO_TEXT}\n{GO_SIGNATURE}- witness.example AAAAAAE=\n"),
                ProofError::MalformedSignatureLine,
            ),
            (format!("{GO_TEXT}\n{GO_SIGNATURE}{forged}"), ProofError::BadSignature),
            (format!("{GO_TEXT}\n— sum.golang.org Az3grsLX\n"), ProofError::BadSignature),
            (format!("{GO_TEXT}\n{GO_SIGNATURE}{}", STRANGER.repeat(100)), ProofError::TooManySignatures),
        ] {
            assert_eq!(open(&note, &go_key()), Err(error), "{note}");
        }
    }

    #[test]
    fn verifier_keys_have_one_spelling() {
        for text in [GO_KEY, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"] {
            assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
        }
        for (text, error) in [
            (GO_KEY.replace("033de0ae", "033DE0AE"), ProofError::MalformedVerifierKey),
            (GO_KEY.replace("033de0ae", "33de0ae"), ProofError::MalformedVerifierKey),
            (GO_KEY.replace("033de0ae", "033de0af"), ProofError::WrongKeyId),
            (GO_KEY.replace("golang", "gopher"), ProofError::WrongKeyId),
            (GO_KEY.replace("+Ac4", "+Bc4"), ProofError::UnsupportedKeyType),
            (GO_KEY.replace("sum.golang.org", ""), ProofError::BadKeyName),
            (GO_KEY.replace("sum.golang.org", "sum golang"), ProofError::BadKeyName),
            (format!("{GO_KEY}AAAA"), ProofError::MalformedVerifierKey),
            ("sum.golang.org+033de0ae".to_owned(), ProofError::MalformedVerifierKey),
        ] {
            assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
        }
    }

    /// The points of small order: under them anyone can sign anything.
    #[test]
    fn keys_of_small_order_are_refused() {
        let identity = {
            let mut point = [0; 32];
            point[0] = 1;
            point
        };
        for point in [identity, [0; 32]] {
            assert_eq!(VerifierKey::new("log.example", &point), Err(ProofError::BadPublicKey));
        }
    }
}
