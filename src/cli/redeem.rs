//! `vouchers redeem`: what the enrolment table does, by hand.

use super::verify::credential_in;
use super::{Failure, House, Output, find, house, output};
use crate::http::Receipted;
use crate::kernel::{Code, RedemptionId, Refusal, Scope};
use crate::redemption::http::{presented, registrar};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("presented").required(true)))]
pub(super) struct Redeem {
    /// The text of the QR code, TV1:…
    #[arg(long, value_name = "TEXT", group = "presented")]
    credential: Option<String>,
    /// A picture of the QR code
    #[arg(long, value_name = "FILE.png", group = "presented")]
    qr: Option<PathBuf>,
    /// The voucher's number, when nothing can be scanned; recorded as redeemed by number
    #[arg(long, value_name = "NUMBER", group = "presented")]
    number: Option<String>,
    /// Code or id of the course run
    #[arg(long, value_name = "CODE|ID")]
    course_run: String,
    /// The holder was compared with a document
    #[arg(long)]
    identity_checked: bool,
    /// The same id again gets the same answer [default: a new one]
    #[arg(long, value_name = "UUID")]
    redemption_id: Option<RedemptionId>,
    /// Secret of a registrar's token
    #[arg(long, value_name = "TOKEN", env = "VOUCHERS_TOKEN", hide_env_values = true)]
    token: String,
    #[command(flatten)]
    output: Output,
}

impl Redeem {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let scanned = match &self.qr {
            Some(path) => Some(credential_in(&std::fs::read(path).map_err(Failure::at(path))?)?),
            None => self.credential,
        };
        house.with_app(|app| {
            let caller = house::bearer(app, &self.token)?;
            if caller.scope != Scope::Registrar {
                return Err(Refusal::new(Code::Forbidden).with("allowed_scopes", [Scope::Registrar]).into());
            }
            let registrar = registrar(&caller)?;
            let university_no = registrar.university_no;
            let command = crate::redemption::redeem::Redeem {
                redemption_id: self.redemption_id.unwrap_or_else(|| RedemptionId(app.new_id())),
                presented: presented(scanned.as_deref(), self.number.as_deref(), &app.keyring())?,
                course_run_id: app.read_blocking(|c| find::course_run(c, university_no, &self.course_run))?,
                identity_checked: self.identity_checked,
                registrar,
            };
            let answer = app.writer.execute_blocking(command)?;
            if self.output.json {
                return output::json(&Receipted::from(answer));
            }
            let again = if answer.replayed { " (before, by this same redemption id)" } else { "" };
            let made = &answer.reply;
            let at = made.redeemed_at.for_people();
            output::line(format_args!(
                "Redeemed (погашен) {} into {} at {at}{again}",
                made.number, made.course_run
            ))?;
            output::line(format_args!(
                "Redemption {}; {} is obligated",
                made.redemption_id, made.face_value
            ))?;
            match answer.receipt() {
                Some(receipt) => output::line(format_args!("\n{receipt}")),
                None => Ok(()),
            }
        })
    }
}
