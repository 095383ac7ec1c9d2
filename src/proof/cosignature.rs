//! C2SP tlog-cosignature: what a witness says of a checkpoint, that it continues all it has seen of the log.
//!
//! Only `cosignature/v1` with Ed25519, signatures of type 0x04. <https://c2sp.org/tlog-cosignature>

use std::fmt;
use std::str::FromStr;

use super::ProofError;
use super::note::{self, VerifierKey};

/// The signature type of timestamped Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;

/// A witness' name and public key: all that is needed to check what it has cosigned.
/// Its text form is `NAME+KEYID+base64(0x04 ‖ key)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WitnessKey(VerifierKey);

/// What a witness said of a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosignature {
    /// Seconds since 1970: as of when nothing larger of this log was known to the witness.
    pub time: u64,
    /// The line that stands below the note, with the end of the line.
    pub line: String,
}

impl WitnessKey {
    /// # Errors
    /// [`ProofError::BadKeyName`]; [`ProofError::BadPublicKey`], also for a key of small order.
    pub fn new(name: &str, public_key: &[u8; 32]) -> Result<Self, ProofError> {
        VerifierKey::new(name, public_key).map(Self)
    }

    pub fn name(&self) -> &str {
        self.0.name()
    }

    pub fn public_key(&self) -> &[u8; 32] {
        self.0.public_key()
    }

    /// The newest cosignature among lines that are to stand below a note of this text, as a witness answers them.
    ///
    /// # Errors
    /// As [`WitnessKey::open`]; [`ProofError::MalformedNote`] also for an empty line, which would move the note's end.
    pub fn open_lines(&self, body: &str, lines: &str) -> Result<Cosignature, ProofError> {
        if lines.starts_with('\n') || lines.contains("\n\n") {
            return Err(ProofError::MalformedNote);
        }
        self.open(&format!("{body}\n{lines}"))
    }

    /// The newest cosignature of this witness below a note. Each of its lines there must be good, and there must be one;
    /// those of unknown keys must only be well formed. The checkpoint itself is not looked into.
    ///
    /// # Errors
    /// Those of the note's form; [`ProofError::NotSignedByKey`], [`ProofError::MalformedCosignature`],
    /// [`ProofError::BadSignature`].
    pub fn open(&self, note: &str) -> Result<Cosignature, ProofError> {
        let (body, signatures) = note::signatures(note, COSIGNATURE, &self.0)?;
        let mut newest: Option<Cosignature> = None;
        for bytes in signatures {
            let (time, signature) = bytes.split_first_chunk().ok_or(ProofError::MalformedCosignature)?;
            let time = u64::from_be_bytes(*time);
            if signature.len() != 64 || !is_time(time) {
                return Err(ProofError::MalformedCosignature);
            }
            self.0.check(message(body, time).as_bytes(), signature)?;
            if newest.as_ref().is_none_or(|newest| newest.time < time) {
                let line = note::signature_line(self.name(), COSIGNATURE, self.public_key(), &bytes)?;
                newest = Some(Cosignature { time, line });
            }
        }
        newest.ok_or(ProofError::NotSignedByKey)
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(COSIGNATURE, f)
    }
}

impl FromStr for WitnessKey {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        VerifierKey::read(COSIGNATURE, text).map(Self)
    }
}

/// Zero would say nothing of a time; the specification ends at 2^63 - 1.
fn is_time(time: u64) -> bool {
    time > 0 && i64::try_from(time).is_ok()
}

/// What is signed: the text of a note as of a time, in seconds since 1970.
fn message(body: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{body}")
}

