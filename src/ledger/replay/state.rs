//! What has become of everything by now, and how a posting changes it.

use super::words::{self, wrong};
use super::{Entry, Wrong};
use crate::kernel::{Kopecks, RedemptionId, Timestamp};
use crate::ledger::model::{Account, Dimensions, Posting};
use crate::ledger::shares::Share;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The 16 bytes of an id.
pub(super) type Id = [u8; 16];

/// Where a voucher stands, as far as money is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Life {
    Issued,
    Suspended,
    Redeemed,
    Completed,
    Voided,
    Expired,
    Replaced,
}

pub(super) struct Voucher {
    pub(super) id: Id,
    pub(super) agency_no: i64,
    pub(super) reserved: Kopecks,
    pub(super) life: Life,
    /// Its live redemption.
    pub(super) redemption_no: Option<i64>,
}

pub(super) struct Redemption {
    pub(super) id: Id,
    pub(super) voucher_no: i64,
    pub(super) agency_no: i64,
    pub(super) course_run_no: i64,
    pub(super) obligated: Kopecks,
    /// Owed and not paid yet.
    pub(super) accrued: Kopecks,
    pub(super) paid: Kopecks,
}

pub(super) struct CourseRun {
    pub(super) course_run_no: i64,
    pub(super) is_closed: bool,
    pub(super) seats: Option<i64>,
    pub(super) enrolled: i64,
    pub(super) redemptions: BTreeSet<i64>,
}

pub(super) struct Session {
    pub(super) session_no: i64,
    pub(super) course_run: Id,
    pub(super) payee: Id,
    pub(super) hours: Option<i64>,
    pub(super) is_accepted: bool,
}

/// A contract of the campaign.
pub(super) struct Contract {
    pub(super) contract_no: i64,
    pub(super) line_no: i64,
    pub(super) payee_no: i64,
    /// Not accepted yet.
    pub(super) left: Kopecks,
    pub(super) has_ended: bool,
}

impl Contract {
    pub(super) fn about(&self) -> Dimensions {
        Dimensions {
            payee_no: Some(self.payee_no),
            contract_no: Some(self.contract_no),
            ..Dimensions::default()
        }
    }
}

/// Seats on their way between two agencies.
pub(super) struct QuotaMove {
    pub(super) agencies: [Id; 2],
    /// Those that have agreed.
    pub(super) agreed: BTreeSet<Id>,
    pub(super) is_over: bool,
}

/// What a payee is owed for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    Session { redemption_no: i64, session_no: i64 },
    Act { contract_no: i64, act_no: i64 },
}

impl Due {
    pub(super) fn of(about: &Dimensions) -> Option<Self> {
        match (about.redemption_no, about.contract_no) {
            (Some(redemption_no), _) => Some(Self::Session { redemption_no, session_no: about.session_no? }),
            (None, Some(contract_no)) => Some(Self::Act { contract_no, act_no: about.act_no? }),
            (None, None) => None,
        }
    }
}

pub(super) struct Payment {
    pub(super) payment_no: i64,
    pub(super) payee: Id,
    pub(super) amount: Option<Kopecks>,
    /// Neither paid nor withdrawn.
    pub(super) is_prepared: bool,
    /// What it paid, in the order of its postings; nothing once it was returned.
    pub(super) paid: Vec<(Due, Kopecks)>,
    pub(super) payee_no: i64,
}

/// A programme's own figures: from the leaf that opened it, or as the first event that needs one shows them.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) face_value: Option<Kopecks>,
    pub(super) basis_points: Option<u32>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) figures: Figures,
    /// The six balances of each line, each on its normal side.
    pub(super) lines: BTreeMap<i64, [Kopecks; 6]>,
    pub(super) line_ids: HashMap<Id, i64>,
    /// The line that vouchers are reserved from.
    pub(super) instructor_line: Option<i64>,
    pub(super) vouchers: HashMap<i64, Voucher>,
    pub(super) voucher_numbers: HashMap<Id, i64>,
    pub(super) redemptions: BTreeMap<i64, Redemption>,
    pub(super) runs: HashMap<Id, CourseRun>,
    pub(super) sessions: HashMap<Id, Session>,
    /// The numbers of the course runs in which sessions were held, by the numbers of the sessions.
    pub(super) runs_of_sessions: HashMap<i64, i64>,
    pub(super) payments: HashMap<Id, Payment>,
    /// Numbers of payees, as far as events have told them, and the number of the tax office.
    pub(super) payees: HashMap<Id, i64>,
    pub(super) tax_office: Option<i64>,
    pub(super) contracts: HashMap<Id, Contract>,
    pub(super) quota_moves: HashMap<Id, QuotaMove>,
    /// What is owed to a payee and not paid yet.
    pub(super) unpaid: BTreeMap<i64, BTreeMap<Due, Kopecks>>,
    /// Nothing is dated before this any more.
    pub(super) closed_until: Option<Timestamp>,
    pub(super) accepted_sessions: u64,
    pub(super) payments_made: u64,
}

