//! Agencies ask for vouchers, the programme office approves, and vouchers are issued.

use super::{PRIORITY_UNTIL, Play, Ticket};
use crate::demo::cast::Agency;
use crate::demo::progress::step;
use crate::demo::roster::{Intended, Roster};
use crate::demo::run::DemoError;
use crate::demo::stage::{day, refused};
use crate::employee::csv;
use crate::kernel::*;
use crate::request::model::Mode;
use crate::request::submit::Candidate;
use crate::request::{ApproveRequest, SubmitRequest, SubmittedRequest};
use crate::voucher::issue::read_order;
use chrono::Days;

/// The requests of all agencies, in the order in which they are served.
pub(super) struct Requested {
    pub(super) requests: Vec<(RequestId, bool)>,
    pub(super) rows: usize,
    pub(super) refused: usize,
}

impl Play<'_> {
    /// Every agency's list, row by row as intended.
    pub(super) fn request(&self, roster: &Roster) -> Result<Requested, DemoError> {
        self.stage.turn_to(day(2, 11), 10);
        let bar = step("Заявки органов / Requests of agencies", self.cast.agencies.len());
        let mut requested = Requested { requests: Vec::new(), rows: 0, refused: 0 };
        for agency in &self.cast.agencies {
            let submitted = self.submit(agency, roster)?;
            if submitted.waits_until.is_some() != agency.is_municipality {
                return Err(DemoError::Mismatch(format!("{} waits wrongly for its turn", agency.code)));
            }
            requested.rows += submitted.rows.len();
            requested.refused += submitted.refused;
            let request_id = submitted.request_id;
            let request_id = request_id.ok_or_else(|| DemoError::Mismatch("a request left no id".into()))?;
            requested.requests.push((request_id, agency.is_municipality));
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(requested)
    }

    fn submit(&self, agency: &Agency, roster: &Roster) -> Result<SubmittedRequest, DemoError> {
        let doing = "requesting";
        let app = &self.stage.app;
        let file = roster.roster_csv(&agency.code);
        let rows = csv::read(file.as_bytes()).map_err(refused(doing))?;
        let candidate = |row| {
            let new_id = EmployeeId(app.new_id());
            Candidate::new(row, &app.holder_secret, self.programme_id, agency.agency_id, new_id)
        };
        let command = SubmitRequest {
            request_id: RequestId(app.new_id()),
            programme_id: self.programme_id,
            agency_no: agency.agency_no,
            agency_id: agency.agency_id,
            actor: agency.officer.clone(),
            mode: Mode::BestEffort,
            dry_run: false,
            rows: rows.into_iter().map(candidate).collect(),
        };
        let submitted = self.stage.order(doing, command)?.reply;
        let intended = roster.of(&agency.code).map(|employee| (&employee.client_ref, employee.intended));
        let came = submitted.rows.iter().map(|row| (&row.client_ref, row.code.as_deref()));
        for ((client_ref, intended), (came_ref, code)) in intended.zip(came) {
            if client_ref != came_ref || code != code_of(intended) {
                return Err(DemoError::Mismatch(format!(
                    "{client_ref} was to be {intended:?}, and is {code:?}"
                )));
            }
        }
        Ok(submitted)
    }

    /// Approves and issues: bodies of state power, then, after their turn, municipalities.
    pub(super) fn issue(&self, requests: &[(RequestId, bool)]) -> Result<Vec<Ticket>, DemoError> {
        let bar = step("Выпуск сертификатов / Issuing vouchers", requests.len());
        let approve = |request_id| ApproveRequest { request_id, actor: self.cast.programme.clone() };
        let mut tickets = Vec::new();
        self.stage.turn_to(day(3, 2), 10);
        if let Some((early, _)) = requests.iter().find(|(_, is_municipality)| *is_municipality)
            && self.stage.app.writer.execute_blocking(approve(*early)).is_ok()
        {
            return Err(DemoError::Mismatch("a municipality was served before its turn".into()));
        }
        for (request_id, is_municipality) in requests {
            if *is_municipality {
                self.stage.turn_to(PRIORITY_UNTIL + Days::new(1), 10);
            }
            self.stage.order("approving", approve(*request_id))?;
            tickets.extend(self.issue_request(*request_id)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        if tickets.len() != 2_000 {
            return Err(DemoError::Mismatch(format!("{} vouchers were issued", tickets.len())));
        }
        Ok(tickets)
    }

    fn issue_request(&self, request_id: RequestId) -> Result<Vec<Ticket>, DemoError> {
        let doing = "issuing";
        let app = &self.stage.app;
        let order =
            self.stage.look(doing, |connection| read_order(connection, request_id, || app.new_id()))?;
        let desk = self.stage.signing_desk();
        let signed =
            desk.prepare_blocking(&app.writer, &order.programme, &order.drafts()).map_err(refused(doing))?;
        let tickets = signed
            .iter()
            .map(|signed| Ticket { voucher_id: signed.voucher_id, credential: signed.credential.text() })
            .collect();
        self.stage.order(doing, order.signed(request_id, self.cast.programme.clone(), signed))?;
        Ok(tickets)
    }
}

/// The code of the refusal that was intended.
const fn code_of(intended: Intended) -> Option<&'static str> {
    match intended {
        Intended::Accepted => None,
        Intended::NotEligible => Some(Code::NotEligible.as_str()),
        Intended::DuplicateHolder => Some(Code::DuplicateHolder.as_str()),
        Intended::OverQuota => Some(Code::QuotaExceeded.as_str()),
    }
}
