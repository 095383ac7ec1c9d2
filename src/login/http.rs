//! Who is signed in, and invitations, for programs. The pages are in `desk`.

use super::model::Purpose;
use super::pass::{MadePass, MakePass};
use crate::access::SecretOf;
use crate::app::App;
use crate::http::problem::Refusals;
use crate::http::{Browser, Caller, IdempotencyKey, Problem, Receipted, Write, created};
use crate::kernel::{AgencyId, Scope, TokenId, UniversityId};
use crate::organisation;
use crate::writer::Once;
use actix_web::web::{Data, Json, Path, ReqData};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(invite).service(me);
}

/// Nothing more to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitation {}

/// An invitation, with its secret the first time.
#[derive(Serialize, ToSchema)]
struct Invitation {
    #[serde(flatten)]
    pass: MadePass,
    /// Shown once and never stored: whoever has it sets up the login, at `/set-up`.
    secret: Option<String>,
}

/// Invites the person behind a token to sign in with a browser: they choose a password and link a second factor. A login
/// that was set up before is replaced, and its browsers are signed out, when the invitation is used.
#[utoipa::path(tag = "Signing in", request_body = NewInvitation, params(IdempotencyKey), responses(
    (status = 201, description = "Made", body = Receipted<Invitation>),
    (status = 200, description = "Made before by the same request; the secret is not shown again",
        body = Receipted<Invitation>),
    Refusals,
))]
#[post("/v1/tokens/{token_id}/invitations")]
async fn invite(
    app: Data<App>,
    caller: Caller,
    token_id: Path<TokenId>,
    body: Write<NewInvitation>,
) -> Result<HttpResponse, Problem> {
    let NewInvitation {} = &body.value;
    let secret = app.new_secret(SecretOf::Pass);
    let command = MakePass {
        actor: caller.actor(),
        token_id: *token_id,
        purpose: Purpose::SetUp,
        seconds: Purpose::SetUp.seconds(),
        pass_hash: secret.hash(),
    };
    let answer = app.writer.execute(Once { key: body.key(&caller), command }).await?;
    let secret = (!answer.replayed).then(|| secret.reveal().to_owned());
    Ok(created(answer.map(|pass| Invitation { pass, secret })))
}

/// An organisation, by its names.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum OwnOrganisation {
    Agency { agency_id: AgencyId, code: String, name: String },
    University { university_id: UniversityId, code: String, name: String },
}

/// Whoever calls.
#[derive(Serialize, ToSchema)]
struct Me {
    subject: String,
    scope: Scope,
    /// Null for offices.
    organisation: Option<OwnOrganisation>,
    /// For the header `x-csrf-token` of every unsafe request of this browser; null for a token.
    csrf_token: Option<String>,
}

/// Who calls, and what scripts of a browser that is signed in must show.
#[utoipa::path(tag = "Signing in", responses((status = 200, description = "Whoever calls", body = Me), Refusals))]
#[get("/v1/me")]
async fn me(app: Data<App>, caller: Caller, browser: Option<ReqData<Browser>>) -> Result<Json<Me>, Problem> {
    let (agency, university) = (caller.agency, caller.university);
    let organisation = app
        .read(move |connection| {
            if let Some((_, agency_id)) = agency {
                let found = organisation::store::find_agency(connection, agency_id, None)?;
                return Ok(found.map(|row| OwnOrganisation::Agency {
                    agency_id,
                    code: row.code,
                    name: row.name,
                }));
            }
            let Some((_, university_id)) = university else { return Ok(None) };
            let found = organisation::store::find_university(connection, university_id)?;
            Ok(found.map(|row| OwnOrganisation::University { university_id, code: row.code, name: row.name }))
        })
        .await?;
    let csrf_token = browser.map(|browser| browser.csrf_token.clone());
    Ok(Json(Me { subject: caller.subject.clone(), scope: caller.scope, organisation, csrf_token }))
}
