//! Tokens and denials over HTTP.

use super::store::{self, DenialRow, TokenRow};
use super::{CreateToken, CreatedToken, Holder, RevokeToken, RevokedToken, SecretOf, Subject};
use crate::app::App;
use crate::http::page::PageParameters;
use crate::http::problem::Refusals;
use crate::http::{Caller, IdempotencyKey, Page, Paged, Problem, Receipted, Write, created, ok};
use crate::kernel::{AgencyId, Scope, Timestamp, TokenId, UniversityId};
use crate::writer::Once;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(create_token).service(list_tokens).service(revoke_token).service(list_denials);
}

/// The terms of a new token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// The login of the person or system; two tokens of one subject are one person for four eyes.
    subject: Subject,
    scope: Scope,
    /// For the scope agency, and only for it.
    agency_id: Option<AgencyId>,
    /// For the scopes registrar and teaching, and only for them.
    university_id: Option<UniversityId>,
    expires_at: Timestamp,
}

/// A new token, with its secret the first time.
#[derive(Serialize, ToSchema)]
pub struct IssuedToken {
    #[serde(flatten)]
    token: CreatedToken,
    /// Shown once and never stored: a repeat of the request answers without it. If it was lost, revoke
    /// the token and make another.
    secret: Option<String>,
}

/// Makes a token. Its secret is in the answer once, and nowhere else.
#[utoipa::path(tag = "Tokens", request_body = NewToken, params(IdempotencyKey), responses(
    (status = 201, description = "Made", body = Receipted<IssuedToken>),
    (status = 200, description = "Made before by the same request; the secret is not shown again",
        body = Receipted<IssuedToken>),
    Refusals,
))]
#[post("/v1/tokens")]
async fn create_token(
    app: Data<App>,
    caller: Caller,
    body: Write<NewToken>,
) -> Result<HttpResponse, Problem> {
    let new = &body.value;
    let holder = Holder::of(new.scope, new.agency_id, new.university_id)?;
    let secret = app.new_secret(SecretOf::Token);
    let command = CreateToken {
        actor: caller.actor(),
        token_id: TokenId(app.new_id()),
        token_hash: secret.hash(),
        subject: new.subject.clone(),
        scope: new.scope,
        holder,
        expires_at: new.expires_at,
    };
    let answer = app.writer.execute(Once { key: body.key(&caller), command }).await?;
    app.tokens.forget();
    let secret = (!answer.replayed).then(|| secret.reveal().to_owned());
    Ok(created(answer.map(|token| IssuedToken { token, secret })))
}

/// A token, without its secret.
#[derive(Serialize, ToSchema)]
pub struct Token {
    token_id: TokenId,
    subject: String,
    scope: String,
    agency_id: Option<AgencyId>,
    university_id: Option<UniversityId>,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            token_id: row.token_id,
            subject: row.subject,
            scope: row.scope,
            agency_id: row.agency_id,
            university_id: row.university_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Lists tokens, oldest first.
#[utoipa::path(tag = "Tokens", params(PageParameters), responses(
    (status = 200, description = "A page of tokens", body = Paged<Token>),
    Refusals,
))]
#[get("/v1/tokens")]
async fn list_tokens(app: Data<App>, page: Page) -> Result<Json<Paged<Token>>, Problem> {
    let rows = app.read(move |connection| Ok(store::list_tokens(connection, &page)?)).await?;
    Ok(Json(page.cut(rows.into_iter().map(|row| (row.token_no, row.into())).collect())))
}

/// Revokes a token; it is refused within a second. Revoking it again changes nothing and says so.
#[utoipa::path(tag = "Tokens", params(("token_id" = TokenId, Path)), responses(
    (status = 200, description = "Revoked", body = Receipted<RevokedToken>),
    Refusals,
))]
#[delete("/v1/tokens/{token_id}")]
async fn revoke_token(app: Data<App>, caller: Caller, id: Path<TokenId>) -> Result<HttpResponse, Problem> {
    let command = RevokeToken { actor: caller.actor(), token_id: id.into_inner() };
    let answer = app.writer.execute(command).await?;
    app.tokens.forget();
    Ok(ok(answer))
}

/// A call that was refused at the door.
#[derive(Serialize, ToSchema)]
pub struct Denial {
    denied_at: Timestamp,
    /// Null when there was no valid token.
    token_id: Option<TokenId>,
    method: String,
    route: String,
    code: String,
}

/// Lists calls refused at the door, newest first; the newest ten thousand are kept.
#[utoipa::path(tag = "Tokens", params(PageParameters), responses(
    (status = 200, description = "A page of denials", body = Paged<Denial>),
    Refusals,
))]
#[get("/v1/denials")]
async fn list_denials(app: Data<App>, page: Page) -> Result<Json<Paged<Denial>>, Problem> {
    let rows = app.read(move |connection| Ok(store::list_denials(connection, &page)?)).await?;
    let denial = |row: DenialRow| {
        let DenialRow { denial_no, denied_at, token_id, method, route, code } = row;
        (denial_no, Denial { denied_at, token_id, method, route, code })
    };
    Ok(Json(page.cut(rows.into_iter().map(denial).collect())))
}
