//! Creating a budget line. Its money comes by appropriations, which take two people (`proposal`).

use super::lifecycle::find;
use super::model::NewBudgetLine;
use super::store;
use super::view::BudgetLine;
use crate::kernel::{Actor, BudgetLineId, Code, ProgrammeId, Refusal};
use crate::ledger::model::{Event, Kind};
use crate::writer::{Batch, Change, Command, Done, Stop};

/// Creates a budget line; a programme has one for each item.
pub struct CreateBudgetLine {
    pub programme_id: ProgrammeId,
    pub budget_line_id: BudgetLineId,
    pub actor: Actor,
    pub new: NewBudgetLine,
}

impl Command for CreateBudgetLine {
    type Reply = BudgetLine;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<BudgetLine>, Stop> {
        let facts = find(batch, self.programme_id)?;
        facts.accepts_changes()?;
        let programme_no = facts.programme_no;
        let lines = store::budget_lines(batch.connection()?, programme_no)?;
        if let Some(line) = lines.iter().find(|line| line.item == self.new.item) {
            let refusal = Refusal::new(Code::AlreadyExists).at("item");
            return Err(refusal.with("budget_line_id", line.budget_line_id).into());
        }
        let (id, recorded_by, new) = (self.budget_line_id, self.actor.token_no, self.new.clone());
        Ok(Box::new(move |batch| {
            let budget_line_no = batch.next_index(programme_no)?;
            store::insert_budget_line(batch.connection()?, programme_no, budget_line_no, id, &new)?;
            let event = Event::new(Kind::BudgetLineCreated, batch.now(), recorded_by)
                .about("budget_line", id.bytes())
                .about("kbk", new.kbk.to_string().as_bytes());
            let entry = batch.record(programme_no, &event)?;
            let NewBudgetLine { kbk, item, name } = new;
            let line = BudgetLine { budget_line_id: id, kbk, item, name: name.as_str().to_owned() };
            Ok(Done::new(line, entry))
        }))
    }
}
