//! Records beside the books against the leaves that recorded them: nobody has changed a price, what an instructor is engaged for,
//! what was taught and accepted, to whom it is owed, what was ordered to be paid, what was cancelled, withdrawn or
//! returned and why. A file for each kind of record loads them; this one compares.
//!
//! The number of such a record is the index of its leaf, so the two are read side by side. What befell it later is the
//! leaf of another number, which the record names: it waits in `later` until that leaf has been read.

mod agreed;
mod later;
mod learning;
mod offline;
mod paid;
mod quotas;
mod redeemed;
mod statements;
mod taught;
mod unmasked;

use self::later::Later;
use super::Check;
use crate::db::Connection;
use crate::ledger::books::SERVICE;
use crate::ledger::leaf::Leaf;
use crate::ledger::model::Kind;
use crate::ledger::{facts, told};
use diesel::prelude::*;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What the leaf of a record says when nobody has changed the record.
type Subjects = Vec<(&'static str, Vec<u8>)>;

/// Records of one kind by their numbers.
type Records = BTreeMap<i64, Subjects>;

pub(super) struct RecordChecks {
    /// What records of the pages read so far say of leaves to come; few.
    later: Later,
    programmes: Check,
    redemptions: Check,
    contracts: Check,
    plans: Check,
    sessions: Check,
    payments: Check,
    statements: Check,
    attendance: Check,
    results: Check,
    completions: Check,
    campaign: Check,
    periods: Check,
    devices: Check,
    conflicts: Check,
    unmaskings: Check,
    quota_moves: Check,
}

impl RecordChecks {
    pub(super) fn new() -> Self {
        Self {
            later: Later::default(),
            programmes: Check::new("programmes_as_signed"),
            redemptions: Check::new("redemptions_as_signed"),
            contracts: Check::new("contracts_as_signed"),
            plans: Check::new("plans_as_signed"),
            sessions: Check::new("sessions_as_signed"),
            payments: Check::new("payments_as_signed"),
            statements: Check::new("statements_as_signed"),
            attendance: Check::new("attendance_as_signed"),
            results: Check::new("results_as_signed"),
            completions: Check::new("completions_as_signed"),
            campaign: Check::new("campaign_as_signed"),
            periods: Check::new("periods_as_signed"),
            devices: Check::new("devices_as_signed"),
            conflicts: Check::new("conflicts_as_signed"),
            unmaskings: Check::new("unmaskings_as_signed"),
            quota_moves: Check::new("quota_moves_as_signed"),
        }
    }

    pub(super) fn into_checks(self) -> Vec<Check> {
        let Self {
            later: _,
            programmes,
            redemptions,
            contracts,
            plans,
            sessions,
            payments,
            statements,
            attendance,
            results,
            completions,
            campaign,
            periods,
            devices,
            conflicts,
            unmaskings,
            quota_moves,
        } = self;
        vec![
            programmes,
            redemptions,
            contracts,
            plans,
            sessions,
            payments,
            statements,
            attendance,
            results,
            completions,
            campaign,
            periods,
            devices,
            conflicts,
            unmaskings,
            quota_moves,
        ]
    }

    /// Compares the records numbered in `range` of one log with the leaves there. The ranges of a log come in order.
    pub(super) fn compare(
        &mut self,
        connection: &mut Connection,
        programme_no: i64,
        range: &RangeInclusive<i64>,
        leaves: &BTreeMap<i64, Leaf>,
    ) -> QueryResult<()> {
        let page = Page { programme_no, leaves };
        if programme_no == SERVICE {
            let contracts = taught::contracts(connection, range)?;
            page.compare(&mut self.contracts, "contract", contracts, Kind::InstructorContractAdded);
            let devices = offline::devices(connection, range, &mut self.later)?;
            page.compare(&mut self.devices, "device", devices, Kind::DevicePaired);
            let revoked = self.later.due(SERVICE, Kind::DeviceRevoked, *range.end());
            page.compare(&mut self.devices, "revocation of a device", revoked, Kind::DeviceRevoked);
        }
        self.compare_programme(connection, &page)?;
        let plans = taught::plans(connection, programme_no, range)?;
        let planned = page.of_kind(Kind::CourseRunCreated).filter(|(_, leaf)| facts::are_bound(leaf));
        page.compare_each(&mut self.plans, "the plan of course run", plans, planned);

        let later = &mut self.later;
        let redemptions = redeemed::redemptions(connection, programme_no, range, later)?;
        let moves = redeemed::moves(connection, programme_no, range)?;
        let sessions = taught::sessions(connection, programme_no, range, later)?;
        let payments = paid::payments(connection, programme_no, range, later)?;
        let statements = statements::statements(connection, programme_no, range, later)?;
        let cases = offline::cases(connection, programme_no, range, later)?;
        let moved_quotas = quotas::moves(connection, programme_no, range, later)?;
        let mut due = |kind| later.due(programme_no, kind, *range.end());

        let check = &mut self.redemptions;
        page.compare(check, "redemption", redemptions, Kind::Redeemed);
        let kind = Kind::RedemptionReversed;
        page.compare(check, "reversal of a redemption", due(kind), kind);
        page.compare(check, "move of an enrolment", moves, Kind::EnrolmentMoved);
        let check = &mut self.sessions;
        page.compare(check, "session", sessions, Kind::SessionRecorded);
        let kind = Kind::SessionAccepted;
        page.compare(check, "the acceptance of session", due(kind), kind);
        let kind = Kind::SessionCancelled;
        page.compare(check, "cancellation of a session", due(kind), kind);
        let check = &mut self.payments;
        page.compare(check, "payment", payments, Kind::PaymentPrepared);
        let kind = Kind::PaymentWithdrawn;
        page.compare(check, "withdrawal of a payment", due(kind), kind);
        let kind = Kind::PaymentReturned;
        page.compare(check, "return of a payment", due(kind), kind);
        let check = &mut self.statements;
        page.compare(check, "bank statement", statements, Kind::StatementImported);
        let kind = Kind::StatementItemResolved;
        page.compare(check, "resolution of an item", due(kind), kind);
        let accounts = statements::accounts(connection, programme_no, range)?;
        page.compare(check, "settlement account", accounts, Kind::SettlementAccountSet);

        let check = &mut self.conflicts;
        page.compare(check, "conflict case", cases, Kind::ConflictOpened);
        let kind = Kind::ConflictDecided;
        page.compare(check, "decision of a case", due(kind), kind);
        let check = &mut self.quota_moves;
        page.compare(check, "move of a quota", moved_quotas, Kind::QuotaMoveProposed);
        let kind = Kind::QuotaMoveAgreed;
        page.compare(check, "consent to a move of a quota", due(kind), kind);
        let kind = Kind::QuotaMoveEnded;
        page.compare(check, "end of a move of a quota", due(kind), kind);
        let items = offline::items(connection, programme_no, range, leaves)?;
        let following = leaves.iter().map(|(log_index, leaf)| (*log_index, leaf));
        let following = following.filter(|(_, leaf)| offline::follows_item(leaf));
        page.compare_each(&mut self.devices, "offline item", items, following);

        let contracts = agreed::contracts(connection, programme_no, range)?;
        page.compare(&mut self.campaign, "contract", contracts, Kind::ContractSigned);
        let acts = agreed::acts(connection, programme_no, range)?;
        page.compare(&mut self.campaign, "act", acts, Kind::ActAccepted);
        let periods = agreed::periods(connection, programme_no, range)?;
        page.compare(&mut self.periods, "period", periods, Kind::PeriodClosed);
        let attendance = learning::attendance(connection, programme_no, range)?;
        page.compare(&mut self.attendance, "attendance list", attendance, Kind::AttendanceRecorded);
        let results = learning::results(connection, programme_no, range)?;
        page.compare(&mut self.results, "list of results", results, Kind::ResultsRecorded);
        let completions = learning::completions(connection, programme_no, range)?;
        page.compare(&mut self.completions, "completion", completions, Kind::Completed);
        let check = &mut self.unmaskings;
        let holders = unmasked::holders(connection, programme_no, range)?;
        page.compare(check, "unmasking of a holder", holders, Kind::HolderUnmasked);
        let payees = unmasked::payees(connection, programme_no, range)?;
        page.compare(check, "unmasking of a payee", payees, Kind::PayeeUnmasked);
        Ok(())
    }

    /// The programme's own figures with those it was opened with.
    fn compare_programme(&mut self, connection: &mut Connection, page: &Page<'_>) -> QueryResult<()> {
        for (_, leaf) in page.of_kind(Kind::ProgrammeOpened) {
            let programme_no = page.programme_no;
            let stored = told::of_programme(connection, programme_no).optional()?;
            self.programmes.that(stored.is_some_and(|stored| facts::are_those_of(&stored, leaf)), || {
                format!("programme {programme_no} has other figures than it was opened with")
            });
        }
        Ok(())
    }
}

/// Leaves of one log next to each other.
struct Page<'p> {
    programme_no: i64,
    leaves: &'p BTreeMap<i64, Leaf>,
}

