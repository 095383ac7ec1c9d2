//! `vouchers token`: API tokens.

use super::table::Table;
use super::{Failure, House, Output, find, house, output};
use crate::access::store::{self, TokenRow};
use crate::access::{CreateToken, Holder, RevokeToken, SecretOf, Subject};
use crate::db::Connection;
use crate::http::Page;
use crate::kernel::{Refusal, Scope, Timestamp, TokenId};
use crate::login;
use crate::login::model::Purpose;
use crate::login::pass::MakePass;
use crate::writer::Stop;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

const SECONDS_A_DAY: i64 = 86_400;

#[derive(clap::Subcommand)]
pub(super) enum Token {
    /// Makes a token and prints its secret, this once
    Create(Create),
    /// Lists the tokens; their secrets are not kept
    List(Output),
    /// Makes a one-time pass and prints it: whoever has it signs a browser in as the token's bearer
    Pass(Pass),
    /// Makes an invitation and prints it: its holder chooses a password and links a second factor
    Invite(Pass),
    /// Revokes a token, within a second also on running servers
    Revoke {
        /// The token's id, as listed
        token_id: TokenId,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(clap::Args)]
pub(super) struct Create {
    /// What its bearer may do
    #[arg(long, value_parser = scope())]
    scope: Scope,
    /// Login of the person or system; two tokens of one login are one person for four eyes
    #[arg(long, value_name = "LOGIN")]
    subject: Subject,
    /// Code of the agency, for the scope agency
    #[arg(long, value_name = "CODE")]
    agency: Option<String>,
    /// Code of the university, for registrar and teaching
    #[arg(long, value_name = "CODE", conflicts_with = "agency")]
    university: Option<String>,
    /// Days until it expires
    #[arg(long, value_name = "N", default_value = "365", value_parser = clap::value_parser!(i64).range(1..=3650))]
    days: i64,
    #[command(flatten)]
    output: Output,
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::ALL.map(Scope::as_str))
        .try_map(|text| Scope::parse(&text).ok_or("no such scope"))
}

impl Token {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run(house),
            Self::List(output) => list(house, &output),
            Self::Pass(pass) => pass.run(house, Purpose::SignIn),
            Self::Invite(pass) => pass.run(house, Purpose::SetUp),
            Self::Revoke { token_id, output } => house.with_app(|app| {
                let revoke = RevokeToken { actor: house::operator(), token_id };
                let revoked = app.writer.execute_blocking(revoke)?.reply;
                if output.json {
                    return output::json(&revoked);
                }
                output::line(format_args!("{token_id} revoked {}", revoked.revoked_at.for_people()))
            }),
        }
    }
}

impl Create {
    fn run(self, house: &House) -> Result<(), Failure> {
        house.with_app(|app| {
            let agency = self.agency.as_deref();
            let agency = agency.map(|code| app.read_blocking(|c| find::agency(c, code))).transpose()?;
            let university = self.university.as_deref();
            let university =
                university.map(|code| app.read_blocking(|c| find::university(c, code))).transpose()?;
            let secret = app.new_secret(SecretOf::Token);
            let command = CreateToken {
                actor: house::operator(),
                token_id: TokenId(app.new_id()),
                token_hash: secret.hash(),
                subject: self.subject,
                scope: self.scope,
                holder: Holder::of(self.scope, agency.map(|(_, agency_id)| agency_id), university)?,
                expires_at: app.clock.now().plus_seconds(self.days * SECONDS_A_DAY),
            };
            let made = app.writer.execute_blocking(command)?.reply;
            let until = made.expires_at.for_people();
            output::remark(format_args!(
                "Token {} of {} ({}), until {until}.\nIts secret is shown this once:",
                made.token_id,
                made.subject,
                made.scope.as_str()
            ));
            if self.output.json {
                return output::json(&json!({
                    "token_id": made.token_id, "subject": made.subject, "scope": made.scope,
                    "expires_at": made.expires_at, "secret": secret.reveal(),
                }));
            }
            output::line(secret.reveal())
        })
    }
}

#[derive(clap::Args)]
pub(super) struct Pass {
    /// The token's id, or its login when it is the only token of that login
    #[arg(value_name = "TOKEN")]
    token: String,
    /// Hours until it is too old
    #[arg(long, value_name = "N", default_value = "24", value_parser = clap::value_parser!(i64).range(1..=720))]
    hours: i64,
    #[command(flatten)]
    output: Output,
}

impl Pass {
    fn run(self, house: &House, purpose: Purpose) -> Result<(), Failure> {
        house.with_app(|app| {
            let now = app.clock.now();
            let token_id = app.read_blocking(|connection| bearer(connection, &self.token, now))?;
            let secret = app.new_secret(SecretOf::Pass);
            let command = MakePass {
                actor: house::operator(),
                token_id,
                purpose,
                seconds: self.hours * 3_600,
                pass_hash: secret.hash(),
            };
            let made = app.writer.execute_blocking(command)?.reply;
            let page = match purpose {
                Purpose::SetUp => "/set-up",
                Purpose::SignIn => "/pass",
            };
            let until = made.expires_at.for_people();
            output::remark(format_args!("Good once, until {until}, on the page {page}:"));
            if self.output.json {
                return output::json(&json!({
                    "token_id": made.token_id, "expires_at": made.expires_at, "page": page, "secret": secret.reveal(),
                }));
            }
            output::line(secret.reveal())
        })
    }
}

/// The token of this id or, if there is only one, of this login.
fn bearer(connection: &mut Connection, named: &str, now: Timestamp) -> Result<TokenId, Stop> {
    if let Ok(token_id) = named.parse() {
        return Ok(token_id);
    }
    match login::store::live_tokens_of(connection, named, now)?.as_slice() {
        [token_id] => Ok(*token_id),
        [] => Err(Refusal::not_found("token").into()),
        _ => Err(Refusal::field("TOKEN", "the id of one of this login's tokens: it has several").into()),
    }
}

fn list(house: &House, output: &Output) -> Result<(), Failure> {
    let tokens = house.read(|connection| {
        let mut tokens: Vec<TokenRow> = Vec::new();
        loop {
            let page = Page::behind(tokens.last().map(|token| token.token_no));
            let rows = store::list_tokens(connection, &page)?;
            if rows.is_empty() {
                return Ok(tokens);
            }
            tokens.extend(rows);
        }
    })?;
    if output.json {
        let tokens = tokens.iter().map(|token| {
            json!({
                "token_id": token.token_id, "subject": token.subject, "scope": token.scope,
                "agency_id": token.agency_id, "university_id": token.university_id,
                "created_at": token.created_at, "expires_at": token.expires_at, "revoked_at": token.revoked_at,
            })
        });
        return output::json(&tokens.collect::<Vec<_>>());
    }
    let now = house::system_clock().now();
    let mut table = Table::new(&["TOKEN", "LOGIN", "SCOPE", "STATE", "EXPIRES"]);
    for token in tokens {
        let state = state(&token, now);
        table.row([
            token.token_id.to_string(),
            token.subject,
            token.scope,
            state.into(),
            token.expires_at.for_people(),
        ]);
    }
    output::text(table)
}

fn state(token: &TokenRow, now: Timestamp) -> &'static str {
    match token.revoked_at {
        Some(_) => "revoked",
        None if now >= token.expires_at => "expired",
        None => "good",
    }
}