/// Cosigns the text of a note (that of [`super::Checkpoint::body`]). `sign` makes the Ed25519 signature of the bytes it
/// is given, by the witness' key.
///
/// # Errors
/// [`ProofError::MalformedCosignature`] for a time that cannot be written.
pub fn cosign(
    body: &str,
    time: u64,
    witness: &WitnessKey,
    sign: impl FnOnce(&[u8]) -> [u8; 64],
) -> Result<Cosignature, ProofError> {
    if !is_time(time) {
        return Err(ProofError::MalformedCosignature);
    }
    let bytes = [&time.to_be_bytes()[..], &sign(message(body, time).as_bytes())].concat();
    let line = note::signature_line(witness.name(), COSIGNATURE, witness.public_key(), &bytes)?;
    Ok(Cosignature { time, line })
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const BODY: &str = "log.example/2020\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    const STRANGER: &str = "— log.example/2020 AAAAAAE=\n";

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    fn witness() -> WitnessKey {
        WitnessKey::new("control.example", secret().verifying_key().as_bytes()).unwrap()
    }

    fn cosigned(body: &str, time: u64) -> Cosignature {
        cosign(body, time, &witness(), |bytes| secret().sign(bytes).to_bytes()).unwrap()
    }

    fn note(lines: &[&str]) -> String {
        format!("{BODY}\n{STRANGER}{}", lines.concat())
    }

    #[test]
    fn a_cosignature_opens_to_its_time() {
        for time in [1, 1_679_315_147, i64::MAX.cast_unsigned()] {
            let made = cosigned(BODY, time);
            assert_eq!(witness().open(&note(&[&made.line])), Ok(made));
        }
        let (old, new) = (cosigned(BODY, 5), cosigned(BODY, 7));
        assert_eq!(witness().open(&note(&[&new.line, &old.line])), Ok(new), "the newest of several");
    }

    #[test]
    fn keys_of_witnesses_and_of_logs_are_not_mistaken_for_each_other() {
        let text = witness().to_string();
        assert_eq!(text.parse(), Ok(witness()));
        assert_eq!(text.parse::<VerifierKey>(), Err(ProofError::UnsupportedKeyType));
        let log = VerifierKey::new("control.example", witness().public_key()).unwrap();
        assert_eq!(log.to_string().parse::<WitnessKey>(), Err(ProofError::UnsupportedKeyType));
        assert_ne!(log.to_string().split('+').nth(1), text.split('+').nth(1), "another id");
        // One key, one name: the type still tells them apart.
        assert_eq!(note::open(&note(&[&cosigned(BODY, 5).line]), &log), Err(ProofError::NotSignedByKey));
    }

    #[test]
    fn each_flaw_has_its_name() {
        let good = cosigned(BODY, 5).line;
        let raw = STANDARD.decode(good.trim_end().rsplit(' ').next().unwrap()).unwrap();
        let line = |bytes: &[u8]| format!("— control.example {}\n", STANDARD.encode(bytes));
        let with_time = |time: u64| {
            let signature = secret().sign(message(BODY, time).as_bytes()).to_bytes();
            line(&[&raw[..4], &time.to_be_bytes(), &signature].concat())
        };
        let mut later = raw.clone();
        later[11] += 1;
        for (lines, error) in [
            (vec![], ProofError::NotSignedByKey),
            (vec![good.replace("control", "another")], ProofError::NotSignedByKey),
            (vec![with_time(0)], ProofError::MalformedCosignature),
            (vec![with_time(1 << 63)], ProofError::MalformedCosignature),
            (vec![line(&raw[..75])], ProofError::MalformedCosignature),
            (vec![line(&[&raw[..], &[0]].concat())], ProofError::MalformedCosignature),
            (vec![line(&later)], ProofError::BadSignature),
            (vec![cosigned("log.example/2021\n3\nx\n", 5).line], ProofError::BadSignature),
            (vec![good, line(&later)], ProofError::BadSignature),
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(witness().open(&note(&lines)), Err(error), "{lines:?}");
        }
        // What was signed is a longer text, which ends where its own signatures begin.
        let longer = format!("{BODY}\n{STRANGER}");
        let lines = format!("{STRANGER}\n{}", cosigned(&longer, 5).line);
        assert!(witness().open(&format!("{BODY}\n{lines}")).is_ok());
        assert_eq!(witness().open_lines(BODY, &lines), Err(ProofError::MalformedNote));
        assert_eq!(witness().open_lines(BODY, &cosigned(BODY, 5).line), Ok(cosigned(BODY, 5)));
        let beyond = cosign(BODY, 1 << 63, &witness(), |_| panic!("must not be asked to sign"));
        assert_eq!(beyond, Err(ProofError::MalformedCosignature));
    }
}
