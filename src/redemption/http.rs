//! The doors of redemption: preview, redeem, look, reverse, move to another run.

use super::model::{Presented, Registrar};
use super::move_enrolments::{MoveEnrolments, MovedEnrolments};
use super::preview::{Preview, preview};
use super::query::{self, OfRun, RedemptionView, Sought};
use super::redeem::{Redeem, Redeemed};
use super::reverse::{Rest, Reversal, Reverse, ReverseReply, Reversed, Undo, VoucherOutcome};
use super::search::Words;
use crate::app::App;
use crate::credential::{self, Keyring};
use crate::http::problem::Refusals;
use crate::http::{
    Body, Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, accepted, created, ok,
};
use crate::kernel::voucher_number::VoucherNumber;
use crate::kernel::*;
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::writer::Once;
use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(preview_redemption).service(redeem).service(list).service(one).service(reverse);
    config.service(move_enrolments);
}

/// The voucher as it was presented: its credential scanned, or its number typed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPreview {
    /// The text of the QR code, `TV1:…`.
    credential: Option<String>,
    /// The voucher's number, when nothing can be scanned.
    number: Option<String>,
    course_run_id: CourseRunId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRedemption {
    /// Chosen by the client (a UUID); the same id always gets the same answer.
    redemption_id: RedemptionId,
    /// The text of the QR code, `TV1:…`.
    credential: Option<String>,
    /// The voucher's number, when nothing can be scanned; recorded as redeemed by number.
    number: Option<String>,
    course_run_id: CourseRunId,
    /// The registrar compared the holder with a document.
    identity_checked: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReversal {
    /// `issued`: it can be redeemed again; `voided`: it ends.
    voucher: VoucherOutcome,
    /// What becomes of what is still obligated when the voucher ends [default: `released`].
    #[serde(default)]
    rest: Rest,
    reason: Reason,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnrolmentsMove {
    to_course_run_id: CourseRunId,
    /// Whose enrolments; without it, all of the run.
    #[serde(default)]
    redemption_ids: Option<Vec<RedemptionId>>,
    reason: Reason,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RunFilter {
    /// Redemptions into this course run.
    course_run_id: CourseRunId,
    /// Part of a voucher's number or, for a registrar, of the holder's surname and initials; case, `ё` and dots do not matter.
    #[param(example = "иванова а")]
    q: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<i64>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

pub(crate) fn registrar(caller: &Caller) -> Result<Registrar, Refusal> {
    let (university_no, _) = caller.own_university()?;
    Ok(Registrar { actor: caller.actor(), university_no })
}

/// The voucher presented, its signature verified. Whether its key is still trusted is decided with the
/// rest.
pub(crate) fn presented(
    credential: Option<&str>,
    number: Option<&str>,
    keyring: &Keyring,
) -> Result<Presented, Refusal> {
    match (credential, number) {
        (Some(text), None) => Ok(credential::authenticate(text.trim(), keyring)?.into()),
        (None, Some(number)) => {
            let number = VoucherNumber::parse(number).map_err(|malformed| malformed.at("number"))?;
            let voucher_no = i64::try_from(number.serial()).map_err(|_| Code::UnknownVoucher)?;
            Ok(Presented::Number { programme_code: number.programme_code().to_string(), voucher_no })
        }
        _ => Err(Refusal::field("credential", "either the scanned credential or the typed number")),
    }
}

/// Looks without spending: whether the voucher could be redeemed into this run now.
#[utoipa::path(tag = "Redemptions", request_body = NewPreview,
    responses((status = 200, description = "It could be redeemed now", body = Preview), Refusals))]
#[post("/v1/redemptions/preview")]
async fn preview_redemption(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NewPreview>,
) -> Result<web::Json<Preview>, Problem> {
    let new = body.value;
    let presented = presented(new.credential.as_deref(), new.number.as_deref(), &app.keyring())?;
    let (registrar, now) = (registrar(&caller)?, app.clock.now());
    let found = app
        .read(move |connection| preview(connection, &presented, new.course_run_id, &registrar, now))
        .await?;
    Ok(web::Json(found))
}

/// Redeems a voucher into a course run, exactly once.
#[utoipa::path(tag = "Redemptions", request_body = NewRedemption,
    responses(
        (status = 201, description = "Redeemed", body = Receipted<Redeemed>),
        (status = 200, description = "Redeemed before by this same request", body = Receipted<Redeemed>),
        Refusals))]
#[post("/v1/redemptions")]
async fn redeem(
    app: web::Data<App>,
    caller: Caller,
    body: Body<NewRedemption>,
) -> Result<HttpResponse, Problem> {
    app.writer.check_room()?;
    let new = body.value;
    let command = Redeem {
        redemption_id: new.redemption_id,
        presented: presented(new.credential.as_deref(), new.number.as_deref(), &app.keyring())?,
        course_run_id: new.course_run_id,
        identity_checked: new.identity_checked,
        registrar: registrar(&caller)?,
    };
    Ok(created(app.writer.execute(command).await?))
}

