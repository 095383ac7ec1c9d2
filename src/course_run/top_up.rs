//! Topping up a course run: more is obligated for it than its vouchers brought, in equal parts for its redemptions.

use super::model::Status;
use super::store;
use crate::kernel::{Code, CourseRunId, Kopecks, RedemptionId, Refusal};
use crate::ledger::allocation::allocate;
use crate::ledger::facts;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::{rules, shares};
use crate::programme::ProgrammeFacts;
use crate::proposal::act::{Acting, Hands};
use crate::writer::{Batch, Stop};
use serde::{Deserialize, Serialize};

/// Money for a run whose redemptions cannot pay all its hours.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TopUp {
    pub course_run_id: CourseRunId,
    pub amount: Kopecks,
    pub reason: String,
}

/// See [`crate::proposal::Act::decide`].
///
/// # Errors
/// `not_found`, `course_run_closed`, `invalid_field`, `budget_exceeded`; `invalid_transition` when nobody is enrolled.
pub fn decide(act: &TopUp, batch: &mut Batch<'_>, hands: Hands) -> Result<Acting, Stop> {
    let Hands { programme_no, proposal_id, actor } = hands;
    let connection = batch.connection()?;
    let run = store::find(connection, act.course_run_id, None)?
        .filter(|run| run.programme_no == programme_no)
        .ok_or_else(|| Refusal::not_found("course_run"))?;
    if run.status == Status::Closed {
        return Err(Code::CourseRunClosed.into());
    }
    let line = ProgrammeFacts::by_no(connection, programme_no)?.instructor_line()?;
    let live = shares::live_of_run(connection, programme_no, run.course_run_no)?;
    let available = batch.balance(programme_no, line, Account::Available)?;
    let parts = spread(act.amount, available, &live)?;
    let act = act.clone();
    Ok(Box::new(move |batch| {
        let event = Event::new(Kind::CourseRunToppedUp, batch.now(), actor.token_no)
            .about("proposal", proposal_id.bytes())
            .about("course_run", act.course_run_id.bytes())
            .about(facts::REASON, &facts::of_reason(&act.reason))
            .moving(rules::obligate(line, &parts));
        batch.record(programme_no, &event)
    }))
}

/// Equal parts to the kopeck; those of the lower redemption ids are a kopeck larger when it does not come out even.
fn spread(
    amount: Kopecks,
    available: Kopecks,
    live: &[(RedemptionId, Dimensions)],
) -> Result<Vec<(Dimensions, Kopecks)>, Refusal> {
    if !amount.is_positive() {
        return Err(Refusal::field("amount.amount", "more than zero"));
    }
    let shortfall = amount.get() - available.get();
    if shortfall > 0 {
        let refusal = Refusal::new(Code::BudgetExceeded).at("amount.amount");
        let refusal = refusal.with("available_kopecks", available.get());
        return Err(refusal.with("shortfall_kopecks", shortfall));
    }
    // Each may take all of it: what is the same for everybody does not weigh.
    let weights: Vec<_> = (0..).zip(live).map(|(place, (id, _))| ((*id, place), amount)).collect();
    let parts = allocate(amount, &weights)
        .map_err(|_| Refusal::invalid_transition("top_up", "nobody_enrolled", &["redeem"]))?;
    let parts = parts.into_iter().filter(|(_, part)| part.is_positive());
    Ok(parts
        .map(|((_, place), part)| {
            let (_, about): (_, Dimensions) = live[place];
            (about, part)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(count: u8) -> Vec<(RedemptionId, Dimensions)> {
        let one = |number: u8| {
            let about = Dimensions { redemption_no: Some(i64::from(number)), ..Dimensions::default() };
            (RedemptionId(uuid::Uuid::from_bytes([number; 16])), about)
        };
        (1..=count).map(one).collect()
    }

    #[test]
    fn everybody_gets_the_same_to_the_kopeck() {
        let parts = spread(Kopecks::new(100), Kopecks::new(100), &live(3)).unwrap();
        let parts: Vec<_> = parts.iter().map(|(about, part)| (about.redemption_no, part.get())).collect();
        assert_eq!(parts, [(Some(1), 34), (Some(2), 33), (Some(3), 33)]);
        assert_eq!(spread(Kopecks::new(2), Kopecks::new(100), &live(3)).unwrap().len(), 2);
    }

    #[test]
    fn only_what_is_available_and_for_somebody() {
        let refusal = |amount, available, live: &[_]| {
            spread(Kopecks::new(amount), Kopecks::new(available), live).unwrap_err()
        };
        assert_eq!(refusal(101, 100, &live(1)).facts["shortfall_kopecks"], 1);
        assert_eq!(refusal(0, 100, &live(1)).code, Code::InvalidField);
        assert_eq!(refusal(1, 100, &[]).code, Code::InvalidTransition);
    }
}
