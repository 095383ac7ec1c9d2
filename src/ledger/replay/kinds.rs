//! The table of rules: what each kind of event must do. A new kind gets its line here; the compiler asks for it.

use super::state::State;
use super::{Entry, Wrong, campaign, lines, payments, quotas, runs, teaching, vouchers};
use crate::ledger::model::{Kind, Postings};

/// Checks an event against what the leaves before it say, changes the state that is not money, and gives the postings
/// that it must have. The money itself is moved by those.
pub(super) type Rule = fn(&mut State, &Entry<'_>) -> Result<Postings, Wrong>;

pub(super) fn rule(kind: Kind) -> Rule {
    use Kind::*;
    match kind {
        Initialised
        | AgencyRegistered
        | UniversityRegistered
        | TokenCreated
        | TokenRevoked
        | KeyAdded
        | KeyCompromised
        | EmployeesImported
        | PayeeRegistered
        | LogRestored
        | PairingOpened
        | DevicePaired
        | DeviceRevoked
        | PassMade
        | LoginSetUp
        | SignedIn
        | SignInEnded
        | IdentityLinked
        | ProgrammeCreated
        | ProgrammeClosed
        | QuotasSet
        | Proposed
        | Withdrawn
        | Requested
        | RequestApproved
        | RequestRejected
        | ConflictOpened
        | ConflictDecided
        | OfflineItemRejected
        | InstructorContractAdded
        | AttendanceRecorded
        | ResultsRecorded
        | SettlementAccountSet
        | StatementImported
        | StatementItemResolved
        | HolderUnmasked
        | PayeeUnmasked => without_money,
        ProgrammeOpened => lines::programme_opened,
        BudgetLineCreated => lines::created,
        AppropriationMade => lines::appropriated,
        AppropriationReduced => lines::reduced,
        BudgetMoved => lines::moved,
        YearClosed => lines::year_closed,
        PeriodClosed => lines::period_closed,
        QuotaMoveProposed => quotas::proposed,
        QuotaMoveAgreed => quotas::agreed,
        QuotaMoveEnded => quotas::ended,
        VoucherIssued => vouchers::issued,
        VoucherSuspended => vouchers::suspended,
        VoucherResumed => vouchers::resumed,
        VoucherVoided => vouchers::voided,
        VoucherReplaced => vouchers::replaced,
        VoucherExtended => vouchers::extended,
        VoucherExpired => vouchers::expired,
        CourseRunCreated => runs::created,
        CourseRunClosed => runs::closed,
        Redeemed => runs::redeemed,
        RedemptionReversed => runs::reversed,
        CourseRunToppedUp => runs::topped_up,
        EnrolmentMoved => runs::moved,
        Completed => runs::completed,
        SessionRecorded => teaching::recorded,
        SessionAccepted => teaching::accepted,
        SessionCancelled => teaching::cancelled,
        PaymentPrepared => payments::prepared,
        PaymentMade => payments::made,
        PaymentWithdrawn => payments::withdrawn,
        PaymentReturned => payments::returned,
        ContractSigned => campaign::signed,
        ActAccepted => campaign::accepted,
        ContractEnded => campaign::ended,
    }
}

fn without_money(_: &mut State, _: &Entry<'_>) -> Result<Postings, Wrong> {
    Ok(Postings::none())
}