impl<'p> Page<'p> {
    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (i64, &'p Leaf)> + use<'p> {
        let of = move |(_, leaf): &(&i64, &Leaf)| leaf.kind == kind.number();
        self.leaves.iter().filter(of).map(|(log_index, leaf)| (*log_index, leaf))
    }

    /// Each leaf of the kind with the record of its number, and no record without a leaf.
    fn compare(&self, check: &mut Check, noun: &str, records: Records, kind: Kind) {
        self.compare_each(check, noun, records, self.of_kind(kind));
    }

    fn compare_each(
        &self,
        check: &mut Check,
        noun: &str,
        mut records: Records,
        leaves: impl Iterator<Item = (i64, &'p Leaf)>,
    ) {
        let programme_no = self.programme_no;
        for (log_index, leaf) in leaves {
            let record = records.remove(&log_index);
            check.that(record.is_some_and(|record| is_signed(&record, leaf)), || {
                format!("{noun} {programme_no}/{log_index} is not as it was recorded")
            });
        }
        for record_no in records.into_keys() {
            check.that(false, || format!("{noun} {programme_no}/{record_no} was recorded by no transaction"));
        }
    }
}

fn is_signed(record: &Subjects, leaf: &Leaf) -> bool {
    let says = |name: &str| leaf.subjects.iter().find(|(said, _)| said == name).map(|(_, bytes)| bytes);
    record.iter().all(|(name, bytes)| says(name) == Some(bytes))
}
