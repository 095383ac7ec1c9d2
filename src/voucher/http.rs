//! The doors of vouchers: issue, list, one, history, QR, and every move.

use super::change::{Move, MoveVoucher, Moved};
use super::expire::{ReleaseExpired, Released};
use super::extend::ExtendVoucher;
use super::issue::{Issued, programme_of, read_order};
use super::model::Status;
use super::prepare::{SigningDesk, draft_of};
use super::query::{self, Filter, HistoryEntry, VoucherView};
use super::replace::{ReplaceVoucher, Replaced};
use super::store;
use crate::app::App;
use crate::credential::{Kid, encode, qr};
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::*;
use crate::programme::ProgrammeFacts;
use crate::programme::form::within_years;
use crate::programme::http::Empty;
use crate::writer::Once;
use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(issue)
        .service(list)
        .service(one)
        .service(history)
        .service(qr_svg)
        .service(qr_png)
        .service(suspend)
        .service(resume)
        .service(void)
        .service(replace)
        .service(extend)
        .service(release_expired);
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Why; kept in the voucher's history.
    reason: text::Reason,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Extension {
    /// The new last day, inclusive (Moscow).
    valid_until: NaiveDate,
    reason: text::Reason,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct VoucherFilter {
    programme_id: Option<ProgrammeId>,
    /// `issued`, `suspended`, `redeemed`, `completed`, `voided`, `expired` or `replaced`.
    status: Option<String>,
    /// Whose current credential this key signed.
    kid: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// A voucher with its credential, for those who may hand it to the holder.
#[derive(Serialize, ToSchema)]
struct VoucherDetail {
    #[serde(flatten)]
    voucher: VoucherView,
    /// The text of the QR code. Personal data: it names the holder. Absent for scopes that do not hand
    /// vouchers out.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl App {
    pub(crate) fn signing_desk(&self) -> SigningDesk {
        SigningDesk { keyring: self.keyring(), secret: self.holder_secret.clone(), now: self.clock.now() }
    }
}

/// Issues the vouchers of an approved request: signs them, reserves their money, records each.
#[utoipa::path(tag = "Vouchers", request_body = Empty, params(("request_id" = RequestId, Path), IdempotencyKey),
    responses((status = 201, description = "Issued", body = Receipted<Issued>), Refusals))]
#[post("/v1/requests/{request_id}/issue")]
async fn issue(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<RequestId>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    Ok(created(issue_request(&app, &caller, id.into_inner(), body.key(&caller)).await?))
}

/// Issues the vouchers of an approved request, for the doors and the pages.
///
/// # Errors
/// The command's refusals.
pub(crate) async fn issue_request(
    app: &web::Data<App>,
    caller: &Caller,
    request_id: RequestId,
    key: crate::writer::Key,
) -> Result<crate::writer::Answer<Issued>, Refusal> {
    let first = issue_once(app, caller, request_id, key.clone()).await;
    let Err(refusal) = &first else { return first };
    // Lapsed vouchers may still hold the money that is missing.
    if refusal.code == Code::BudgetExceeded && release_lapsed(app, caller, request_id).await? > 0 {
        return issue_once(app, caller, request_id, key).await;
    }
    first
}

async fn issue_once(
    app: &web::Data<App>,
    caller: &Caller,
    request_id: RequestId,
    key: crate::writer::Key,
) -> Result<crate::writer::Answer<Issued>, Refusal> {
    let ids = app.clone();
    let order = app.read(move |connection| read_order(connection, request_id, || ids.new_id())).await?;
    let signed = app.signing_desk().prepare(&app.writer, &order.programme, order.drafts()).await?;
    let command = order.signed(request_id, caller.actor(), signed);
    app.writer.execute(Once { key, command }).await
}

async fn release_lapsed(app: &App, caller: &Caller, request_id: RequestId) -> Result<u64, Refusal> {
    let programme_id = app.read(move |connection| programme_of(connection, request_id)).await?;
    release_all(app, programme_id, caller.actor()).await
}

/// Releases every lapsed voucher of a programme, part by part.
pub(crate) async fn release_all(app: &App, programme_id: ProgrammeId, actor: Actor) -> Result<u64, Refusal> {
    let mut released = 0;
    loop {
        let command = ReleaseExpired { programme_id, actor: actor.clone() };
        let part = app.writer.execute(command).await?.reply;
        released += part.vouchers;
        if !part.more {
            return Ok(released);
        }
    }
}

/// Releases the reserves of lapsed vouchers, after the programme's grace for offline scans.
#[utoipa::path(tag = "Vouchers", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), IdempotencyKey),
    responses((status = 200, description = "Released", body = Released), Refusals))]