/// What the books come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub vouchers: u64,
    pub redemptions: u64,
    /// Sessions whose pay was spread anew.
    pub accepted_sessions: u64,
    pub payments_made: u64,
    pub lines: Vec<LineTotals>,
}

/// The six balances of a budget line, in the order of [`Account::ALL`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineTotals {
    pub budget_line_no: i64,
    pub balances: [Kopecks; 6],
}

impl State {
    /// The line of instructors' pay.
    pub(super) fn line(&self, entry: &Entry<'_>) -> Result<i64, Wrong> {
        let log_index = entry.log_index;
        self.instructor_line.ok_or_else(|| {
            wrong!(
                log_index,
                "деньги двигаются прежде, чем выдан первый сертификат",
                "money moves before the first voucher is issued"
            )
        })
    }

    pub(super) fn run(&mut self, entry: &Entry<'_>, id: Id) -> Result<&mut CourseRun, Wrong> {
        let log_index = entry.log_index;
        self.runs.get_mut(&id).ok_or_else(|| {
            wrong!(log_index, "такого потока в журнале нет", "there is no such course run in the log")
        })
    }

    pub(super) fn run_of_number(&self, course_run_no: i64) -> Option<Id> {
        let found = self.runs.iter().find(|(_, run)| run.course_run_no == course_run_no);
        found.map(|(id, _)| *id)
    }

    /// What the redemptions of a run still have obligated.
    pub(super) fn obligated(&self, run: &CourseRun) -> Vec<Share> {
        let redemptions =
            run.redemptions.iter().filter_map(|number| Some((*number, self.redemptions.get(number)?)));
        redemptions
            .filter(|(_, redemption)| redemption.obligated.is_positive())
            .map(|(number, redemption)| redemption.share(number, redemption.obligated))
            .collect()
    }

    /// Makes sure that a payee's id always comes with the same number.
    pub(super) fn know_payee(&mut self, entry: &Entry<'_>, id: Id, payee_no: i64) -> Result<(), Wrong> {
        let log_index = entry.log_index;
        let known = *self.payees.entry(id).or_insert(payee_no);
        if known == payee_no {
            return Ok(());
        }
        Err(wrong!(
            log_index,
            "деньги идут получателю {payee_no}, а должны — получателю {known}",
            "money goes to payee {payee_no}, and should to payee {known}"
        ))
    }

    /// Lets a posting move what its line, voucher, redemption and payee have.
    pub(super) fn apply(&mut self, entry: &Entry<'_>, posting: &Posting) -> Result<(), Wrong> {
        let (log_index, line_no) = (entry.log_index, posting.budget_line_no);
        let [account_ru, account_en] = words::account(posting.account);
        let line = self.lines.get_mut(&line_no).ok_or_else(|| {
            wrong!(log_index, "строки бюджета {line_no} нет", "there is no budget line {line_no}")
        })?;
        let balance = &mut line[posting.account as usize];
        *balance = moved(*balance, posting.account.effect(posting.amount)).ok_or_else(|| {
            let balance = *balance;
            wrong!(
                log_index,
                "счёт «{account_ru}» строки бюджета {line_no} ушёл бы ниже нуля: на нём {balance}",
                "{account_en} of budget line {line_no} would go below zero: it has {balance}"
            )
        })?;
        let applied = self
            .apply_to_voucher(posting)
            .and_then(|()| self.apply_to_redemption(posting))
            .and_then(|()| self.apply_to_payee(posting));
        applied.ok_or_else(|| {
            let [ru, en] = words::posting(posting);
            wrong!(
                log_index,
                "проводка «{ru}» берёт больше, чем там есть",
                "the posting \"{en}\" takes more than there is"
            )
        })
    }

    fn apply_to_voucher(&mut self, posting: &Posting) -> Option<()> {
        let (Account::Reserved, Some(number)) = (posting.account, posting.dimensions.voucher_no) else {
            return Some(());
        };
        let voucher = self.vouchers.get_mut(&number)?;
        voucher.reserved = moved(voucher.reserved, posting.amount)?;
        Some(())
    }

    fn apply_to_redemption(&mut self, posting: &Posting) -> Option<()> {
        let (amount, about) = (posting.amount, posting.dimensions);
        let Some(number) = about.redemption_no else { return Some(()) };
        let redemption = self.redemptions.get_mut(&number)?;
        match posting.account {
            Account::Obligated => redemption.obligated = moved(redemption.obligated, amount)?,
            Account::Paid => redemption.paid = moved(redemption.paid, amount)?,
            Account::Accrued => redemption.accrued = moved(redemption.accrued, amount)?,
            Account::Limit | Account::Available | Account::Reserved => {}
        }
        Some(())
    }

    fn apply_to_payee(&mut self, posting: &Posting) -> Option<()> {
        if posting.account != Account::Accrued {
            return Some(());
        }
        let about = &posting.dimensions;
        let of_payee = self.unpaid.entry(about.payee_no?).or_default();
        let due = Due::of(about)?;
        let left = moved(of_payee.get(&due).copied().unwrap_or_default(), posting.amount)?;
        if left.is_zero() {
            of_payee.remove(&due);
        } else {
            of_payee.insert(due, left);
        }
        Some(())
    }

