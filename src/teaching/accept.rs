//! Accepting a session: its hours become money owed to the instructor and the tax office.

use super::contract;
use super::model::{self, Status};
use super::store;
use crate::kernel::{Actor, Kopecks, Refusal, SessionId};
use crate::ledger::model::{Account, Event, Kind};
use crate::ledger::{facts, rules, shares};
use crate::programme::ProgrammeFacts;
use crate::writer::{Batch, Change, Command, Done, Failure, Stop};
use serde::{Deserialize, Serialize};

/// Accepts a recorded session; takes another person than the one who recorded it.
pub struct AcceptSession {
    pub session_id: SessionId,
    pub actor: Actor,
    /// The caller's university, whose session it must be.
    pub university_no: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Accepted {
    pub session_id: SessionId,
    pub status: Status,
    /// Gross pay of the instructor.
    pub pay: Kopecks,
    /// Payroll contributions on top of it.
    pub contributions: Kopecks,
}

impl Command for AcceptSession {
    type Reply = Accepted;

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Accepted>, Stop> {
        let now = batch.now();
        let connection = batch.connection()?;
        let session = store::session_to_accept(connection, self.session_id, Some(self.university_no))?
            .ok_or_else(|| Refusal::not_found("session"))?;
        let programme_no = session.programme_no;
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        let line = programme.instructor_line()?;
        let contracts = store::contracts(connection, session.payee_no)?;
        let hourly_rate = contract::on(&contracts, session.held_on)
            .map_err(|_| {
                Failure::Inconsistent(format!("payee {} taught without a contract", session.payee_no))
            })?
            .hourly_rate;
        let tax_office_no = store::tax_office(connection)?.ok_or_else(|| {
            Refusal::not_found("tax_office").with("remedy", "the administrator registers it")
        })?;
        let known = model::AcceptFacts {
            status: session.status,
            recorded_by: session.recorded_by,
            held_on: session.held_on,
            today: now.date(),
            hours: session.hours,
            hourly_rate,
            contribution_basis_points: programme.contribution_basis_points,
            session_no: session.session_no,
            instructor_no: session.payee_no,
            tax_office_no,
            obligated: shares::of_run(connection, programme_no, session.course_run_no, Account::Obligated)?,
        };
        let accrual = model::accept(&self.actor, &known)?;

        let reply = Accepted {
            session_id: self.session_id,
            status: Status::Accepted,
            pay: accrual.pay,
            contributions: accrual.contributions,
        };
        let digest = facts::of_acceptance(
            session.hours,
            hourly_rate,
            programme.contribution_basis_points,
            accrual.pay,
            accrual.contributions,
        );
        let event = Event::new(Kind::SessionAccepted, now, self.actor.token_no)
            .about("session", self.session_id.bytes())
            .about(facts::SUBJECT, &digest)
            .moving(rules::accrue(line, &accrual.shares));
        let accepted_by = self.actor.subject.clone();
        let session_no = session.session_no;
        Ok(Box::new(move |batch| {
            let entry = batch.record(programme_no, &event)?;
            store::accept(
                batch.connection()?,
                entry,
                session_no,
                &accepted_by,
                accrual.pay,
                accrual.contributions,
            )?;
            Ok(Done::new(reply, entry))
        }))
    }
}
