//! `vouchers verify`: genuine or not, with public keys only and without a database.

use super::table::Table;
use super::{Failure, House, Output, failure, house, output};
use crate::credential::{self, KeyState, Keyring, PREFIX, Purpose, key_files, qr};
use crate::http::words;
use crate::kernel::{Code, Refusal};
use crate::keys::http::Verification;
use crate::ledger::leaf;
use crate::proof::{ProofError, Receipt, Verified, VerifierKey};
use serde_json::{Value, json};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

const PNG: &[u8] = b"\x89PNG";

/// Longer input is no credential.
const MAX_INPUT: u64 = 64 * 1024;

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The credential's text (TV1:…), a file with it, a PNG picture of its QR code, or - for standard input
    #[arg(required_unless_present = "receipt", conflicts_with = "receipt")]
    credential: Option<String>,
    /// Checks a receipt instead: the text that an answer to a write carried
    #[arg(long, value_name = "FILE", requires = "entry", requires = "origin")]
    receipt: Option<PathBuf>,
    /// The recorded entry, in hexadecimal or as a file of its bytes
    #[arg(long, value_name = "HEX|FILE")]
    entry: Option<String>,
    /// Name of the log: ISSUER/PROGRAMME, or ISSUER/service for the service's own
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// The issuer's public keys [default: jwks.json of the keys' directory]
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Verify {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let keyring = self.keyring(house)?;
        let verdict = match (&self.credential, &self.receipt, &self.entry, &self.origin) {
            (Some(credential), ..) => {
                let text = presented(credential)?;
                text.map_err(Failure::from).and_then(|text| check_credential(&text, &keyring, &self.output))
            }
            (None, Some(receipt), Some(entry), Some(origin)) => {
                let receipt = fs::read_to_string(receipt).map_err(Failure::at(receipt))?;
                check_receipt(&receipt, &entry_bytes(entry)?, origin, &keyring, &self.output)
            }
            _ => return Err(Failure::Usage("--receipt needs --entry and --origin".into())),
        };
        verdict.map_err(|failure| match failure {
            Failure::Refused(refusal) => self.refused(refusal),
            other => other,
        })
    }

    fn keyring(&self, house: &House) -> Result<Keyring, Failure> {
        let Some(path) = &self.jwks else { return Ok(key_files::read_jwks(&house.config.keys)?) };
        let json = fs::read_to_string(path).map_err(Failure::at(path))?;
        Keyring::from_jwks(&json).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
    }

    fn refused(&self, refusal: Refusal) -> Failure {
        if !self.output.json {
            return refusal.into();
        }
        let words = words::of(&refusal, failure::language());
        let known = json!({
            "genuine": false, "code": refusal.code, "field": refusal.field, "facts": refusal.facts,
            "title": words.title, "detail": words.detail, "remedy": words.remedy,
        });
        output::json(&known).err().unwrap_or(Failure::Shown)
    }
}

/// The text meant by an argument; the inner error is about what was found there.
fn presented(argument: &str) -> Result<Result<String, Refusal>, Failure> {
    if argument == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().take(MAX_INPUT).read_to_end(&mut bytes);
        read.map_err(Failure::at(Path::new("standard input")))?;
        return Ok(credential_in(&bytes));
    }
    let path = Path::new(argument);
    if argument.starts_with(PREFIX) || !path.is_file() {
        return Ok(Ok(argument.to_owned()));
    }
    Ok(credential_in(&fs::read(path).map_err(Failure::at(path))?))
}

/// The credential's text in a file's bytes: a picture, or the text itself.
///
/// # Errors
/// Those of [`qr::read`]; `malformed_credential` for a picture of other codes, or for no text at all.
pub(super) fn credential_in(bytes: &[u8]) -> Result<String, Refusal> {
    let other = || Refusal::new(Code::MalformedCredential).with("reason", "wrong_prefix");
    if bytes.starts_with(PNG) {
        return qr::read(bytes)?.into_iter().find(|text| text.starts_with(PREFIX)).ok_or_else(other);
    }
    std::str::from_utf8(bytes).map(|text| text.trim().to_owned()).map_err(|_| other())
}