#[post("/v1/programmes/{programme_id}/release-expired")]
async fn release_expired(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<ProgrammeId>,
    _body: Write<Empty>,
) -> Result<web::Json<Released>, Problem> {
    // Releasing is idempotent by itself: a voucher expires once.
    let vouchers = release_all(&app, id.into_inner(), caller.actor()).await?;
    Ok(web::Json(Released { vouchers, more: false }))
}

/// Lists vouchers; an agency sees its own.
#[utoipa::path(tag = "Vouchers", params(VoucherFilter, crate::http::page::PageParameters),
    responses((status = 200, description = "In the order of their numbers", body = Paged<VoucherView>), Refusals))]
#[get("/v1/vouchers")]
async fn list(
    app: web::Data<App>,
    caller: Caller,
    filter: web::Query<VoucherFilter>,
    page: Page,
) -> Result<web::Json<Paged<VoucherView>>, Problem> {
    let status = filter.status.as_deref().map(|text| {
        Status::parse(text).ok_or_else(|| Refusal::field("status", "the status of a voucher, such as issued"))
    });
    let kid = filter.kid.as_deref().map(|text| {
        text.parse::<Kid>().map_err(|_| Refusal::field("kid", "the name of a key, as in jwks.json"))
    });
    let wanted = Filter {
        lapsing: false,
        programme_id: filter.programme_id,
        agency_no: caller.agency_no(),
        status: status.transpose()?,
        kid: kid.transpose()?.map(|kid| kid.bytes().to_vec()),
        after: page.after(),
        limit: page.fetch(),
    };
    let now = app.clock.now();
    let rows = app.read(move |connection| Ok(query::list(connection, &wanted, now)?)).await?;
    Ok(web::Json(page.cut(rows)))
}

/// One voucher.
#[utoipa::path(tag = "Vouchers", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "The voucher", body = VoucherDetail), Refusals))]
#[get("/v1/vouchers/{voucher_id}")]
async fn one(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
) -> Result<web::Json<VoucherDetail>, Problem> {
    let (id, agency_no, now) = (id.into_inner(), caller.agency_no(), app.clock.now());
    let hands_out = matches!(caller.scope, Scope::Agency | Scope::Programme);
    let detail = app
        .read(move |connection| {
            let (voucher, row) = query::one(connection, id, agency_no, now)?;
            let credential = if hands_out { Some(store::credential(connection, &row)?) } else { None };
            Ok(VoucherDetail { voucher, credential: credential.map(|bytes| encode(&bytes)) })
        })
        .await?;
    Ok(web::Json(detail))
}

/// Everything that happened to a voucher or was tried, refused attempts too.
#[utoipa::path(tag = "Vouchers", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "Oldest first", body = Vec<HistoryEntry>), Refusals))]
#[get("/v1/vouchers/{voucher_id}/history")]
async fn history(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
) -> Result<web::Json<Vec<HistoryEntry>>, Problem> {
    let (id, agency_no) = (id.into_inner(), caller.agency_no());
    let entries = app
        .read(move |connection| {
            let voucher = store::find(connection, id, agency_no)?;
            Ok(query::history(connection, &voucher)?)
        })
        .await?;
    Ok(web::Json(entries))
}

/// The text of a voucher's QR code.
async fn credential_text(app: &App, caller: &Caller, id: VoucherId) -> Result<String, Refusal> {
    let agency_no = caller.agency_no();
    app.read(move |connection| {
        let voucher = store::find(connection, id, agency_no)?;
        Ok(encode(&store::credential(connection, &voucher)?))
    })
    .await
}

/// The voucher's QR code as SVG.
#[utoipa::path(tag = "Vouchers", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml"), Refusals))]
#[get("/v1/vouchers/{voucher_id}/qr.svg")]
async fn qr_svg(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
) -> Result<HttpResponse, Problem> {
    let text = credential_text(&app, &caller, id.into_inner()).await?;
    let picture = draw(move || qr::svg(&text)).await?;
    Ok(HttpResponse::Ok().content_type("image/svg+xml").body(picture))
}

/// The voucher's QR code as PNG, eight pixels a module.
#[utoipa::path(tag = "Vouchers", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"), Refusals))]
#[get("/v1/vouchers/{voucher_id}/qr.png")]
async fn qr_png(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
) -> Result<HttpResponse, Problem> {
    let text = credential_text(&app, &caller, id.into_inner()).await?;
    let picture = draw(move || qr::png(&text, 8)).await?;
    Ok(HttpResponse::Ok().content_type("image/png").body(picture))
}

/// Drawing takes milliseconds: off the server's own threads.
async fn draw<T: Send + 'static>(
    picture: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    web::block(picture).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
}

async fn make_move(
    app: &App,
    caller: &Caller,
    voucher_id: VoucherId,
    to: Move,
    body: Write<Reason>,
) -> Result<HttpResponse, Problem> {
    let command = MoveVoucher {
        voucher_id,
        agency_no: caller.agency_no(),
        to,
        reason: body.value.reason.to_string(),
        actor: caller.actor(),
    };
    Ok(ok(app.writer.execute(Once { key: body.key(caller), command }).await?))
}