    /// The line of a debt, whose redemption it is, and what every posting of it carries.
    pub(super) fn about(&self, due: Due, payee_no: i64) -> Option<(i64, Option<RedemptionId>, Dimensions)> {
        match due {
            Due::Session { redemption_no, session_no } => {
                let share = self.redemptions.get(&redemption_no)?.share(redemption_no, Kopecks::ZERO);
                // The run it was held in: the enrolment may be in another by now.
                let about = Dimensions {
                    course_run_no: self.runs_of_sessions.get(&session_no).copied(),
                    session_no: Some(session_no),
                    payee_no: Some(payee_no),
                    ..share.dimensions()
                };
                Some((self.instructor_line?, Some(share.redemption_id), about))
            }
            Due::Act { contract_no, act_no } => {
                let contract =
                    self.contracts.values().find(|contract| contract.contract_no == contract_no)?;
                Some((contract.line_no, None, Dimensions { act_no: Some(act_no), ..contract.about() }))
            }
        }
    }

    /// The live redemptions of a run, with what every posting about them carries.
    pub(super) fn live(&self, run: &CourseRun) -> Vec<(RedemptionId, Dimensions)> {
        let live = run.redemptions.iter().filter_map(|number| {
            let redemption = self.redemptions.get(number)?;
            let voucher = self.vouchers.get(&redemption.voucher_no)?;
            let share = redemption.share(*number, Kopecks::ZERO);
            (voucher.redemption_no == Some(*number)).then(|| (share.redemption_id, share.dimensions()))
        });
        live.collect()
    }

    /// After all postings of an entry: the limit of each line it touched is the sum of the others.
    pub(super) fn check_lines(&self, entry: &Entry<'_>) -> Result<(), Wrong> {
        let log_index = entry.log_index;
        for posting in &entry.leaf.postings {
            let line_no = posting.budget_line_no;
            let Some([limit, others @ ..]) = self.lines.get(&line_no).copied() else { continue };
            let sum = Kopecks::sum(others);
            if sum != Some(limit) {
                let sum = sum.unwrap_or_default();
                return Err(wrong!(
                    log_index,
                    "лимит строки бюджета {line_no} — {limit}, а остальные счета вместе — {sum}",
                    "the limit of budget line {line_no} is {limit}, the other accounts together {sum}"
                ));
            }
        }
        Ok(())
    }

    /// The sums; vouchers and redemptions against their line.
    pub(super) fn totals(&self, log_index: i64) -> Result<Totals, Wrong> {
        if let Some(line) = self.instructor_line.and_then(|line| self.lines.get(&line)) {
            let redemptions = || self.redemptions.values();
            let sums = [
                (Account::Reserved, Kopecks::sum(self.vouchers.values().map(|voucher| voucher.reserved))),
                (Account::Obligated, Kopecks::sum(redemptions().map(|redemption| redemption.obligated))),
                (Account::Accrued, Kopecks::sum(redemptions().map(|redemption| redemption.accrued))),
                (Account::Paid, Kopecks::sum(redemptions().map(|redemption| redemption.paid))),
            ];
            for (account, sum) in sums {
                let balance = line[account as usize];
                if sum != Some(balance) {
                    let (sum, [ru, en]) = (sum.unwrap_or_default(), words::account(account));
                    return Err(wrong!(
                        log_index,
                        "на счёте «{ru}» {balance}, а у сертификатов и погашений вместе {sum}",
                        "{en} has {balance}, vouchers and redemptions together {sum}"
                    ));
                }
            }
        }
        let lines = self.lines.iter();
        Ok(Totals {
            vouchers: self.vouchers.len() as u64,
            redemptions: self.redemptions.len() as u64,
            accepted_sessions: self.accepted_sessions,
            payments_made: self.payments_made,
            lines: lines
                .map(|(number, balances)| LineTotals { budget_line_no: *number, balances: *balances })
                .collect(),
        })
    }
}

impl Voucher {
    pub(super) fn about(&self, voucher_no: i64) -> Dimensions {
        Dimensions { agency_no: Some(self.agency_no), voucher_no: Some(voucher_no), ..Dimensions::default() }
    }
}

impl Redemption {
    pub(super) fn share(&self, redemption_no: i64, amount: Kopecks) -> Share {
        Share {
            redemption_no,
            redemption_id: RedemptionId(uuid::Uuid::from_bytes(self.id)),
            voucher_no: self.voucher_no,
            agency_no: self.agency_no,
            course_run_no: self.course_run_no,
            amount,
        }
    }
}

/// None below zero, and where numbers end.
fn moved(balance: Kopecks, by: Kopecks) -> Option<Kopecks> {
    balance.checked_add(by).filter(|balance| *balance >= Kopecks::ZERO)
}
