//! Matching items with payments, one by one: each sees what those before it did.
//!
//! Nothing is written here, so that a dry run decides the same; what is decided is done by [`super::import`].

use super::model::{Because, Direction, Item, Outcome, Statement, fits};
use super::store;
use crate::db::Connection;
use crate::kernel::{Actor, Kopecks, Month, PaymentId, Reason, RegisterId};
use crate::ledger::model::Dimensions;
use crate::ledger::rules::Part;
use crate::ledger::shares::{self, UnpaidShare};
use crate::payment;
use crate::payment::confirm::Paying;
use crate::payment::give_back::{Back, Returning, paid_by};
use crate::payment::store::{self as payments, ToDecide};
use crate::writer::Failure;
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap};

/// What an item is about.
#[derive(Clone, Copy)]
pub(super) enum About {
    Nothing,
    Payment(PaymentId, i64),
    Register(RegisterId, i64),
}

/// What becomes of an item.
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) because: Option<Because>,
    pub(super) about: About,
}

/// What an item has done to a payment.
pub(super) enum Step {
    Confirm(Paying),
    Return(Returning),
}

/// Who matches, and when.
pub(super) struct Setting<'a> {
    pub(super) actor: &'a Actor,
    pub(super) programme_no: i64,
    pub(super) today: NaiveDate,
    pub(super) closed: Option<Month>,
    /// Of payments that came back.
    pub(super) reason: Reason,
}

struct Payment {
    facts: ToDecide,
    register_no: Option<i64>,
    is_debited: bool,
    is_credited: bool,
    /// What it paid, if an item before confirmed it.
    paid: Option<Vec<Part>>,
}

struct Register {
    id: RegisterId,
    no: i64,
    /// Its payments that were not withdrawn.
    members: Vec<usize>,
    is_debited: bool,
}

/// The payments that the items of a statement may be about.
pub(super) struct Matching<'a> {
    setting: Setting<'a>,
    payments: Vec<Payment>,
    by_number: HashMap<String, usize>,
    registers: HashMap<String, Register>,
    unpaid: HashMap<i64, Vec<UnpaidShare>>,
    pub(super) steps: Vec<Step>,
}

impl<'a> Matching<'a> {
    pub(super) fn load(
        connection: &mut Connection,
        setting: Setting<'a>,
        statement: &Statement,
    ) -> Result<Self, Failure> {
        let programme_no = setting.programme_no;
        let debits = statement.items.iter().filter(|item| item.direction == Direction::Debit);
        let debited: BTreeSet<&str> = debits.map(|item| item.document_number.as_str()).collect();
        let returned = statement.items.iter().filter_map(|item| item.returns.as_ref()).flatten();
        let numbers: BTreeSet<&str> = debited.iter().copied().chain(returned.map(String::as_str)).collect();
        let (debited, numbers) = (Vec::from_iter(debited), Vec::from_iter(numbers));
        let found = payments::registers(connection, programme_no, &debited)?;
        let register_nos: Vec<i64> = found.iter().map(|(_, _, no)| *no).collect();
        let rows = payments::numbered(connection, programme_no, &numbers, &register_nos)?;
        let payment_nos: Vec<i64> = rows.iter().map(|row| row.payment.payment_no).collect();
        let linked = store::linked_payments(connection, programme_no, &payment_nos)?;
        let of_registers: Vec<i64> = rows.iter().filter_map(|row| row.register_no).collect();
        let linked_registers = store::linked_registers(connection, programme_no, &of_registers)?;
        let (mut payments, mut by_number) = (Vec::new(), HashMap::new());
        for row in rows {
            let facts = row.payment;
            let of_linked = row.register_no.is_some_and(|no| linked_registers.contains(&no));
            // A payment may have been asked for by its number and by its register.
            by_number.entry(row.document_number).or_insert_with(|| {
                payments.push(Payment {
                    register_no: row.register_no,
                    is_debited: of_linked || linked.contains(&(facts.payment_no, Direction::Debit)),
                    is_credited: linked.contains(&(facts.payment_no, Direction::Credit)),
                    paid: None,
                    facts,
                });
                payments.len() - 1
            });
        }
        let registers = found.into_iter().map(|(number, id, no)| {
            let all = payments.iter().enumerate().filter(|(_, payment)| payment.register_no == Some(no));
            let members = all.map(|(place, _)| place).collect();
            (number, Register { id, no, members, is_debited: linked_registers.contains(&no) })
        });
        let registers = registers.collect();
        Ok(Self { setting, payments, by_number, registers, unpaid: HashMap::new(), steps: Vec::new() })
    }

