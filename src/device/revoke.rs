//! Revoking a device: whatever it sends from now on waits for a person.

use super::store;
use crate::kernel::*;
use crate::ledger::facts;
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, SERVICE, Stop};
use serde::{Deserialize, Serialize};

/// Revokes a device.
pub struct RevokeDevice {
    pub device_id: DeviceId,
    /// Only among the devices of this university.
    pub university_no: Option<i64>,
    pub reason: Reason,
    pub actor: Actor,
}

/// A device that was revoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevokedDevice {
    pub device_id: DeviceId,
    pub revoked_at: Timestamp,
}

impl Command for RevokeDevice {
    type Reply = RevokedDevice;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<RevokedDevice>, Stop> {
        let device = store::find(batch.connection()?, self.device_id)?
            .filter(|device| self.university_no.is_none_or(|own| device.university_no == own))
            .ok_or_else(|| Refusal::not_found("device"))?;
        if let Some(revoked_at) = device.revoked_at {
            let refusal = Refusal::invalid_transition("revoke", "revoked", &[]);
            return Err(refusal.with("revoked_at", revoked_at).into());
        }
        let revoked_at = batch.now();
        let event = Event::new(Kind::DeviceRevoked, revoked_at, self.actor.token_no)
            .about("device", device.device_id.bytes())
            .about(facts::REASON, &facts::of_reason(self.reason.as_str()));
        Ok(Box::new(move |batch| {
            let entry = batch.record(SERVICE, &event)?;
            store::revoke(batch.connection()?, device.device_no, revoked_at, entry.log_index)?;
            Ok(Done::new(RevokedDevice { device_id: device.device_id, revoked_at }, entry))
        }))
    }
}
