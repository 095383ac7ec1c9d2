//! A device that was offline, in the world of the package.

use crate::device::Device;
use crate::world::{World, actor, log_index};
use training_vouchers::access::{CreateToken, Holder};
use training_vouchers::conflict::decide::DecideConflict;
use training_vouchers::conflict::model::Decision;
use training_vouchers::credential::authenticate;
use training_vouchers::device::item::{Deed, Item};
use training_vouchers::device::pair::{OpenPairing, PairDevice};
use training_vouchers::device::sync::{Answer, FollowItem, ItemOutcome};
use training_vouchers::kernel::*;
use training_vouchers::redemption::model::Presented;

fn registrar(world: &World) -> Actor {
    let command = CreateToken {
        actor: actor("admin"),
        token_id: TokenId(world.app.new_id()),
        token_hash: [7; 32],
        subject: "registrar".parse().unwrap(),
        scope: Scope::Registrar,
        holder: Holder::University(world.university_id),
        expires_at: world.app.clock.now().plus_seconds(3 * 365 * 86_400),
    };
    Actor { token_no: log_index(&world.run(command).unwrap()), ..actor("registrar") }
}

/// The device with its number.
fn paired(world: &World) -> (Device, i64) {
    let (secret_sha256, university_no) = ([6; 32], world.university_no);
    let pairing_id = PairingId(world.app.new_id());
    world.run(OpenPairing { pairing_id, secret_sha256, university_no, actor: registrar(world) }).unwrap();
    let device = Device::new(DeviceId(world.app.new_id()), [5; 32], world.app.clock.now());
    let name = text::Text::parse("Планшет").unwrap();
    let pair = PairDevice { secret_sha256, device_id: device.id, name, key: device.key.clone() };
    let number = log_index(&world.run(pair).unwrap());
    (device, number)
}

pub fn follow(world: &World, device_no: i64, item: Item) -> Answer {
    let keyring = world.app.keyring();
    let presented = match &item.deed {
        Deed::Redeem { credential, .. } => Some(authenticate(credential, &keyring).map(Presented::from)),
        Deed::Undo { .. } => None,
    };
    let conflict_id = ConflictId(world.app.new_id());
    world.run(FollowItem { device_no, item, presented, conflict_id }).unwrap().reply.answer
}

/// Every fate of an item. The last one is signed now, to be followed when its voucher's reserve has been released.
pub fn live(world: &World, vouchers: [VoucherId; 4]) -> (i64, Item) {
    let run = world.course_run("desk", 9);
    let (mut device, number) = paired(world);
    let [good, slip, voided, late] = vouchers.map(|voucher_id| world.credential(voucher_id));
    let (new_id, now) = (|| RedemptionId(world.app.new_id()), world.app.clock.now());
    let outcome = |item| follow(world, number, item).outcome;
    assert_eq!(outcome(device.signs(now, new_id(), Some((&good, run)))), ItemOutcome::Final);
    let scan = device.signs(now, new_id(), Some((&slip, run)));
    let undo = device.signs(now, scan.redemption_id, None);
    assert_eq!([scan, undo].map(outcome), [ItemOutcome::Final; 2]);
    let nothing = device.signs(now, new_id(), Some(("https://example.org/", run)));
    assert_eq!(outcome(nothing), ItemOutcome::Rejected);
    for decision in [Decision::Dismiss, Decision::Enrol] {
        let answer = follow(world, number, device.signs(now, new_id(), Some((&voided, run))));
        let conflict_id = answer.conflict_id.expect("a case");
        let reason = text::Text::parse("по объяснению").unwrap();
        world.run(DecideConflict { conflict_id, decision, reason, actor: actor("office") }).unwrap();
    }
    (number, device.signs(now, new_id(), Some((&late, run))))
}
