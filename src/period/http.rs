//! Periods over HTTP: the trial balance, closed months, and closing one.

use super::close::PeriodClosing;
use super::store::{self, PeriodRow};
use super::trial_balance::{self, TrialBalance, Wanted};
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Problem, Receipted, Write, accepted, as_of_leaves};
use crate::kernel::{Month, ProgrammeId, ProposalId, Refusal, Timestamp};
use crate::programme::ProgrammeFacts;
use crate::programme::http::{Empty, find};
use crate::proposal::propose::Proposal;
use crate::proposal::{Act, Propose};
use crate::writer::{Failure, Once};
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(show_trial_balance).service(list_periods).service(close_period);
}

/// A month that takes no entries any more.
#[derive(Serialize, ToSchema)]
struct ClosedPeriod {
    month: Month,
    closed_at: Timestamp,
    /// The transaction that closed it: its leaf carries the SHA-256 of `trial_balance_text`.
    log_index: i64,
    /// The trial balance, to the byte as it was signed.
    trial_balance_text: String,
    trial_balance: TrialBalance,
}

impl TryFrom<PeriodRow> for ClosedPeriod {
    type Error = Failure;

    fn try_from(row: PeriodRow) -> Result<Self, Failure> {
        let trial_balance = serde_json::from_str(&row.trial_balance)
            .map_err(|error| Failure::Inconsistent(format!("trial balance of {}: {error}", row.month)))?;
        Ok(Self {
            month: row.month,
            closed_at: row.closed_at,
            log_index: row.closed_log_index,
            trial_balance_text: row.trial_balance,
            trial_balance,
        })
    }
}

/// Of which months.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Months {
    /// The first month; without it, from the beginning.
    from: Option<Month>,
    /// The last month; without it this one, or the one in which the last of the first `as_of` leaves was recorded.
    to: Option<Month>,
    /// From the first so many leaves of the log alone; all there are when not given.
    #[param(minimum = 0)]
    as_of: Option<i64>,
}

/// The trial balance: opening, turnovers and closing of every account, by the month that transactions are dated in. The
/// header `X-Journal-As-Of` says of how many leaves it is; the same number and months give the same answer for ever.
#[utoipa::path(tag = "Periods", params(("programme_id" = ProgrammeId, Path), Months), responses(
    (status = 200, description = "Line by line", body = TrialBalance),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/trial-balance")]
async fn show_trial_balance(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
    months: Query<Months>,
) -> Result<HttpResponse, Problem> {
    let (months, this) = (months.into_inner(), Month::at(app.clock.now()));
    let (as_of, balance) = app
        .read_books(move |connection| {
            let programme_no = find(connection, *id, &caller)?.programme_no;
            let wanted = Wanted { from: months.from, to: months.to, as_of: months.as_of };
            trial_balance::answer(connection, programme_no, &wanted, this)
        })
        .await?;
    Ok(as_of_leaves(as_of, &balance))
}

/// The months that are closed, with their trial balances as they were signed.
#[utoipa::path(tag = "Periods", params(("programme_id" = ProgrammeId, Path)), responses(
    (status = 200, description = "In their order", body = Vec<ClosedPeriod>),
    Refusals,
))]
#[get("/v1/programmes/{programme_id}/periods")]
async fn list_periods(
    app: Data<App>,
    caller: Caller,
    id: Path<ProgrammeId>,
) -> Result<Json<Vec<ClosedPeriod>>, Problem> {
    let periods = app.read_books(move |connection| {
        let programme = find(connection, *id, &caller)?;
        let rows = store::list(connection, programme.programme_no)?;
        Ok(rows.into_iter().map(ClosedPeriod::try_from).collect::<Result<_, _>>()?)
    });
    Ok(Json(periods.await?))
}

/// Proposes to close a month that is over (and earlier ones still open); another person of the treasury confirms it.
#[utoipa::path(tag = "Periods", request_body = Empty,
    params(("programme_id" = ProgrammeId, Path), ("month" = Month, Path), IdempotencyKey), responses(
        (status = 202, description = "Waits for a second person", body = Receipted<Proposal>),
        (status = 200, description = "Proposed before by the same request", body = Receipted<Proposal>),
        Refusals,
    ))]
#[post("/v1/programmes/{programme_id}/periods/{month}/close")]
async fn close_period(
    app: Data<App>,
    caller: Caller,
    path: Path<(ProgrammeId, String)>,
    body: Write<Empty>,
) -> Result<HttpResponse, Problem> {
    let key = body.key(&caller);
    let (programme_id, month) = path.into_inner();
    let month = Month::parse(&month).map_err(|malformed| malformed.at("month"))?;
    let programme = app
        .read(move |connection| Ok(ProgrammeFacts::find(connection, programme_id)?))
        .await?
        .ok_or_else(|| Refusal::not_found("programme"))?;
    let command = Propose {
        proposal_id: ProposalId(app.new_id()),
        programme_no: programme.programme_no,
        actor: caller.actor(),
        act: Act::PeriodClosing(PeriodClosing { month }),
    };
    Ok(accepted(app.writer.execute(Once { key, command }).await?))
}