/// Whoever compares holders with their documents.
fn sees_holders(caller: &Caller) -> bool {
    caller.scope == Scope::Registrar
}

/// The redemptions of a course run.
#[utoipa::path(tag = "Redemptions", params(RunFilter, crate::http::page::PageParameters),
    responses((status = 200, description = "In the order they were made", body = Paged<RedemptionView>), Refusals))]
#[get("/v1/redemptions")]
async fn list(
    app: web::Data<App>,
    caller: Caller,
    filter: web::Query<RunFilter>,
    page: Page,
) -> Result<web::Json<Paged<RedemptionView>>, Problem> {
    let asked = OfRun {
        course_run_id: filter.course_run_id,
        university_no: caller.university_no(),
        with_holders: sees_holders(&caller),
        words: filter.q.as_deref().and_then(Words::of),
        after: page.after(),
        limit: page.fetch(),
    };
    let rows = app.read(move |connection| query::of_run(connection, &asked)).await?;
    Ok(web::Json(page.cut(rows)))
}

/// Which of two programmes is meant, if a client used one redemption id in both.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InProgramme {
    programme_id: Option<ProgrammeId>,
}

impl InProgramme {
    pub(crate) fn sought(&self, redemption_id: RedemptionId, caller: &Caller) -> Sought {
        Sought { redemption_id, programme_id: self.programme_id, university_no: caller.university_no() }
    }
}

/// One redemption.
#[utoipa::path(tag = "Redemptions", params(("redemption_id" = RedemptionId, Path), InProgramme),
    responses((status = 200, description = "The redemption", body = RedemptionView), Refusals))]
#[get("/v1/redemptions/{redemption_id}")]
async fn one(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<RedemptionId>,
    within: web::Query<InProgramme>,
) -> Result<web::Json<RedemptionView>, Problem> {
    let (sought, with_holder) = (within.sought(*id, &caller), sees_holders(&caller));
    Ok(web::Json(app.read(move |connection| query::one(connection, &sought, with_holder)).await?))
}

/// Reverses a redemption: at once for the registrar who made it, within ten minutes and while nothing
/// is accrued; otherwise it waits for a second person.
#[utoipa::path(tag = "Redemptions", request_body = NewReversal,
    params(("redemption_id" = RedemptionId, Path), InProgramme, IdempotencyKey),
    responses(
        (status = 200, description = "Reversed", body = Receipted<Reversed>),
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        Refusals))]
#[post("/v1/redemptions/{redemption_id}/reverse")]
async fn reverse(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<RedemptionId>,
    within: web::Query<InProgramme>,
    body: Write<NewReversal>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let NewReversal { voucher, rest, reason } = body.value;
    let reversal = Reversal { redemption_id: *id, voucher, rest, reason: reason.to_string() };
    let (university_no, _) = caller.own_university()?;
    let sought = within.sought(*id, &caller);
    let (programme_no, _) = app.read(move |connection| query::locate(connection, &sought)).await?;
    let command = Reverse {
        undo: Undo { reversal: reversal.clone(), programme_no, university_no, actor: caller.actor() },
        propose: Propose {
            proposal_id: ProposalId(app.new_id()),
            programme_no,
            actor: caller.actor(),
            act: Act::RedemptionReversal(reversal),
        },
    };
    let answer = app.writer.execute(Once { key, command }).await?;
    Ok(match &answer.reply {
        ReverseReply::Reversed(_) => ok(answer),
        ReverseReply::Proposed(_) => accepted(answer),
    })
}

/// Moves enrolments to another course run, because this one is cancelled or somebody must change groups: what is still obligated
/// for them moves along. All of them, or none.
#[utoipa::path(tag = "Redemptions", request_body = EnrolmentsMove,
    params(("course_run_id" = CourseRunId, Path), IdempotencyKey),
    responses((status = 200, description = "Moved", body = Receipted<MovedEnrolments>), Refusals))]
#[post("/v1/course-runs/{course_run_id}/move-enrolments")]
async fn move_enrolments(
    app: web::Data<App>,
    caller: Caller,
    id: web::Path<CourseRunId>,
    body: Write<EnrolmentsMove>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let EnrolmentsMove { to_course_run_id, redemption_ids, reason } = body.value;
    let command = MoveEnrolments {
        from: *id,
        to: to_course_run_id,
        redemption_ids,
        reason,
        actor: caller.actor(),
        university_no: caller.own_university()?.0,
    };
    Ok(ok(app.writer.execute(Once { key, command }).await?))
}
