//! Traces over HTTP, from whatever end one has.

use super::super::programme;
use super::super::starts::{self, PayeeTrace, SessionTrace, VoucherTrace};
use super::super::trace::{self, PaymentTrace, RedemptionTrace, SoughtPayment};
use super::{AsOfSize, document_number};
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, Problem, as_of_leaves};
use crate::kernel::*;
use crate::redemption::query::Sought;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(trace_redemption).service(trace_payment).service(trace_document);
    config.service(trace_voucher).service(trace_session).service(trace_payee);
}

/// Where to look for a redemption, and as of when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RedemptionWithin {
    /// Needed when a client used one id in two programmes.
    programme_id: Option<ProgrammeId>,
    /// The first so many leaves of the log; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// Follows a redemption to the hours, payees and payments it funded. The header `X-Journal-As-Of` says as of how many leaves.
#[utoipa::path(tag = "Oversight", params(("redemption_id" = RedemptionId, Path), RedemptionWithin), responses(
    (status = 200, description = "The trace", body = RedemptionTrace),
    Refusals,
))]
#[get("/v1/redemptions/{redemption_id}/trace")]
async fn trace_redemption(
    app: Data<App>,
    caller: Caller,
    id: Path<RedemptionId>,
    within: Query<RedemptionWithin>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let sought = Sought { redemption_id: *id, programme_id: within.programme_id, university_no };
    let trace = app.read_books(move |connection| trace::redemption(connection, &sought, within.as_of));
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}

/// Follows a payment back to the redemptions behind it. The header `X-Journal-As-Of` says as of how many leaves.
#[utoipa::path(tag = "Oversight", params(("payment_id" = PaymentId, Path), AsOfSize), responses(
    (status = 200, description = "The trace", body = PaymentTrace),
    Refusals,
))]
#[get("/v1/payments/{payment_id}/trace")]
async fn trace_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<PaymentId>,
    wanted: Query<AsOfSize>,
) -> Result<HttpResponse, Problem> {
    let (university_no, sought) = (caller.university_no(), SoughtPayment::ById(*id));
    let trace =
        app.read_books(move |connection| trace::payment(connection, sought, university_no, wanted.as_of));
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}

/// Which payment.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OfDocument {
    /// Of the payment's order.
    document_number: String,
    /// The first so many leaves of the log; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// Follows the payment of a document's number back to the redemptions behind it. Of several, all but one were withdrawn: it is
/// that one, or the last.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path), OfDocument), responses(
    (status = 200, description = "The trace", body = PaymentTrace),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/payments/trace")]
async fn trace_document(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<OfDocument>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let (document_number, as_of) = (document_number(&wanted.document_number)?, wanted.as_of);
    let trace = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        let sought = SoughtPayment::ByDocument(programme_no, document_number);
        trace::payment(connection, sought, university_no, as_of)
    });
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}

/// Follows a voucher through all its redemptions. The header `X-Journal-As-Of` says as of how many leaves.
#[utoipa::path(tag = "Oversight", params(("voucher_id" = VoucherId, Path), AsOfSize), responses(
    (status = 200, description = "The trace", body = VoucherTrace),
    Refusals,
))]
#[get("/v1/vouchers/{voucher_id}/trace")]
async fn trace_voucher(
    app: Data<App>,
    caller: Caller,
    id: Path<VoucherId>,
    wanted: Query<AsOfSize>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let trace =
        app.read_books(move |connection| starts::voucher(connection, *id, university_no, wanted.as_of));
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}

/// Follows a session to whom it owes, the redemptions that fund it and the payments. The header `X-Journal-As-Of` says as of
/// how many leaves.
#[utoipa::path(tag = "Oversight", params(("session_id" = SessionId, Path), AsOfSize), responses(
    (status = 200, description = "The trace", body = SessionTrace),
    Refusals,
))]
#[get("/v1/sessions/{session_id}/trace")]
async fn trace_session(
    app: Data<App>,
    caller: Caller,
    id: Path<SessionId>,
    wanted: Query<AsOfSize>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let trace =
        app.read_books(move |connection| starts::session(connection, *id, university_no, wanted.as_of));
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}

/// Through which programme.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ThroughProgramme {
    programme_id: ProgrammeId,
    /// The first so many leaves of the log; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// Follows a payee to sessions, acts and payments of a programme. The header `X-Journal-As-Of` says as of how many leaves.
#[utoipa::path(tag = "Oversight", params(("payee_id" = PayeeId, Path), ThroughProgramme), responses(
    (status = 200, description = "The trace", body = PayeeTrace),
    Refusals,
))]
#[get("/v1/payees/{payee_id}/trace")]
async fn trace_payee(
    app: Data<App>,
    caller: Caller,
    id: Path<PayeeId>,
    wanted: Query<ThroughProgramme>,
) -> Result<HttpResponse, Problem> {
    let university_no = caller.university_no();
    let trace = app.read_books(move |connection| {
        let programme_no = programme(connection, wanted.programme_id, university_no)?.programme_no;
        starts::payee(connection, *id, (programme_no, wanted.programme_id), wanted.as_of)
    });
    let (size, trace) = trace.await?;
    Ok(as_of_leaves(size, &trace))
}