    /// Decides what becomes of the next item.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn next(&mut self, connection: &mut Connection, item: &Item) -> Result<Verdict, Failure> {
        let decided = match item.direction {
            Direction::Debit => self.debit(connection, item)?,
            Direction::Credit => self.credit(connection, item)?,
        };
        Ok(match decided {
            Ok((outcome, about)) => Verdict { outcome, because: None, about },
            Err(because) => {
                Verdict { outcome: Outcome::Unmatched, because: Some(because), about: About::Nothing }
            }
        })
    }

    fn debit(&mut self, connection: &mut Connection, item: &Item) -> Result<Decided, Failure> {
        if item.document_number.is_empty() {
            return Ok(Err(Because::NoNumber));
        }
        let payment = self.by_number.get(&item.document_number).copied().map(|place| {
            let facts = &self.payments[place].facts;
            (place, fits(item, facts.amount_kopecks, facts.paid_on))
        });
        let register = self.registers.get(&item.document_number);
        let register = register.filter(|register| !register.members.is_empty()).map(|register| {
            let members = register.members.iter().map(|place| &self.payments[*place].facts);
            let total = Kopecks::sum(members.clone().map(|facts| facts.amount_kopecks));
            let ordered_on = members.map(|facts| facts.paid_on).max().unwrap_or(item.booked_on);
            fits(item, total.unwrap_or_default(), ordered_on)
        });
        match (payment, register) {
            (None, None) => Ok(Err(Because::NoPayment)),
            (Some((_, Ok(()))), Some(Ok(()))) => Ok(Err(Because::Ambiguous)),
            (Some((place, Ok(()))), _) => self.debit_payment(connection, place),
            (_, Some(Ok(()))) => self.debit_register(connection, &item.document_number),
            (Some((_, Err(because))), _) | (None, Some(Err(because))) => Ok(Err(because)),
        }
    }

    fn debit_payment(&mut self, connection: &mut Connection, place: usize) -> Result<Decided, Failure> {
        let payment = &self.payments[place];
        if payment.is_debited {
            return Ok(Err(Because::AlreadyMatched));
        }
        let about = About::Payment(payment.facts.payment_id, payment.facts.payment_no);
        let mut outcome = Outcome::MatchedPaid;
        if payment.facts.status == payment::Status::Prepared {
            match self.decide(connection, place)? {
                Ok(paying) => self.confirm(place, paying),
                Err(because) => return Ok(Err(because)),
            }
            outcome = Outcome::MatchedConfirmed;
        }
        self.payments[place].is_debited = true;
        Ok(Ok((outcome, about)))
    }

    /// All of a register's payments wait, or none.
    fn debit_register(&mut self, connection: &mut Connection, number: &str) -> Result<Decided, Failure> {
        let Register { id, no, ref members, is_debited } = self.registers[number];
        let members = members.clone();
        if is_debited || members.iter().any(|place| self.payments[*place].is_debited) {
            return Ok(Err(Because::AlreadyMatched));
        }
        let waits = |place: &&usize| self.payments[**place].facts.status == payment::Status::Prepared;
        let waiting = members.iter().filter(waits).count();
        if waiting > 0 && waiting < members.len() {
            return Ok(Err(Because::PartlyPaid));
        }
        let mut outcome = Outcome::MatchedPaid;
        if waiting > 0 {
            // Each line of a register has another payee: what one is owed does not depend on the others.
            let mut decided = Vec::with_capacity(members.len());
            for place in &members {
                match self.decide(connection, *place)? {
                    Ok(paying) => decided.push((*place, paying)),
                    Err(because) => return Ok(Err(because)),
                }
            }
            for (place, paying) in decided {
                self.confirm(place, paying);
            }
            outcome = Outcome::MatchedConfirmed;
        }
        for place in members {
            self.payments[place].is_debited = true;
        }
        if let Some(register) = self.registers.get_mut(number) {
            register.is_debited = true;
        }
        Ok(Ok((outcome, About::Register(id, no))))
    }

    fn credit(&mut self, connection: &mut Connection, item: &Item) -> Result<Decided, Failure> {
        let Some(numbers) = &item.returns else { return Ok(Err(Because::NotAReturn)) };
        let named: BTreeSet<usize> =
            numbers.iter().filter_map(|number| self.by_number.get(number).copied()).collect();
        if named.is_empty() {
            return Ok(Err(Because::NoPayment));
        }
        let fits = |place: &usize| self.payments[*place].facts.amount_kopecks == item.amount;
        let fitting: Vec<usize> = named.into_iter().filter(fits).collect();
        let place = match fitting[..] {
            [] => return Ok(Err(Because::AmountDiffers)),
            [place] => place,
            _ => return Ok(Err(Because::Ambiguous)),
        };
        let payment = &self.payments[place];
        if payment.is_credited {
            return Ok(Err(Because::AlreadyMatched));
        }
        if payment.facts.status != payment::Status::Returned {
            let paid = match &payment.paid {
                Some(paid) => paid.clone(),
                None => paid_by(connection, &payment.facts)?,
            };
            let back = Back { returned_on: item.booked_on, reason: self.setting.reason.clone() };
            let Setting { actor, today, closed, .. } = self.setting;
            match Returning::of(actor, &payment.facts, back, &paid, today, closed) {
                Ok(returning) => self.give_back(connection, place, &paid, returning)?,
                Err(refusal) => return Ok(Err(Because::Refused(refusal.code))),
            }
        }
        let payment = &mut self.payments[place];
        payment.is_credited = true;
        Ok(Ok((Outcome::MatchedReturned, About::Payment(payment.facts.payment_id, payment.facts.payment_no))))
    }

    /// Whether a prepared payment is confirmed.
    fn decide(
        &mut self,
        connection: &mut Connection,
        place: usize,
    ) -> Result<Result<Paying, Because>, Failure> {
        let payee_no = self.payments[place].facts.payee_no;
        let unpaid = self.unpaid(connection, payee_no)?.clone();
        let Setting { actor, today, closed, .. } = self.setting;
        let decided = Paying::of(actor, &self.payments[place].facts, unpaid, today, closed);
        Ok(decided.map_err(|refusal| Because::Refused(refusal.code)))
    }

    fn confirm(&mut self, place: usize, paying: Paying) {
        let payment = &mut self.payments[place];
        payment.facts.status = payment::Status::Paid;
        let unpaid = self.unpaid.entry(payment.facts.payee_no).or_default();
        for (line, about, part) in paying.paid() {
            if let Some(share) = unpaid.iter_mut().find(|share| is_of(share, *line, about)) {
                share.amount = Kopecks::new(share.amount.get() - part.get());
            }
        }
        unpaid.retain(|share| share.amount.is_positive());
        payment.paid = Some(paying.paid().to_vec());
        self.steps.push(Step::Confirm(paying));
    }

    fn give_back(
        &mut self,
        connection: &mut Connection,
        place: usize,
        paid: &[Part],
        returning: Returning,
    ) -> Result<(), Failure> {
        let numbers: Vec<i64> = paid.iter().filter_map(|(_, about, _)| about.redemption_no).collect();
        let ids = shares::redemption_ids(connection, self.setting.programme_no, &numbers)?;
        let payee_no = self.payments[place].facts.payee_no;
        let unpaid = self.unpaid(connection, payee_no)?;
        for (line, about, part) in paid {
            match unpaid.iter_mut().find(|share| is_of(share, *line, about)) {
                Some(share) => share.amount = Kopecks::new(share.amount.get() + part.get()),
                None => unpaid.push(UnpaidShare {
                    budget_line_no: *line,
                    redemption_id: about.redemption_no.and_then(|number| ids.get(&number).copied()),
                    dimensions: Dimensions { payment_no: None, ..*about },
                    amount: *part,
                }),
            }
        }
        self.payments[place].facts.status = payment::Status::Returned;
        self.steps.push(Step::Return(returning));
        Ok(())
    }

    /// What a payee is owed as things stand.
    fn unpaid(
        &mut self,
        connection: &mut Connection,
        payee_no: i64,
    ) -> Result<&mut Vec<UnpaidShare>, Failure> {
        let programme_no = self.setting.programme_no;
        Ok(match self.unpaid.entry(payee_no) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(shares::unpaid_of_payee(connection, programme_no, payee_no)?)
            }
        })
    }
}

type Decided = Result<(Outcome, About), Because>;

/// Whether a part of a payment is of this share.
fn is_of(share: &UnpaidShare, line: i64, about: &Dimensions) -> bool {
    share.budget_line_no == line && share.dimensions == Dimensions { payment_no: None, ..*about }
}
