//! A device's own half: it signs what it does.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};
use training_vouchers::credential::Signer;
use training_vouchers::device::item::{CONTEXT, Item};
use training_vouchers::device::model::DeviceKey;
use training_vouchers::kernel::{CourseRunId, DeviceId, RedemptionId, Timestamp};

pub struct Device {
    pub id: DeviceId,
    pub key: DeviceKey,
    signer: Signer,
    paired_at: Timestamp,
    sequence: i64,
    previous: Option<String>,
}

impl Device {
    pub fn new(id: DeviceId, secret: [u8; 32], paired_at: Timestamp) -> Self {
        let signer = Signer::from_secret(&secret);
        let key = DeviceKey::from_bytes(&signer.public_key()).unwrap();
        Self { id, key, signer, paired_at, sequence: 0, previous: None }
    }

    /// A scan, or without a credential the undoing of one.
    pub fn signs(
        &mut self,
        now: Timestamp,
        redemption_id: RedemptionId,
        scan: Option<(&str, CourseRunId)>,
    ) -> Item {
        self.sequence += 1;
        let text = json!({
            "device_id": self.id, "sequence": self.sequence, "previous": self.previous,
            "action": if scan.is_some() { "redeem" } else { "undo" }, "redemption_id": redemption_id,
            "course_run_id": scan.map(|(_, run)| run), "credential": scan.map(|(credential, _)| credential),
            "identity_checked": true, "scanned_at": now, "last_server_time": self.paired_at,
            "elapsed_ms": now.millis() - self.paired_at.millis(), "status_list_at": null, "reason": null,
        })
        .to_string();
        self.previous = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&text)));
        let signature = self.signer.sign(&[CONTEXT, text.as_bytes()].concat());
        Item::read(text, &URL_SAFE_NO_PAD.encode(signature), (self.id, &self.key), "item").unwrap()
    }
}
