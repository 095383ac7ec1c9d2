//! Payments over HTTP.

use super::model::{PaymentState, Status};
use super::prepare::DocumentNumber;
use super::register::{Line, RegisterNumber, RegisterState};
use super::store::{self, PaymentFilter, PaymentRow};
use super::{ConfirmPayment, PreparePayment, ReturnPayment, WithdrawPayment};
use super::{ConfirmRegister, PrepareRegister, WithdrawRegister};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::{Kopecks, PayeeId, PaymentId, ProgrammeId, Reason, Refusal, RegisterId, object};
use crate::programme::ProgrammeFacts;
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(prepare_payment).service(list_payments).service(show_payment);
    config.service(confirm_payment).service(withdraw_payment).service(return_payment);
    config.service(prepare_register).service(confirm_register).service(withdraw_register);
}

/// A payment to be prepared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPayment {
    programme_id: ProgrammeId,
    payee_id: PayeeId,
    amount: Kopecks,
    /// The number of the payment order, unique in the programme among payments that were not withdrawn.
    document_number: DocumentNumber,
    /// The day the money leaves; it cannot be confirmed before.
    paid_on: NaiveDate,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub struct Payment {
    payment_id: PaymentId,
    programme_id: ProgrammeId,
    payee_id: PayeeId,
    document_number: String,
    paid_on: NaiveDate,
    amount: Kopecks,
    status: Status,
    /// The day the bank returned it.
    returned_on: Option<NaiveDate>,
    /// Why it was withdrawn or returned.
    reason: Option<String>,
    /// The register it is a line of.
    register_id: Option<RegisterId>,
}

impl From<PaymentRow> for Payment {
    fn from(row: PaymentRow) -> Self {
        Self {
            payment_id: row.payment_id,
            programme_id: row.programme_id,
            payee_id: row.payee_id,
            document_number: row.document_number,
            paid_on: row.paid_on,
            amount: row.amount_kopecks,
            status: row.status,
            returned_on: row.returned_on,
            reason: row.reason,
            register_id: row.register_id,
        }
    }
}

/// Which payments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    programme_id: ProgrammeId,
    payee_id: Option<PayeeId>,
    register_id: Option<RegisterId>,
    status: Option<Status>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Nothing to say: `{}`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Confirmation {}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaymentWithdrawal {
    reason: Reason,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PaymentReturn {
    /// The day the bank gave it back.
    returned_on: NaiveDate,
    reason: Reason,
}

/// A register to be prepared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPaymentRegister {
    programme_id: ProgrammeId,
    /// The number of the register, unique in the programme; its payments are numbered `number/line`.
    document_number: RegisterNumber,
    /// The day the money leaves; it cannot be confirmed before.
    paid_on: NaiveDate,
    /// One for each payee, 5,000 at most.
    #[serde(deserialize_with = "object::list")]
    lines: Vec<Line>,
}

/// Prepares a payment of what is accrued and unpaid. No money moves before another person confirms it.
#[utoipa::path(tag = "Payments", request_body = NewPayment, params(IdempotencyKey), responses(
    (status = 201, description = "Prepared", body = Receipted<PaymentState>),
    (status = 200, description = "Prepared before by the same request", body = Receipted<PaymentState>),
    Refusals,
))]
#[post("/v1/payments")]
async fn prepare_payment(
    app: Data<App>,
    caller: Caller,
    body: Write<NewPayment>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewPayment { programme_id, payee_id, amount, document_number, paid_on } = body.value;
    let command = PreparePayment {
        payment_id: PaymentId(app.new_id()),
        actor: caller.actor(),
        programme_id,
        payee_id,
        amount,
        document_number,
        paid_on,
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Lists the payments of a programme.
#[utoipa::path(tag = "Payments", params(Wanted, PageParameters), responses(
    (status = 200, description = "In the order they were prepared", body = Paged<Payment>),
    Refusals,
))]
#[get("/v1/payments")]
async fn list_payments(
    app: Data<App>,
    wanted: Query<Wanted>,
    page: Page,
) -> Result<Json<Paged<Payment>>, Problem> {
    let Wanted { programme_id, payee_id, register_id, status, .. } = wanted.into_inner();
    let rows = app
        .read(move |connection| {
            let programme = ProgrammeFacts::find(connection, programme_id)?
                .ok_or_else(|| Refusal::not_found("programme").at("programme_id"))?;
            let after = page.after().unwrap_or(-1);
            let mut filter = PaymentFilter { payee_id, register_no: None, status };
            if let Some(id) = register_id {
                let found = store::register(connection, id)?;
                let (_, register_no) = found
                    .filter(|(of, _)| *of == programme.programme_no)
                    .ok_or_else(|| Refusal::not_found("payment_register").at("register_id"))?;
                filter.register_no = Some(register_no);
            }
            Ok(store::payments(connection, programme.programme_no, &filter, after, page.fetch())?)
        })
        .await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.payment_no, row.into())).collect())))
}

