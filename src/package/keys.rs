//! `keys.json`: the log's public keys over time as a JSON Web Key Set, and the same as the verifier keys of signed notes
//! (`vkeys`), one for each key and each name the log had. And what an auditor may bring instead.

use crate::credential::{KeyRecord, KeyState, Keyring, Purpose};
use crate::proof::VerifierKey;

/// The text of the file.
pub(super) fn text(issuer: &str, keys: &[KeyRecord], origins: &[String]) -> Option<String> {
    let keyring = Keyring::new(issuer, keys.to_vec(), Vec::new()).ok()?;
    let vkeys = origins.iter().flat_map(|origin| keys.iter().map(move |key| (origin, key)));
    let vkeys: Vec<String> = vkeys
        .filter_map(|(origin, key)| Some(VerifierKey::new(origin, &key.public).ok()?.to_string()))
        .collect();
    let mut set = keyring.jwks();
    set["vkeys"] = vkeys.into();
    Some(format!("{set:#}\n"))
}

/// The raw public keys that may sign checkpoints: of a key set those of purpose `log` that are not compromised, else of
/// the verifier keys in a text of one a line. None when it is neither.
pub(super) fn trusted(text: &str) -> Option<Vec<[u8; 32]>> {
    if text.trim_start().starts_with('{') {
        let keyring = Keyring::from_jwks(text).ok()?;
        let records = keyring.records().into_iter();
        let log = records.filter(|key| key.purpose == Purpose::Log && key.state != KeyState::Compromised);
        return Some(log.map(|key| key.public).collect());
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Option<Vec<_>> =
        lines.map(|line| Some(*line.parse::<VerifierKey>().ok()?.public_key())).collect();
    keys.filter(|keys| !keys.is_empty())
}
