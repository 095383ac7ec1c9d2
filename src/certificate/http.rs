//! Certificates over HTTP: of one voucher, and of all vouchers of a request.

use super::bundle::Bundle;
use super::model::{Names, check_printable};
use super::store::{self, Sheaf, Stored};
use super::{Certificate, pdf};
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, Problem, Streamed};
use crate::kernel::{Code, Refusal, RequestId, VoucherId};
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{self, Data, Path};
use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

/// The most pages of one PDF, which is made in memory; more are had as a ZIP, file by file.
const MAX_PAGES: usize = 2_000;

pub fn routes(config: &mut ServiceConfig) {
    config.service(one).service(all_pdf).service(all_zip);
}

/// The certificate of a voucher, for printing and for phones: A4, with its QR code. Not of one that was voided or
/// replaced. The same voucher gives the same bytes until it is signed again.
#[utoipa::path(tag = "Certificates", params(("voucher_id" = VoucherId, Path)),
    responses((status = 200, description = "The certificate", body = Vec<u8>, content_type = "application/pdf"), Refusals))]
#[get("/v1/vouchers/{voucher_id}/certificate.pdf")]
async fn one(app: Data<App>, caller: Caller, id: Path<VoucherId>) -> Result<HttpResponse, Problem> {
    let (voucher_id, agency_no) = (id.into_inner(), caller.agency_no());
    let (names, stored) = app.read(move |connection| store::one(connection, voucher_id, agency_no)).await?;
    Ok(printed(&app, &names, &stored).await?)
}

/// One certificate as an answer.
pub(super) async fn printed(app: &App, names: &Names, stored: &Stored) -> Result<HttpResponse, Refusal> {
    check_printable(stored.status)?;
    let certificate = stored.certificate(names, &app.keyring())?;
    let name = format!("{}.pdf", certificate.number);
    let file = drawn(move || pdf::write(&[certificate])).await?;
    Ok(file_answer("application/pdf", "inline", &name).body(file))
}

/// Drawing takes milliseconds: off the server's own threads.
async fn drawn(draw: impl FnOnce() -> Result<Vec<u8>, Refusal> + Send + 'static) -> Result<Vec<u8>, Refusal> {
    web::block(draw).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
}

fn file_answer(media_type: &str, disposition: &str, name: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(media_type)
        .insert_header((CONTENT_DISPOSITION, format!("{disposition}; filename=\"{name}\"")));
    response
}

/// All certificates of a request as one PDF for printing, a page each, in the order of their numbers; those voided or
/// replaced are left out. At most 2,000 pages.
#[utoipa::path(tag = "Certificates", params(("request_id" = RequestId, Path)),
    responses((status = 200, description = "The certificates", body = Vec<u8>, content_type = "application/pdf"), Refusals))]
#[get("/v1/requests/{request_id}/certificates.pdf")]
async fn all_pdf(app: Data<App>, caller: Caller, id: Path<RequestId>) -> Result<HttpResponse, Problem> {
    let sheaf = printable(&app, &caller, id.into_inner()).await?;
    if sheaf.vouchers.len() > MAX_PAGES {
        return Err(Refusal::new(Code::TooManyRows).with("limit", MAX_PAGES).into());
    }
    let keyring = app.keyring();
    let file = drawn(move || {
        let certificate = |stored: &Stored| stored.certificate(&sheaf.names, &keyring);
        let certificates = sheaf.vouchers.iter().map(certificate).collect::<Result<Vec<Certificate>, _>>()?;
        pdf::write(&certificates)
    });
    Ok(file_answer("application/pdf", "inline", "certificates.pdf").body(file.await?))
}

/// All certificates of a request as a ZIP of PDFs named by the vouchers' numbers, sent while they are made; those voided
/// or replaced are left out. A connection that breaks before its end means that the file is not whole.
#[utoipa::path(tag = "Certificates", params(("request_id" = RequestId, Path)),
    responses((status = 200, description = "The certificates", body = Vec<u8>, content_type = "application/zip"), Refusals))]
#[get("/v1/requests/{request_id}/certificates.zip")]
async fn all_zip(app: Data<App>, caller: Caller, id: Path<RequestId>) -> Result<HttpResponse, Problem> {
    let sheaf = printable(&app, &caller, id.into_inner()).await?;
    let bundle = Bundle::new(sheaf, app.keyring())?;
    let body = Streamed::start(bundle);
    Ok(file_answer("application/zip", "attachment", "certificates.zip").body(body))
}

/// What can be printed of a request.
async fn printable(app: &App, caller: &Caller, request_id: RequestId) -> Result<Sheaf, Refusal> {
    let agency_no = caller.agency_no();
    let mut sheaf = app.read(move |connection| store::of_request(connection, request_id, agency_no)).await?;
    sheaf.vouchers.retain(|stored| check_printable(stored.status).is_ok());
    if sheaf.vouchers.is_empty() {
        return Err(Refusal::not_found("voucher"));
    }
    Ok(sheaf)
}