/// Shows a payment.
#[utoipa::path(tag = "Payments", params(("payment_id" = PaymentId, Path)), responses(
    (status = 200, description = "The payment", body = Payment),
    Refusals,
))]
#[get("/v1/payments/{payment_id}")]
async fn show_payment(app: Data<App>, id: Path<PaymentId>) -> Result<Json<Payment>, Problem> {
    let found = app.read(move |connection| Ok(store::payment(connection, *id)?)).await?;
    Ok(Json(found.ok_or_else(|| Refusal::not_found("payment"))?.into()))
}

/// Confirms a payment that another person prepared: it falls on the redemptions and sessions it settles.
#[utoipa::path(tag = "Payments", params(("payment_id" = PaymentId, Path), IdempotencyKey),
    request_body = Confirmation, responses(
        (status = 200, description = "Paid", body = Receipted<PaymentState>),
        Refusals,
))]
#[post("/v1/payments/{payment_id}/confirm")]
async fn confirm_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<PaymentId>,
    body: Write<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = ConfirmPayment { payment_id: id.into_inner(), actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Withdraws a prepared payment: it will not be paid, and the number of its order is free again. Either
/// person of the treasury may.
#[utoipa::path(tag = "Payments", params(("payment_id" = PaymentId, Path), IdempotencyKey),
    request_body = PaymentWithdrawal, responses(
        (status = 200, description = "Withdrawn", body = Receipted<PaymentState>),
        Refusals,
))]
#[post("/v1/payments/{payment_id}/withdraw")]
async fn withdraw_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<PaymentId>,
    body: Write<PaymentWithdrawal>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = WithdrawPayment { payment_id: *id, actor: caller.actor(), reason: body.value.reason };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Records that the bank returned a payment: what it paid is owed again, for the same hours or acts.
#[utoipa::path(tag = "Payments", params(("payment_id" = PaymentId, Path), IdempotencyKey),
    request_body = PaymentReturn, responses(
        (status = 200, description = "Returned", body = Receipted<PaymentState>),
        Refusals,
))]
#[post("/v1/payments/{payment_id}/return")]
async fn return_payment(
    app: Data<App>,
    caller: Caller,
    id: Path<PaymentId>,
    body: Write<PaymentReturn>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let PaymentReturn { returned_on, reason } = body.value;
    let command = ReturnPayment { payment_id: *id, actor: caller.actor(), returned_on, reason };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Prepares a register: one document that pays many. No money moves before another person confirms it.
#[utoipa::path(tag = "Payments", request_body = NewPaymentRegister, params(IdempotencyKey), responses(
    (status = 201, description = "Prepared", body = Receipted<RegisterState>),
    (status = 200, description = "Prepared before by the same request", body = Receipted<RegisterState>),
    Refusals,
))]
#[post("/v1/payment-registers")]
async fn prepare_register(
    app: Data<App>,
    caller: Caller,
    body: Write<NewPaymentRegister>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewPaymentRegister { programme_id, document_number, paid_on, lines } = body.value;
    let command = PrepareRegister {
        register_id: RegisterId(app.new_id()),
        actor: caller.actor(),
        programme_id,
        document_number,
        paid_on,
        lines: lines.into_iter().map(|line| (PaymentId(app.new_id()), line)).collect(),
    };
    Ok(created(app.writer.execute(Once { key, command }).await?))
}

/// Confirms what is still prepared of a register that another person prepared, all of it or nothing.
#[utoipa::path(tag = "Payments", params(("register_id" = RegisterId, Path), IdempotencyKey),
    request_body = Confirmation, responses(
        (status = 200, description = "Paid", body = Receipted<RegisterState>),
        Refusals,
))]
#[post("/v1/payment-registers/{register_id}/confirm")]
async fn confirm_register(
    app: Data<App>,
    caller: Caller,
    id: Path<RegisterId>,
    body: Write<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = ConfirmRegister { register_id: *id, actor: caller.actor() };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}

/// Withdraws what is still prepared of a register. Either person of the treasury may.
#[utoipa::path(tag = "Payments", params(("register_id" = RegisterId, Path), IdempotencyKey),
    request_body = PaymentWithdrawal, responses(
        (status = 200, description = "Withdrawn", body = Receipted<RegisterState>),
        Refusals,
))]
#[post("/v1/payment-registers/{register_id}/withdraw")]
async fn withdraw_register(
    app: Data<App>,
    caller: Caller,
    id: Path<RegisterId>,
    body: Write<PaymentWithdrawal>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let command = WithdrawRegister { register_id: *id, actor: caller.actor(), reason: body.value.reason };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
