//! What to look at, over HTTP: unusual patterns and refused attempts. Both are of now.

use super::super::attempts::{self, AttemptFilter, AttemptView};
use super::super::ledger::Span;
use super::super::programme;
use super::super::unusual::{self, Finding, Unmatched};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, Page, Paged, Problem};
use crate::kernel::{Code, ProgrammeId, Refusal};
use crate::voucher::model::Action;
use actix_web::get;
use actix_web::web::{Data, Json, Path, Query};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list_unusual).service(list_unmatched).service(list_attempts);
}

/// Which findings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedFindings {
    /// Of this rule only.
    #[param(example = "payment_returned")]
    rule: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Unusual patterns, rule by rule: what a person should look at (docs/ledger.md has the rules).
#[utoipa::path(tag = "Oversight",
    params(("programme_id" = ProgrammeId, Path), WantedFindings, PageParameters), responses(
        (status = 200, description = "Rule by rule", body = Paged<Finding>),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/unusual")]
async fn list_unusual(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedFindings>,
    page: Page,
) -> Result<Json<Paged<Finding>>, Problem> {
    let university_no = caller.university_no();
    let only = wanted.rule.as_deref().map(|name| unusual::rule(name).map(|place| vec![place])).transpose()?;
    let found = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        Ok(unusual::findings(connection, programme_no, only.as_deref(), page.after(), page.fetch())?)
    });
    Ok(Json(page.cut(found.await?)))
}

/// What does not agree with the bank: items of statements that wait for a person, and payments of days that a statement
/// covers which no item speaks of.
#[utoipa::path(tag = "Oversight", params(("programme_id" = ProgrammeId, Path), PageParameters), responses(
    (status = 200, description = "Items first, then payments", body = Unmatched),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/unmatched")]
async fn list_unmatched(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    page: Page,
) -> Result<Json<Unmatched>, Problem> {
    let university_no = caller.university_no();
    let (unmatched_items, found) = app
        .read_books(move |connection| {
            let programme_no = programme(connection, *id, university_no)?.programme_no;
            let only = unusual::of_statements();
            let found = unusual::findings(connection, programme_no, Some(&only), page.after(), page.fetch())?;
            Ok((unusual::unmatched_items(connection, programme_no)?, found))
        })
        .await?;
    Ok(Json(Unmatched { unmatched_items, findings: page.cut(found) }))
}

/// Which attempts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WantedAttempts {
    /// Why they were refused: the code of a refusal.
    #[param(example = "already_redeemed")]
    code: Option<String>,
    /// What was tried.
    #[param(example = "redeem")]
    action: Option<String>,
    /// On this day (Moscow) or later.
    from: Option<NaiveDate>,
    /// On this day (Moscow) or earlier.
    to: Option<NaiveDate>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    limit: Option<String>,
    #[allow(dead_code, reason = "read by Page")]
    #[param(ignore)]
    cursor: Option<String>,
}

/// Attempts on vouchers that were refused, and why.
#[utoipa::path(tag = "Oversight",
    params(("programme_id" = ProgrammeId, Path), WantedAttempts, PageParameters), responses(
        (status = 200, description = "In the order they were made", body = Paged<AttemptView>),
        Refusals,
))]
#[get("/v1/programmes/{programme_id}/attempts")]
async fn list_attempts(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    wanted: Query<WantedAttempts>,
    page: Page,
) -> Result<Json<Paged<AttemptView>>, Problem> {
    let university_no = caller.university_no();
    let WantedAttempts { code: wanted_code, action: wanted_action, from, to, .. } = wanted.into_inner();
    let code = |code: &str| Code::parse(code).ok_or_else(|| Refusal::field("code", "the code of a refusal"));
    let action = |action: &str| {
        let names = Action::ALL.map(Action::as_str).join(", ");
        Action::parse(action).ok_or_else(|| Refusal::field("action", format!("one of {names}")))
    };
    let filter = AttemptFilter {
        code: wanted_code.as_deref().map(code).transpose()?,
        action: wanted_action.as_deref().map(action).transpose()?,
        attempted: Span::of_days(from, to),
    };
    let found = app.read_books(move |connection| {
        let programme_no = programme(connection, *id, university_no)?.programme_no;
        let after = page.after().unwrap_or(-1);
        Ok(attempts::refused(connection, programme_no, &filter, after, page.fetch())?)
    });
    Ok(Json(page.cut(found.await?.into_iter().map(|attempt| (attempt.attempt_no, attempt)).collect())))
}
