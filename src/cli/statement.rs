//! `vouchers statement`: bank statements, and what of them waits for a person.

use super::table::Table;
use super::{Failure, House, Output, find, house, output};
use crate::kernel::Kopecks;
use crate::statement::ImportStatement;
use crate::statement::import::ImportedStatement;
use crate::statement::model::{Direction, Status};
use crate::statement::query::{self, ItemFilter};
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(super) enum Statement {
    /// Imports a statement (camt.053 or 1CClientBankExchange): it confirms the payments that it shows
    Import(Import),
    /// Items that are matched with no payment and wait for a person
    Unmatched(Unmatched),
}

#[derive(clap::Args)]
pub(super) struct Import {
    /// Code of the programme
    #[arg(long, value_name = "CODE")]
    programme: String,
    /// As the bank's system writes it
    file: PathBuf,
    /// Decides the same and writes nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
pub(super) struct Unmatched {
    /// Code of the programme
    #[arg(long, value_name = "CODE")]
    programme: String,
    #[command(flatten)]
    output: Output,
}

impl Statement {
    pub(super) fn run(self, house: &House) -> Result<(), Failure> {
        match self {
            Self::Import(import) => import.run(house),
            Self::Unmatched(unmatched) => unmatched.run(house),
        }
    }
}

impl Import {
    fn run(self, house: &House) -> Result<(), Failure> {
        let file = std::fs::read(&self.file).map_err(Failure::at(&self.file))?;
        let imported = house.with_app(|app| {
            let programme_id = app.read_blocking(|c| find::programme(c, &self.programme))?.programme_id;
            let new_id = || app.new_id();
            let command =
                ImportStatement::read(new_id, house::operator(), programme_id, &file, self.dry_run)?;
            Ok(app.writer.execute_blocking(command)?.reply)
        })?;
        if self.output.json {
            return output::json(&imported);
        }
        print(&imported)
    }
}

fn print(imported: &ImportedStatement) -> Result<(), Failure> {
    let mut table = Table::new(&["LINE", "DAY", "NUMBER", "DEBIT", "CREDIT", "OUTCOME", "WHY"]);
    for item in &imported.items {
        let [debit, credit] = sides(item.direction, item.amount);
        table.row([
            item.line.to_string(),
            item.booked_on.to_string(),
            item.document_number.clone(),
            debit,
            credit,
            item.outcome.as_str().to_owned(),
            item.because.clone().unwrap_or_default(),
        ]);
    }
    output::text(table)?;
    let ImportedStatement { matched_confirmed, matched_paid, matched_returned, unmatched, .. } = imported;
    output::line(format_args!(
        "{matched_confirmed} confirmed, {matched_paid} paid before, {matched_returned} returned, {unmatched} unmatched"
    ))?;
    match imported.statement_id {
        Some(id) => output::line(format_args!("Statement {id}")),
        None => output::line("A dry run: nothing was written"),
    }
}

fn sides(direction: Direction, amount: Kopecks) -> [String; 2] {
    match direction {
        Direction::Debit => [amount.to_string(), String::new()],
        Direction::Credit => [String::new(), amount.to_string()],
    }
}

impl Unmatched {
    fn run(self, house: &House) -> Result<(), Failure> {
        let items = house.read(|connection| {
            let programme_no = find::programme(connection, &self.programme)?.programme_no;
            let filter = ItemFilter { statement_no: None, status: Some(Status::Unmatched) };
            Ok(query::items(connection, programme_no, filter, None, i64::MAX)?)
        })?;
        let items: Vec<_> = items.into_iter().map(|(_, item)| item).collect();
        if self.output.json {
            return output::json(&items);
        }
        let mut table = Table::new(&["ITEM", "DAY", "NUMBER", "DEBIT", "CREDIT", "WHY"]);
        for item in &items {
            let [debit, credit] = sides(item.direction, item.amount);
            table.row([
                item.item_id.to_string(),
                item.booked_on.to_string(),
                item.document_number.clone(),
                debit,
                credit,
                item.because.clone().unwrap_or_default(),
            ]);
        }
        output::text(table)
    }
}
