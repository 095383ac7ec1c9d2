//! `vouchers key`: signing keys.

use super::table::Table;
use super::{Failure, House, Output, house, output};
use crate::credential::{KeyRecord, Purpose, key_files};
use crate::keys::rotate::RotateKey;
use crate::keys::{self, store};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;

#[derive(clap::Subcommand)]
pub(super) enum Key {
    /// Lists the keys and their states, oldest first
    List(Output),
    /// Makes a new key that signs from now on; what the old one signed keeps verifying
    Rotate {
        /// What the key is for
        #[arg(long, value_parser = purpose())]
        purpose: Purpose,
        #[command(flatten)]
        output: Output,
    },
}

fn purpose() -> impl TypedValueParser<Value = Purpose> {
    let all = [Purpose::Credential, Purpose::Log];
    PossibleValuesParser::new(all.map(Purpose::as_str)).try_map(move |text| {
        all.into_iter().find(|purpose| purpose.as_str() == text).ok_or("no such purpose")
    })
}

impl Key {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::List(output) => list(house, &output),
            Self::Rotate { purpose, output } => rotate(house, purpose, &output),
        }
    }
}

fn list(house: &House, output: &Output) -> Result<(), Failure> {
    let keys = house.read(|connection| Ok(store::all(connection)?))?;
    let is_at_hand = |key: &KeyRecord| {
        house.config.keys.join(format!("{}-{}.pem", key.purpose.as_str(), key.kid.hex())).exists()
    };
    if output.json {
        let keys = keys.iter().map(|key| {
            json!({
                "kid": key.kid.to_string(), "purpose": key.purpose.as_str(), "state": store::state_name(key.state),
                "valid_from": key.valid_from, "valid_until": key.valid_until,
                "compromised_at": key.compromised_at, "private_key_at_hand": is_at_hand(key),
            })
        });
        return output::json(&keys.collect::<Vec<_>>());
    }
    let mut table = Table::new(&["KEY", "PURPOSE", "STATE", "VALID FROM", "VALID UNTIL", "PRIVATE KEY"]);
    for key in &keys {
        table.row([
            key.kid.to_string(),
            key.purpose.as_str().into(),
            store::state_name(key.state).into(),
            key.valid_from.for_people(),
            key.valid_until.map(|until| until.for_people()).unwrap_or_default(),
            if is_at_hand(key) { "here" } else { "not here" }.into(),
        ]);
    }
    output::text(table)
}

/// The private half is on disk before the database knows the key, and `jwks.json` follows: a rotation
/// that stops half-way leaves a key that nobody uses.
fn rotate(house: &House, purpose: Purpose, output: &Output) -> Result<(), Failure> {
    let directory = &house.config.keys;
    house.with_app(|app| {
        let (new, signer) = key_files::generate(directory, purpose, app.clock.now(), house.passphrase())?;
        if purpose == Purpose::Log {
            app.sign_log_with(Some(signer));
        }
        let rotated = app.writer.execute_blocking(RotateKey { new, actor: house::operator() })?.reply;
        let signers = key_files::read_private_keys(directory, house.passphrase())?;
        let keyring = app.read_blocking(|connection| Ok(keys::keyring(connection, signers)?))?;
        key_files::write_jwks(directory, &keyring)?;
        output::remark("A running server takes the new key up within a second or two.");
        if output.json {
            return output::json(&rotated);
        }
        output::line(format_args!("{} signs for {} from now on", rotated.kid, purpose.as_str()))?;
        for kid in rotated.retired {
            output::line(format_args!("{kid} is retired: what it signed keeps verifying"))?;
        }
        Ok(())
    })
}
