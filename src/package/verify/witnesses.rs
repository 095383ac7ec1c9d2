//! What witnesses vouch for: the newest checkpoint that each has cosigned, among those in the package.

use super::super::manifest::hex;
use super::{Checked, Stop, Words, say};
use crate::kernel::Timestamp;
use crate::proof::{Cosignature, ProofError, WitnessKey};
use sha2::{Digest, Sha256};

/// Witnesses whose cosignature is demanded, and how far each has got.
pub(super) struct Witnesses<'k>(Vec<(&'k WitnessKey, Option<(u64, Cosignature)>)>);

impl<'k> Witnesses<'k> {
    pub(super) fn new(keys: &'k [WitnessKey]) -> Self {
        Self(keys.iter().map(|key| (key, None)).collect())
    }

    /// Looks for their cosignatures below the note of a checkpoint of this size: one from the package, or one that the
    /// auditor kept. One that is there must be good.
    pub(super) fn look(&mut self, note: &str, size: u64) -> Checked<()> {
        for (key, found) in &mut self.0 {
            match key.open(note) {
                Ok(cosignature) if found.as_ref().is_none_or(|(known, _)| *known <= size) => {
                    *found = Some((size, cosignature));
                }
                Ok(_) => {}
                Err(ProofError::NotSignedByKey) => {}
                Err(error) => {
                    let name = key.name();
                    return Err(Stop::Wrong(say!(
                        "свидетель {name}: подпись под контрольной точкой на {size} записях не его: {error}",
                        "witness {name}: the cosignature of the checkpoint of {size} entries is not good: {error}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// After all checkpoints were found to be of the package's tree, which has `entries`: what each witness vouches for.
    pub(super) fn vouch(self, entries: u64) -> Checked<Vec<Words>> {
        self.0.into_iter().map(|(key, found)| words(key, found, entries)).collect()
    }
}

fn words(key: &WitnessKey, found: Option<(u64, Cosignature)>, entries: u64) -> Checked<Words> {
    let name = key.name();
    let Some((size, cosignature)) = found else {
        let fingerprint = hex(&Sha256::digest(key.public_key()));
        return Err(Stop::Wrong(say!(
            "свидетель {name} (SHA-256 ключа {fingerprint}) не удостоверил ни одной контрольной точки пакета",
            "witness {name} (SHA-256 of the key {fingerprint}) has cosigned no checkpoint of the package"
        )));
    };
    let millis = i64::try_from(cosignature.time).unwrap_or(i64::MAX).saturating_mul(1_000);
    let when = Timestamp::from_millis(millis).for_people();
    Ok(match entries - size {
        0 => say!(
            "свидетель {name} удостоверил все {size} записей, {when}",
            "witness {name} vouches for all {size} entries, {when}"
        ),
        beyond => say!(
            "свидетель {name} удостоверил первые {size} записей, {when}; последние {beyond} он не видел: за них ручается \
             только ключ журнала",
            "witness {name} vouches for the first {size} entries, {when}; the last {beyond} it has not seen: for these \
             only the log's key stands"
        ),
    })
}
