//! `vouchers init`.

use super::{Failure, House, Output, house, output};
use crate::installation::{self, NewInstallation};
use serde_json::json;

#[derive(clap::Args)]
pub(super) struct Init {
    /// The name in credentials and logs: short, like a host name
    #[arg(long, value_name = "NAME", default_value = "vouchers.local")]
    issuer: String,
    #[command(flatten)]
    output: Output,
}

impl Init {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let config = &house.config;
        installation::init(&NewInstallation {
            database: &config.database,
            keys: &config.keys,
            issuer: &self.issuer,
            passphrase: house.passphrase(),
            clock: &house::system_clock(),
        })?;
        if house.passphrase().is_none() {
            output::remark(
                "The private keys are not encrypted: for production set VOUCHERS_KEY_PASSPHRASE first.",
            );
        }
        output::remark("Keep a copy of the keys where the data's copies are not.");
        output::remark("Next: vouchers token create --scope admin --subject YOUR-LOGIN; vouchers serve");
        if self.output.json {
            return output::json(
                &json!({ "issuer": self.issuer, "database": config.database.to_string(), "keys": config.keys }),
            );
        }
        output::line(format_args!("Issuer {}", self.issuer))?;
        output::line(format_args!("Data   {}", config.database))?;
        output::line(format_args!("Keys   {}", config.keys.display()))
    }
}