/// Suspends a voucher: it cannot be redeemed until it is resumed; its reserve stays.
#[utoipa::path(tag = "Vouchers", request_body = Reason, params(("voucher_id" = VoucherId, Path), IdempotencyKey),
    responses((status = 200, description = "Suspended", body = Receipted<Moved>), Refusals))]
#[post("/v1/vouchers/{voucher_id}/suspend")]
async fn suspend(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<Reason>,
) -> Result<HttpResponse, Problem> {
    make_move(&app, &caller, id.into_inner(), Move::Suspend, body).await
}

/// Resumes a suspended voucher.
#[utoipa::path(tag = "Vouchers", request_body = Reason, params(("voucher_id" = VoucherId, Path), IdempotencyKey),
    responses((status = 200, description = "Issued again", body = Receipted<Moved>), Refusals))]
#[post("/v1/vouchers/{voucher_id}/resume")]
async fn resume(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<Reason>,
) -> Result<HttpResponse, Problem> {
    make_move(&app, &caller, id.into_inner(), Move::Resume, body).await
}

/// Voids a voucher: it ends, its reserve and its seat are released.
#[utoipa::path(tag = "Vouchers", request_body = Reason, params(("voucher_id" = VoucherId, Path), IdempotencyKey),
    responses((status = 200, description = "Voided", body = Receipted<Moved>), Refusals))]
#[post("/v1/vouchers/{voucher_id}/void")]
async fn void(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<Reason>,
) -> Result<HttpResponse, Problem> {
    make_move(&app, &caller, id.into_inner(), Move::Void, body).await
}

/// Replaces a lost voucher: a new one takes over its reserve, the old one ends.
#[utoipa::path(tag = "Vouchers", request_body = Reason, params(("voucher_id" = VoucherId, Path), IdempotencyKey),
    responses((status = 201, description = "Replaced", body = Receipted<Replaced>), Refusals))]
#[post("/v1/vouchers/{voucher_id}/replace")]
async fn replace(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<Reason>,
) -> Result<HttpResponse, Problem> {
    let reason = body.value.reason.to_string();
    Ok(created(replace_voucher(&app, &caller, id.into_inner(), reason, body.key(&caller)).await?))
}

/// Signs and issues a voucher in the place of another, for the doors and the pages.
///
/// # Errors
/// The command's refusals.
pub(crate) async fn replace_voucher(
    app: &App,
    caller: &Caller,
    voucher_id: VoucherId,
    reason: String,
    key: crate::writer::Key,
) -> Result<crate::writer::Answer<Replaced>, Refusal> {
    let (agency_no, new_id) = (caller.agency_no(), VoucherId(app.new_id()));
    let (programme, draft) = app
        .read(move |connection| {
            let old = store::find(connection, voucher_id, agency_no)?;
            let programme = ProgrammeFacts::by_no(connection, old.programme_no)?;
            Ok((
                programme,
                super::prepare::Draft {
                    voucher_id: new_id,
                    credential_version: 1,
                    ..draft_of(connection, &old)?
                },
            ))
        })
        .await?;
    let mut signed = app.signing_desk().prepare(&app.writer, &programme, vec![draft]).await?;
    let successor = signed.pop().ok_or(Refusal::new(Code::Internal))?;
    let command = ReplaceVoucher { voucher_id, agency_no, successor, reason, actor: caller.actor() };
    app.writer.execute(Once { key, command }).await
}

/// Extends a voucher to a later last day and signs it again; also the way to sign it again after its
/// key was compromised.
#[utoipa::path(tag = "Vouchers", request_body = Extension, params(("voucher_id" = VoucherId, Path), IdempotencyKey),
    responses((status = 200, description = "Extended", body = Receipted<Moved>), Refusals))]
#[post("/v1/vouchers/{voucher_id}/extend")]
async fn extend(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<VoucherId>,
    body: Write<Extension>,
) -> Result<HttpResponse, Problem> {
    let voucher_id = id.into_inner();
    within_years("valid_until", body.value.valid_until)?;
    let (programme, voucher_no, draft) = app
        .read(move |connection| {
            let old = store::find(connection, voucher_id, None)?;
            let programme = ProgrammeFacts::by_no(connection, old.programme_no)?;
            Ok((programme, old.voucher_no, draft_of(connection, &old)?))
        })
        .await?;
    let draft = super::prepare::Draft {
        expires_at: Timestamp::end_of_day(body.value.valid_until),
        credential_version: draft.credential_version + 1,
        ..draft
    };
    let signed = app.signing_desk().sign(&programme, voucher_no, &draft)?;
    let reason = body.value.reason.to_string();
    let command = ExtendVoucher { voucher_id, signed, reason, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key: body.key(&caller), command }).await?))
}