fn check_credential(text: &str, keyring: &Keyring, output: &Output) -> Result<(), Failure> {
    let verified = credential::verify(text.trim(), keyring)?;
    verified.check_time(house::system_clock().now())?;
    let says = Verification::from(&verified);
    if output.json {
        return output::json(&with_verdict(json!(says)));
    }
    let facts = Table::of_names([
        ("  Issuer (издатель)", format!("{}, key {}", says.issuer, says.kid)),
        ("  Voucher (сертификат)", format!("{}, version {}", says.voucher_id, says.credential_version)),
        ("  Holder (держатель)", says.holder),
        ("  Agency (орган)", says.agency),
        ("  Programme (программа)", format!("{}, {} h", says.programme_id, says.course_hours)),
        ("  University (вуз)", says.audience),
        ("  Face value (номинал)", says.face_value.to_string()),
        ("  Valid from (действует с)", says.not_before.for_people()),
        ("  Expires (истекает)", says.expires_at.for_people()),
        ("  Signed (подписан)", says.issued_at.for_people()),
    ]);
    output::text(format_args!("Genuine and valid now (подлинный, действует)\n{facts}"))?;
    output::line("Whether it was redeemed, suspended or voided since, only the issuer's service can tell.")
}

fn with_verdict(mut says: Value) -> Value {
    says["genuine"] = true.into();
    says
}

fn entry_bytes(text: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(text);
    if path.is_file() {
        return fs::read(path).map_err(Failure::at(path));
    }
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| {
        let pair =
            std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
        (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten()
    });
    let bytes = pairs.collect::<Option<Vec<u8>>>().filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| Failure::Usage("--entry: neither a file nor bytes in hexadecimal".into()))
}

fn check_receipt(
    receipt: &str,
    entry: &[u8],
    origin: &str,
    keyring: &Keyring,
    output: &Output,
) -> Result<(), Failure> {
    let wrong = |error: ProofError| {
        Refusal::field("receipt", "a receipt of this entry").with("reason", error.to_string())
    };
    let receipt: Receipt = receipt.parse().map_err(wrong)?;
    let Verified { index, checkpoint } = by_any_key(&receipt, entry, origin, keyring)?.map_err(wrong)?;
    let leaf = leaf::decode(entry).ok();
    let recorded_at = leaf.as_ref().map(|leaf| leaf.recorded_at);
    if output.json {
        let says = json!({
            "origin": checkpoint.origin, "index": index, "tree_size": checkpoint.size,
            "kind": leaf.as_ref().map(|leaf| leaf.kind), "recorded_at": recorded_at,
        });
        return output::json(&with_verdict(says));
    }
    let mut facts = Table::of_names([
        ("  Log", checkpoint.origin),
        ("  Leaf", format!("{index} of {}", checkpoint.size)),
    ]);
    if let Some(recorded_at) = recorded_at {
        facts.row(["  Recorded".to_owned(), recorded_at.for_people()]);
    }
    output::text(format_args!("The entry is in the log (запись в журнале)\n{facts}"))
}

/// The log may have been signed by any of its keys so far. One in strange hands proves nothing.
fn by_any_key(
    receipt: &Receipt,
    entry: &[u8],
    origin: &str,
    keyring: &Keyring,
) -> Result<Result<Verified, ProofError>, Refusal> {
    let mut verdict = Err(ProofError::NotSignedByKey);
    for key in keyring.records().into_iter().filter(|key| key.purpose == Purpose::Log) {
        let verifier = VerifierKey::new(origin, &key.public).map_err(|error| {
            Refusal::field("origin", "the name of a log").with("reason", error.to_string())
        })?;
        match receipt.verify(entry, &verifier) {
            Err(ProofError::NotSignedByKey) => {}
            Ok(_) if key.state == KeyState::Compromised => {
                let compromised = Refusal::new(Code::KeyCompromised).with("kid", key.kid.to_string());
                return Err(compromised.with("compromised_at", key.compromised_at));
            }
            other => verdict = other,
        }
    }
    Ok(verdict)
}
