//! The doors of keys: the public key set, verification by anyone, key states, compromise.

use super::compromise::Compromise;
use super::store;
use crate::app::App;
use crate::credential::{self, KeyRecord, Kid};
use crate::http::problem::Refusals;
use crate::http::{Body, Caller, IdempotencyKey, Problem, Receipted, Write, accepted};
use crate::kernel::*;
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::writer::{Once, SERVICE};
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(jwks).service(verify).service(list).service(compromise);
}

/// The public keys, as a JWK Set (RFC 7517, RFC 8037), with their states and validity.
#[utoipa::path(tag = "Keys and verification", security(()),
    responses((status = 200, description = "The key set", body = Object, content_type = "application/jwk-set+json")))]
#[get("/.well-known/jwks.json")]
async fn jwks(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/jwk-set+json").json(app.keyring().jwks())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewVerification {
    /// The text of the QR code, `TV1:…`.
    credential: String,
}

/// What a genuine credential says. Whether its voucher was redeemed or voided is not told here: that
/// is the university's to ask (`POST /v1/redemptions/preview`).
#[derive(Serialize, ToSchema)]
pub(crate) struct Verification {
    pub(crate) voucher_id: VoucherId,
    pub(crate) programme_id: ProgrammeId,
    pub(crate) issuer: String,
    /// Code of the university that may redeem it.
    pub(crate) audience: String,
    pub(crate) agency: String,
    pub(crate) course_hours: u16,
    pub(crate) face_value: Kopecks,
    /// Surname and initials, as on the certificate.
    pub(crate) holder: String,
    pub(crate) not_before: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) issued_at: Timestamp,
    pub(crate) credential_version: u32,
    #[schema(value_type = String)]
    pub(crate) kid: Kid,
    /// SHA-256 of the signed bytes, in hexadecimal: what the log carries of it.
    pub(crate) sha256: String,
}

impl From<&credential::Verified> for Verification {
    fn from(verified: &credential::Verified) -> Self {
        let claims = verified.claims();
        Self {
            voucher_id: claims.voucher_id,
            programme_id: claims.programme_id,
            issuer: claims.issuer.clone(),
            audience: claims.audience.clone(),
            agency: claims.agency_code.clone(),
            course_hours: claims.course_hours,
            face_value: claims.face_value,
            holder: claims.holder.clone(),
            not_before: claims.not_before,
            expires_at: claims.expires_at,
            issued_at: claims.issued_at,
            credential_version: claims.credential_version,
            kid: verified.kid(),
            sha256: verified.sha256().iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// Checks that a credential is genuine and within its signed dates.
#[utoipa::path(tag = "Keys and verification", security(()), request_body = NewVerification,
    responses((status = 200, description = "It is genuine and valid now", body = Verification), Refusals))]
#[post("/v1/verify")]
async fn verify(
    app: web::Data<App>,
    body: Body<NewVerification>,
) -> Result<web::Json<Verification>, Problem> {
    let verified = credential::verify(body.value.credential.trim(), &app.keyring())?;
    verified.check_time(app.clock.now())?;
    Ok(web::Json(Verification::from(&verified)))
}

/// A signing key and its life.
#[derive(Serialize, ToSchema)]
struct KeyView {
    #[schema(value_type = String)]
    kid: Kid,
    /// `credential` or `log`.
    purpose: String,
    /// `active`, `retired` or `compromised`.
    state: String,
    valid_from: Timestamp,
    valid_until: Option<Timestamp>,
    compromised_at: Option<Timestamp>,
}

impl From<KeyRecord> for KeyView {
    fn from(key: KeyRecord) -> Self {
        Self {
            kid: key.kid,
            purpose: key.purpose.as_str().into(),
            state: store::state_name(key.state).into(),
            valid_from: key.valid_from,
            valid_until: key.valid_until,
            compromised_at: key.compromised_at,
        }
    }
}

/// The signing keys and their states.
#[utoipa::path(tag = "Keys and verification",
    responses((status = 200, description = "Oldest first", body = Vec<KeyView>), Refusals))]
#[get("/v1/keys")]
async fn list(app: web::Data<App>, _caller: Caller) -> Result<web::Json<Vec<KeyView>>, Problem> {
    let keys = app.read(|connection| Ok(store::all(connection)?)).await?;
    Ok(web::Json(keys.into_iter().map(KeyView::from).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCompromise {
    reason: Reason,
}

/// Proposes to declare a key compromised; another administrator confirms. From then on nothing it
/// signed is believed, and `GET /v1/vouchers?kid=…` lists what to sign again.
#[utoipa::path(tag = "Keys and verification", request_body = NewCompromise,
    params(("kid" = String, Path), IdempotencyKey),
    responses((status = 202, description = "Waits for a second person", body = Receipted<Proposal>), Refusals))]
#[post("/v1/keys/{kid}/compromise")]
async fn compromise(
    app: web::Data<App>,
    caller: Caller,
    kid: web::Path<String>,
    body: Write<NewCompromise>,
) -> Result<HttpResponse, Problem> {
    let kid = kid.parse::<Kid>().map_err(|_| Refusal::not_found("signing key"))?;
    let act = Act::KeyCompromise(Compromise { kid, reason: body.value.reason.to_string() });
    let command =
        Propose { proposal_id: ProposalId(app.new_id()), programme_no: SERVICE, actor: caller.actor(), act };
    Ok(accepted(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}
