//! The doors of devices: pair, list, revoke, take over what they did offline.

use super::item::{self, Deed, Item};
use super::model::{DeviceKey, DeviceName};
use super::pair::{OpenPairing, OpenedPairing, PairDevice, PairedDevice};
use super::revoke::{RevokeDevice, RevokedDevice};
use super::store::{self, DeviceRow};
use super::sync::{FollowItem, Followed, ItemOutcome};
use crate::app::App;
use crate::credential;
use crate::http::page::PageParameters;
use crate::http::permissions::Route;
use crate::http::problem::Refusals;
use crate::http::{
    Body, Caller, IdempotencyKey, Language, Page, Paged, Problem, Receipted, Write, created, ok, words,
};
use crate::kernel::*;
use crate::redemption::model::Presented;
use crate::redemption::redeem::Redeemed;
use crate::writer::{self, Once};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, get, post, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Bytes of what a device says of itself at most: anybody may send it.
const PAIRING_LIMIT: usize = 1 << 10;

/// Items of one request at most, and bytes of all of them.
const MAX_ITEMS: usize = 100;
const ITEMS_LIMIT: usize = MAX_ITEMS * (item::MAX_TEXT + 256);

pub fn routes(config: &mut ServiceConfig) {
    config.service(open_pairing).service(pair).service(list).service(revoke).service(sync);
}

/// Keeps a record of a call that was turned away behind a public door.
pub(super) fn denied(app: &App, request: &HttpRequest, refusal: Refusal) -> Problem {
    if let Some(route) = request.extensions().get::<&'static Route>() {
        app.denials.note(app.clock.now(), None, route, refusal.code);
    }
    Problem(refusal)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPairing {}

/// A pairing, with its secret the first time.
#[derive(Serialize, ToSchema)]
struct IssuedPairing {
    #[serde(flatten)]
    pairing: OpenedPairing,
    /// Shown once and never stored: a repeat of the request answers without it.
    secret: Option<String>,
}

/// Makes a secret that pairs one device, once, within ten minutes.
#[utoipa::path(tag = "Devices", request_body = NewPairing, params(IdempotencyKey), responses(
    (status = 201, description = "It waits for its device", body = Receipted<IssuedPairing>),
    (status = 200, description = "Made before by the same request; the secret is not shown again",
        body = Receipted<IssuedPairing>),
    Refusals))]
#[post("/v1/device-pairings")]
async fn open_pairing(
    app: web::Data<App>,
    caller: Caller,
    body: Write<NewPairing>,
) -> Result<HttpResponse, Problem> {
    let NewPairing {} = body.value;
    let (pairing_id, university_no) = (PairingId(app.new_id()), caller.own_university()?.0);
    let (command, secret) = OpenPairing::new(pairing_id, &app.random(), university_no, caller.actor());
    let answer = app.writer.execute(Once { key: body.key(&caller), command }).await?;
    let secret = (!answer.replayed).then_some(secret);
    Ok(created(answer.map(|pairing| IssuedPairing { pairing, secret })))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewDevice {
    /// As the registrar's screen showed it.
    secret: String,
    /// What staff call the device; not a person's name.
    name: DeviceName,
    public_key: DeviceKey,
}

/// Pairs a device: the secret is the proof. The same device may repeat it while the pairing lasts.
#[utoipa::path(tag = "Devices", security(()), request_body = NewDevice, responses(
    (status = 201, description = "Paired", body = Receipted<PairedDevice>),
    (status = 200, description = "Paired before by this same device", body = Receipted<PairedDevice>),
    Refusals))]
#[post("/v1/devices")]
async fn pair(
    app: web::Data<App>,
    request: HttpRequest,
    body: Body<NewDevice, PAIRING_LIMIT>,
) -> Result<HttpResponse, Problem> {
    let NewDevice { secret, name, public_key } = body.value;
    let invalid = |refusal| denied(&app, &request, refusal);
    let secret_sha256: [u8; 32] = Sha256::digest(&secret).into();
    // A guess costs a look, not a place in the writer's queue.
    let is_known =
        app.read(move |connection| Ok(store::pairing(connection, &secret_sha256)?.is_some())).await?;
    if !is_known {
        return Err(invalid(Code::PairingInvalid.into()));
    }
    let command = PairDevice { secret_sha256, device_id: DeviceId(app.new_id()), name, key: public_key };
    match app.writer.execute(command).await {
        Ok(answer) => Ok(created(answer)),
        Err(refusal) if refusal.code == Code::PairingInvalid => Err(invalid(refusal)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// A device of the enrolment table.
#[derive(Serialize, ToSchema)]
struct Device {
    device_id: DeviceId,
    name: String,
    /// Code of the university that it redeems for.
    university: String,
    /// The login of the registrar who paired it and answers for it.
    registrar: String,
    public_key: String,
    paired_at: Timestamp,
    revoked_at: Option<Timestamp>,
    /// Its items before this one were received.
    next_sequence: i64,
}

impl From<(DeviceRow, String)> for Device {
    fn from((row, university): (DeviceRow, String)) -> Self {
        Self {
            device_id: row.device_id,
            name: row.name,
            university,
            registrar: row.registrar,
            public_key: URL_SAFE_NO_PAD.encode(row.public_key),
            paired_at: row.paired_at,
            revoked_at: row.revoked_at,
            next_sequence: row.next_sequence,
        }
    }
}

/// The devices.
#[utoipa::path(tag = "Devices", params(PageParameters),
    responses((status = 200, description = "In the order they were paired", body = Paged<Device>), Refusals))]
#[get("/v1/devices")]
async fn list(app: web::Data<App>, caller: Caller, page: Page) -> Result<web::Json<Paged<Device>>, Problem> {
    let university_no = caller.university_no();
    let rows = app
        .read(move |connection| Ok(store::list(connection, university_no, page.after(), page.fetch())?))
        .await?;
    Ok(web::Json(page.cut(rows.into_iter().map(|row| (row.0.device_no, row.into())).collect())))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceRevocation {
    reason: Reason,
}

/// Revokes a device: whatever it sends from now on waits for a person's decision.
#[utoipa::path(tag = "Devices", request_body = DeviceRevocation,
    params(("device_id" = DeviceId, Path), IdempotencyKey),
    responses((status = 200, description = "Revoked", body = Receipted<RevokedDevice>), Refusals))]
