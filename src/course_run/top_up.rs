//! Topping up a course run: more is obligated for it than its vouchers brought, in equal parts for its redemptions.

use super::model::Status;
use super::store;
use crate::kernel::{Code, CourseRunId, Kopecks, RedemptionId, Refusal};
use crate::ledger::facts;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::{bounds, rules, shares, spread};
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
    let parts = parts(act.amount, available, &live)?;
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
fn parts(
    amount: Kopecks,
    available: Kopecks,
    live: &[(RedemptionId, Dimensions)],
) -> Result<Vec<(Dimensions, Kopecks)>, Refusal> {
    bounds::positive(amount)?;
    bounds::within_available(amount, available)?;
    let nobody = |_| Refusal::invalid_transition("top_up", "nobody_enrolled", &["redeem"]);
    spread::equally(amount, live).map_err(nobody)
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
        let all = parts(Kopecks::new(100), Kopecks::new(100), &live(3)).unwrap();
        let each: Vec<_> = all.iter().map(|(about, part)| (about.redemption_no, part.get())).collect();
        assert_eq!(each, [(Some(1), 34), (Some(2), 33), (Some(3), 33)]);
        assert_eq!(parts(Kopecks::new(2), Kopecks::new(100), &live(3)).unwrap().len(), 2);
    }

    #[test]
    fn only_what_is_available_and_for_somebody() {
        let refusal = |amount, available, live: &[_]| {
            parts(Kopecks::new(amount), Kopecks::new(available), live).unwrap_err()
        };
        assert_eq!(refusal(101, 100, &live(1)).facts["shortfall_kopecks"], 1);
        assert_eq!(refusal(0, 100, &live(1)).code, Code::InvalidField);
        assert_eq!(refusal(1, 100, &[]).code, Code::InvalidTransition);
    }
}
