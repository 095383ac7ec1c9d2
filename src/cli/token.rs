//! `vouchers token`: API tokens.

use super::table::Table;
use super::{Failure, House, Output, find, house, output};
use crate::access::store::{self, TokenRow};
use crate::access::{CreateToken, Holder, RevokeToken, Subject};
use crate::http::Page;
use crate::kernel::{Scope, Timestamp, TokenId};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

const SECONDS_A_DAY: i64 = 86_400;

#[derive(clap::Subcommand)]
pub(super) enum Token {
    /// Makes a token and prints its secret, this once
    Create(Create),
    /// Lists the tokens; their secrets are not kept
    List(Output),
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
            let secret = app.new_secret();
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
