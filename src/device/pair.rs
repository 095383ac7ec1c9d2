//! Pairing: a registrar makes a secret, a device shows it with its public key.

use super::model::{self, DeviceKey, DeviceName, PAIRING_SECONDS, PairingFacts};
use super::store::{self, DeviceRow, PairingRow};
use crate::kernel::*;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Entry, SERVICE, Stop};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Lets one device be paired. The secret is the caller's to make and to show; only its hash comes here.
pub struct OpenPairing {
    pub pairing_id: PairingId,
    pub secret_sha256: [u8; 32],
    pub university_no: i64,
    pub actor: Actor,
}

/// A pairing that waits for its device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenedPairing {
    pub pairing_id: PairingId,
    pub expires_at: Timestamp,
}

impl OpenPairing {
    /// A pairing and its secret, made of random bytes.
    pub fn new(pairing_id: PairingId, random: &[u8; 32], university_no: i64, actor: Actor) -> (Self, String) {
        let secret = URL_SAFE_NO_PAD.encode(random);
        let secret_sha256 = Sha256::digest(&secret).into();
        (Self { pairing_id, secret_sha256, university_no, actor }, secret)
    }
}

impl Command for OpenPairing {
    type Reply = OpenedPairing;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<OpenedPairing>, Stop> {
        let now = batch.now();
        let expires_at = now.plus_seconds(PAIRING_SECONDS);
        let event = Event::new(Kind::PairingOpened, now, self.actor.token_no)
            .about("pairing", self.pairing_id.bytes());
        let row = PairingRow {
            pairing_no: 0,
            pairing_id: self.pairing_id,
            secret_sha256: self.secret_sha256.to_vec(),
            token_no: self.actor.token_no,
            university_no: self.university_no,
            expires_at,
            device_no: None,
        };
        Ok(Box::new(move |batch| {
            let entry = batch.record(SERVICE, &event)?;
            let reply = OpenedPairing { pairing_id: row.pairing_id, expires_at };
            store::insert_pairing(batch.connection()?, &PairingRow { pairing_no: entry.log_index, ..row })?;
            Ok(Done::new(reply, entry))
        }))
    }
}

/// Pairs the device that shows the secret. The same device may show it again while the pairing lasts: its answer may have been lost.
pub struct PairDevice {
    pub secret_sha256: [u8; 32],
    pub device_id: DeviceId,
    pub name: DeviceName,
    pub key: DeviceKey,
}

/// A device that was paired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PairedDevice {
    pub device_id: DeviceId,
    pub name: String,
    pub university: DeviceUniversity,
    /// The login of the registrar who answers for it.
    pub registrar: String,
    /// For the device's clock.
    pub service_time: Timestamp,
}

/// The university that a device redeems for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeviceUniversity {
    pub university_id: UniversityId,
    /// The audience of its vouchers.
    pub code: String,
    pub name: String,
}

impl Command for PairDevice {
    type Reply = PairedDevice;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<PairedDevice>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let pairing = store::pairing(connection, &self.secret_sha256)?;
        let same_key = store::device_of_key(connection, self.key.bytes())?;
        let used = pairing.as_ref().filter(|pairing| now < pairing.expires_at).and_then(|one| one.device_no);
        if let Some(device) = same_key.as_ref().filter(|device| used == Some(device.device_no)) {
            let entry = Entry { programme_no: SERVICE, log_index: device.device_no };
            let reply = reply(device, store::university(connection, device.university_no)?, now);
            return Ok(Box::new(move |_| Ok(Done { reply, entry: Some(entry), replayed: true })));
        }
        let registrar = match &pairing {
            Some(pairing) => store::standing_registrar(connection, pairing.token_no, now)?,
            None => None,
        };
        let facts = pairing.as_ref().map(|pairing| PairingFacts {
            expires_at: pairing.expires_at,
            is_used: pairing.device_no.is_some(),
            registrar_stands: registrar.is_some(),
            is_key_taken: same_key.is_some(),
        });
        model::pair(facts.as_ref(), now)?;
        let (Some(pairing), Some(registrar)) = (pairing, registrar) else {
            return Err(Code::PairingInvalid.into());
        };
        let university = store::university(connection, pairing.university_no)?;
        let event = Event::new(Kind::DevicePaired, now, pairing.token_no)
            .about("device", self.device_id.bytes())
            .about("pairing", pairing.pairing_id.bytes())
            .about("public_key", self.key.bytes());
        let device = DeviceRow {
            device_no: 0,
            device_id: self.device_id,
            name: self.name.to_string(),
            public_key: self.key.bytes().to_vec(),
            token_no: pairing.token_no,
            registrar,
            university_no: pairing.university_no,
            paired_at: now,
            revoked_at: None,
            revoked_log_index: None,
            next_sequence: 1,
            newest_item_sha256: None,
        };
        Ok(Box::new(move |batch| {
            let entry = batch.record(SERVICE, &event)?;
            let device = DeviceRow { device_no: entry.log_index, ..device };
            let connection = batch.connection()?;
            store::insert_device(connection, &device)?;
            store::use_pairing(connection, pairing.pairing_no, device.device_no)?;
            Ok(Done::new(reply(&device, university, now), entry))
        }))
    }
}

fn reply(device: &DeviceRow, university: DeviceUniversity, now: Timestamp) -> PairedDevice {
    PairedDevice {
        device_id: device.device_id,
        name: device.name.clone(),
        university,
        registrar: device.registrar.clone(),
        service_time: now,
    }
}