#[post("/v1/devices/{device_id}/revoke")]
async fn revoke(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<DeviceId>,
    body: Write<DeviceRevocation>,
) -> Result<HttpResponse, Problem> {
    let (key, university_no) = (body.key(&caller), caller.university_no());
    let command =
        RevokeDevice { device_id: *id, university_no, reason: body.value.reason, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfflineItems {
    /// 1 to 100, in the order of their sequence.
    #[serde(deserialize_with = "object::list")]
    items: Vec<OfflineItem>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfflineItem {
    /// The text as the device signed it: see the page of formats.
    item: String,
    /// Ed25519, base64url.
    signature: String,
}

/// What became of the items of a request, each with its receipt.
#[derive(Serialize, ToSchema)]
struct Synced {
    /// For the device's clock.
    service_time: Timestamp,
    /// The sequence of the next item.
    next_sequence: i64,
    results: Vec<ItemResult>,
}

#[derive(Serialize, ToSchema)]
struct ItemResult {
    sequence: i64,
    redemption_id: RedemptionId,
    /// `final`, `conflict` (a person decides), `rejected`; or `replayed`: it was received before.
    outcome: String,
    /// Of an item that was received before.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_outcome: Option<ItemOutcome>,
    /// Why it was not followed.
    code: Option<String>,
    detail: Option<String>,
    redemption: Option<Redeemed>,
    conflict_id: Option<ConflictId>,
    receipt: Option<String>,
}

impl ItemResult {
    fn of(
        (sequence, redemption_id): (i64, RedemptionId),
        followed: writer::Answer<Followed>,
        language: Language,
    ) -> Result<Self, Refusal> {
        let receipt = followed.receipt().map(|receipt| receipt.to_string());
        let Followed { answer, was_received } = followed.reply;
        let refusal = answer.refusal().map_err(|failure| writer::told(&failure))?;
        Ok(Self {
            sequence,
            redemption_id,
            outcome: if was_received { "replayed" } else { answer.outcome.as_str() }.into(),
            first_outcome: was_received.then_some(answer.outcome),
            code: refusal.as_ref().map(|refusal| refusal.code.as_str().into()),
            detail: refusal.as_ref().map(|refusal| words::of(refusal, language).detail),
            redemption: answer.redemption,
            conflict_id: answer.conflict_id,
            receipt,
        })
    }
}

/// Takes over what a device did offline. Every item is signed by the device's key, follows the one before it, and ends in exactly one
/// leaf: redeemed or undone, kept for a person to decide, or rejected. The same items again get the same answers.
#[utoipa::path(tag = "Devices", security(()), request_body = OfflineItems,
    params(("device_id" = DeviceId, Path)),
    responses((status = 200, description = "What became of each", body = Synced), Refusals))]
#[post("/v1/devices/{device_id}/items")]
async fn sync(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<DeviceId>,
    body: Body<OfflineItems, ITEMS_LIMIT>,
) -> Result<HttpResponse, Problem> {
    app.writer.check_room()?;
    let OfflineItems { items } = body.value;
    if !(1..=MAX_ITEMS).contains(&items.len()) {
        return Err(Refusal::field("items", format!("1 to {MAX_ITEMS}")).into());
    }
    let device_id = *id;
    let device = app.read(move |connection| Ok(store::find(connection, device_id)?)).await?;
    let device = device.ok_or_else(|| denied(&app, &request, Refusal::not_found("device")))?;
    let key = device.public_key.as_slice().try_into().ok().and_then(DeviceKey::from_bytes);
    let key = key.ok_or_else(|| Refusal::new(Code::Internal))?;
    let mut read = Vec::with_capacity(items.len());
    for (number, OfflineItem { item, signature }) in items.into_iter().enumerate() {
        let item = Item::read(item, &signature, (device_id, &key), &format!("items[{number}]"));
        read.push(item.map_err(|refusal| match refusal.code {
            Code::BadItemSignature => denied(&app, &request, refusal),
            _ => Problem(refusal),
        })?);
    }
    item::chained(&read, device.next_sequence)?;
    let keyring = app.keyring();
    let language = Language::of(request.headers());
    let (mut results, mut next_sequence) = (Vec::with_capacity(read.len()), device.next_sequence);
    // One after the other: each answer is a commit, and what follows a failure is out of sequence.
    for item in read {
        let about = (item.sequence, item.redemption_id);
        let presented = match &item.deed {
            Deed::Redeem { credential, .. } => {
                Some(credential::authenticate(credential.trim(), &keyring).map(Presented::from))
            }
            Deed::Undo { .. } => None,
        };
        let conflict_id = ConflictId(app.new_id());
        let command = FollowItem { device_no: device.device_no, item, presented, conflict_id };
        results.push(ItemResult::of(about, app.writer.execute(command).await?, language)?);
        next_sequence = next_sequence.max(about.0 + 1);
    }
    Ok(HttpResponse::Ok().json(Synced { service_time: app.clock.now(), next_sequence, results }))
}
