//! A phone at the enrolment table: what it does offline, it signs.

use crate::devices;
use crate::harness::Reply;
use crate::stage::{Stage, Voucher, done, text};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::cell::{Cell, RefCell};
use training_vouchers::credential::Signer;
use training_vouchers::kernel::Timestamp;

pub struct Phone<'s> {
    stage: &'s Stage,
    pub id: String,
    signer: Signer,
    next: Cell<i64>,
    previous: RefCell<Option<String>>,
    paired_at: Timestamp,
}

impl<'s> Phone<'s> {
    pub fn paired(stage: &'s Stage, seed: u8) -> Self {
        let signer = Signer::from_secret(&[seed; 32]);
        let paired = done(devices::pair(stage, &devices::pairing(stage)["secret"], &devices::key(&signer)));
        Self {
            stage,
            id: text(&paired["device_id"]),
            signer,
            next: Cell::new(1),
            previous: RefCell::new(None),
            paired_at: stage.server.now(),
        }
    }

    /// Signs the next item, done now by a clock that is right, as `change` would have it.
    pub fn item(&self, change: impl FnOnce(&mut Value)) -> Value {
        let now = self.stage.server.now();
        let mut item = json!({
            "device_id": self.id, "sequence": self.next.get(), "previous": *self.previous.borrow(),
            "action": "redeem", "redemption_id": self.stage.server.app.new_id(),
            "course_run_id": self.stage.course_run_id, "credential": null, "identity_checked": true,
            "scanned_at": now, "last_server_time": self.paired_at,
            "elapsed_ms": now.millis() - self.paired_at.millis(), "status_list_at": null, "reason": null,
        });
        change(&mut item);
        let item = item.to_string();
        self.next.set(self.next.get() + 1);
        *self.previous.borrow_mut() = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&item)));
        self.signed(&item)
    }

    pub fn signed(&self, item: &str) -> Value {
        let message = format!("training-vouchers/offline-item/v1\n{item}");
        json!({ "item": item, "signature": URL_SAFE_NO_PAD.encode(self.signer.sign(message.as_bytes())) })
    }

    pub fn scan(&self, credential: &str) -> Value {
        self.item(|item| item["credential"] = json!(credential))
    }

    pub fn redeem(&self, voucher: &Voucher) -> Value {
        self.scan(&voucher.credential)
    }

    /// Undoes what `item` did.
    pub fn undo(&self, item: &Value) -> Value {
        let redemption_id = said(item)["redemption_id"].clone();
        self.item(|undo| {
            undo["action"] = json!("undo");
            undo["redemption_id"] = redemption_id;
            undo["course_run_id"] = Value::Null;
        })
    }

    pub fn send(&self, items: &[Value]) -> Reply {
        let path = format!("/v1/devices/{}/items", self.id);
        self.stage.server.request("POST", &path).json(&json!({ "items": items })).send().unwrap().into()
    }

    /// The one result of one item.
    #[track_caller]
    pub fn sync(&self, item: &Value) -> Value {
        let answer = done(self.send(std::slice::from_ref(item)));
        let result = answer["results"][0].clone();
        assert_eq!(result["sequence"], said(item)["sequence"]);
        assert!(text(&result["receipt"]).starts_with("c2sp.org/tlog-proof@v1"), "{result}");
        result
    }
}

/// What an item says.
pub fn said(item: &Value) -> Value {
    serde_json::from_str(item["item"].as_str().unwrap()).unwrap()
}

/// Outcome and code of a result.
pub fn outcome(result: &Value) -> (&str, &str) {
    (result["outcome"].as_str().unwrap(), result["code"].as_str().unwrap_or(""))
}
