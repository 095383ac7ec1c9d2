//! `vouchers retrained`: the official figure of success.

use super::table::Table;
use super::{Failure, House, Output, find, output};
use crate::oversight::retrained::{self, OfCategory};

/// How many specialists were retrained, against the target
#[derive(clap::Args)]
pub(super) struct Retrained {
    /// The programme's code
    #[arg(long, value_name = "CODE")]
    programme: String,
    #[command(flatten)]
    output: Output,
}

impl Retrained {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        let code = self.programme;
        let figures = house.read(|connection| {
            let programme = find::programme(connection, &code)?;
            Ok(retrained::retrained(connection, &programme)?)
        })?;
        if self.output.json {
            return output::json(&figures);
        }
        let mut table = Table::new(&["", "retrained"]);
        let mut row = |what: String, retrained: i64| table.row([what, retrained.to_string()]);
        for month in figures.by_month {
            row(month.month, month.retrained);
        }
        for OfCategory { category, retrained } in figures.by_body.into_iter().chain(figures.by_service) {
            row(category, retrained);
        }
        for agency in figures.by_agency {
            row(agency.name, agency.retrained);
        }
        row(format!("total, of {}", figures.target), figures.total);
        output::text(table)?;
        let Some(cost) = figures.cost_per_retrained else { return Ok(()) };
        output::line(format_args!("\nspent {}, for each of them {cost}", figures.spent))
    }
}
