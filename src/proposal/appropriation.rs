//! An appropriation to a budget line, or its amendment up or down.

use super::act::{Acting, Hands};
use crate::kernel::{BudgetLineId, Kopecks, Refusal, Text};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::{bounds, rules};
use crate::programme::{ProgrammeFacts, store};
use crate::writer::{Batch, Stop};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Kopecks of one appropriation at most: a trillion roubles.
const MAX_AMOUNT: i64 = 100_000_000_000_000;

/// The number of the document (law, order) that an appropriation rests on.
pub type DocumentNumber = Text<1, 100>;

/// Money that comes to a line; a negative amount takes back what is still available.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Appropriation {
    pub budget_line_id: BudgetLineId,
    pub amount: Kopecks,
    pub document_number: DocumentNumber,
}

/// Which way an amount goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Direction {
    Up(Kopecks),
    Down(Kopecks),
}

/// Only what is available can be taken back.
fn direction(amount: Kopecks, available: Kopecks) -> Result<Direction, Refusal> {
    let size = amount.get().unsigned_abs();
    let size = i64::try_from(size).ok().filter(|size| (1..=MAX_AMOUNT).contains(size)).ok_or_else(|| {
        Refusal::field("amount.amount", format!("1 to {MAX_AMOUNT} kopecks, or as many taken back"))
    })?;
    if amount.is_positive() {
        return Ok(Direction::Up(amount));
    }
    let size = Kopecks::new(size);
    bounds::within_available(size, available)?;
    Ok(Direction::Down(size))
}

/// See [`super::Act::decide`].
///
/// # Errors
/// `not_found`, `programme_not_open` once the programme is closed, `invalid_field`, `budget_exceeded`.
pub fn decide(act: &Appropriation, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let line_no = find_line(batch, act.budget_line_id, programme_no)?;
    ProgrammeFacts::by_no(batch.connection()?, programme_no)?.accepts_changes()?;
    let available = batch.balance(programme_no, line_no, Account::Available)?;
    let (kind, postings) = match direction(act.amount, available)? {
        Direction::Up(amount) => (Kind::AppropriationMade, rules::appropriation(line_no, amount)),
        Direction::Down(amount) => {
            (Kind::AppropriationReduced, rules::appropriation_reduced(line_no, amount))
        }
    };
    let document_hash = Sha256::digest(act.document_number.as_str());
    let budget_line_id = act.budget_line_id;
    Ok(Box::new(move |batch| {
        let event = Event::new(kind, batch.now(), actor.token_no)
            .about("proposal", proposal_id.bytes())
            .about("budget_line", budget_line_id.bytes())
            .about("document_sha256", &document_hash)
            .moving(postings);
        batch.record(programme_no, &event)
    }))
}

/// The number of a line of this programme.
///
/// # Errors
/// `not_found`.
pub(super) fn find_line(batch: &mut Batch<'_>, id: BudgetLineId, programme_no: i64) -> Result<i64, Stop> {
    let found = store::find_budget_line(batch.connection()?, id)?;
    let own = found.filter(|line| line.programme_no == programme_no);
    Ok(own.ok_or_else(|| Refusal::not_found("budget_line"))?.budget_line_no)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;

    fn direct(amount: i64, available: i64) -> Result<Direction, Refusal> {
        direction(Kopecks::new(amount), Kopecks::new(available))
    }

    #[test]
    fn up_is_free_and_down_is_bounded_by_what_is_available() {
        assert_eq!(direct(5, 0), Ok(Direction::Up(Kopecks::new(5))));
        assert_eq!(direct(-5, 5), Ok(Direction::Down(Kopecks::new(5))));
        let refusal = direct(-5, 3).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["shortfall_kopecks"]), (Code::BudgetExceeded, &2.into()));
    }

    #[test]
    fn nothing_and_the_immeasurable_are_no_amounts() {
        for amount in [0, i64::MIN, i64::MAX, MAX_AMOUNT + 1, -MAX_AMOUNT - 1] {
            assert_eq!(direct(amount, i64::MAX).unwrap_err().code, Code::InvalidField, "{amount}");
        }
    }
}
