//! `vouchers init`.

use super::{Failure, House, house};
use crate::installation::{self, NewInstallation};

#[derive(clap::Args)]
pub(super) struct Init {
    /// The name in credentials and logs: short, like a host name
    #[arg(long, value_name = "NAME", default_value = "vouchers.local")]
    issuer: String,
}

impl Init {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let config = &house.config;
        installation::init(&NewInstallation {
            data: &config.data,
            keys: &config.keys,
            issuer: &self.issuer,
            passphrase: house.passphrase(),
            clock: &house::system_clock(),
        })?;
        println!("Issuer {}", self.issuer);
        println!("Data   {}", config.data.display());
        println!("Keys   {} (keep a copy where the data's copies are not)", config.keys.display());
        if house.passphrase().is_none() {
            eprintln!(
                "The private keys are not encrypted: for production set VOUCHERS_KEY_PASSPHRASE first."
            );
        }
        eprintln!("Next: vouchers token create --scope admin --subject YOUR-LOGIN; vouchers serve");
        Ok(())
    }
}
