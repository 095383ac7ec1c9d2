//! The information campaign of the year: contracts, acts, and the months closed in the end. Its payments go with all
//! others (`course`).

use super::cast::Cast;
use super::run::DemoError;
use super::stage::{Stage, day, refused};
use crate::campaign::RegisterContractor;
use crate::campaign::accept::ActAcceptance;
use crate::campaign::end::ContractEnding;
use crate::campaign::sign::ContractSigning;
use crate::kernel::{ActId, ContractId, Kopecks, Malformed, Month, PayeeId, ProposalId, Scope, Text};
use crate::period::close::PeriodClosing;
use crate::proposal::confirm::Confirm;
use crate::proposal::model::Second;
use crate::proposal::{Act, Propose};
use chrono::NaiveDate;

/// Made up: contractor, subject, amount.
const CONTRACTS: [(&str, &str, Kopecks); 3] = [
    ("ООО «Эфир-Пример»", "Ролики о курсе на радио и телевидении", Kopecks::new(60_000_000)),
    ("ООО «Щит-Пример»", "Плакаты в органах и на улицах", Kopecks::new(45_000_000)),
    ("ИП Сетевой П. П.", "Объявления и страница курса в сети", Kopecks::new(25_000_000)),
];

/// Acts: the place of the contract, the day (a Friday), the amount. Those of April are paid in the course of the year, the others
/// are owed; the first contract ends with a rest.
const ACTS: [(usize, NaiveDate, Kopecks); 5] = [
    (0, day(4, 10), Kopecks::new(30_000_000)),
    (1, day(4, 10), Kopecks::new(45_000_000)),
    (2, day(4, 24), Kopecks::new(12_500_050)),
    (0, day(5, 29), Kopecks::new(25_000_000)),
    (2, day(6, 26), Kopecks::new(12_499_950)),
];

/// The treasury at work.
pub struct Campaign<'a> {
    pub stage: &'a Stage,
    pub cast: &'a Cast,
    pub programme_no: i64,
}

impl Campaign<'_> {
    /// Signs the contracts in March, when the vouchers are out.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn sign(&self) -> Result<Vec<ContractId>, DemoError> {
        let doing = "signing a contract";
        let signed_on = day(3, 20);
        self.stage.turn_to(signed_on, 12);
        let mut contracts = Vec::with_capacity(CONTRACTS.len());
        for (place, (name, subject, amount)) in (1..).zip(CONTRACTS) {
            let contractor_id = PayeeId(self.stage.app.new_id());
            let actor = self.cast.treasury.clone();
            let name = written(doing, name)?;
            self.stage.order(doing, RegisterContractor { payee_id: contractor_id, actor, name })?;
            let contract_id = ContractId(self.stage.app.new_id());
            let signing = ContractSigning {
                contract_id,
                contractor_id,
                document_number: written(doing, &format!("К-{place}-ПРИМЕР"))?,
                signed_on,
                subject: written(doing, subject)?,
                amount,
            };
            self.agree(doing, Act::ContractSigning(signing))?;
            contracts.push(contract_id);
        }
        Ok(contracts)
    }

    /// Accepts the acts of the days from `from` on and before `before`.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn accept(
        &self,
        contracts: &[ContractId],
        from: NaiveDate,
        before: NaiveDate,
    ) -> Result<(), DemoError> {
        let doing = "accepting an act";
        for (number, (place, accepted_on, amount)) in (1..).zip(ACTS) {
            if !(from..before).contains(&accepted_on) {
                continue;
            }
            self.stage.turn_to(accepted_on, 19);
            let acceptance = ActAcceptance {
                act_id: ActId(self.stage.app.new_id()),
                contract_id: contracts[place],
                document_number: written(doing, &format!("А-{number}-ПРИМЕР"))?,
                accepted_on,
                amount,
            };
            self.agree(doing, Act::ActAcceptance(acceptance))?;
        }
        Ok(())
    }

    /// Ends the first contract: not all of it was needed.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn end(&self, contracts: &[ContractId]) -> Result<(), DemoError> {
        let reason = "Остальные выпуски не понадобились (пример)".to_owned();
        let ending = ContractEnding { contract_id: contracts[0], reason };
        self.agree("ending a contract", Act::ContractEnding(ending))
    }

    /// Closes the year quarter by quarter.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn close_periods(&self) -> Result<(), DemoError> {
        for month in [3, 6, 9, 12] {
            let month = Month::of(day(month, 1));
            self.agree("closing a period", Act::PeriodClosing(PeriodClosing { month }))?;
        }
        Ok(())
    }

    /// An act of two people of the treasury.
    fn agree(&self, doing: &'static str, act: Act) -> Result<(), DemoError> {
        let proposal_id = ProposalId(self.stage.app.new_id());
        let (programme_no, actor) = (self.programme_no, self.cast.treasury.clone());
        self.stage.order(doing, Propose { proposal_id, programme_no, actor, act })?;
        let actor = self.cast.treasury_2.clone();
        let second = Second { actor, scope: Scope::Treasury, university_no: None };
        self.stage.order(doing, Confirm { proposal_id, second }).map(drop)
    }
}

fn written<const MIN: usize, const MAX: usize>(
    doing: &'static str,
    text: &str,
) -> Result<Text<MIN, MAX>, DemoError> {
    Text::parse(text).map_err(|why: Malformed| refused(doing)(why.at("text")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_fit_their_contracts() {
        for (place, (.., amount)) in CONTRACTS.iter().enumerate() {
            let accepted: i64 =
                ACTS.iter().filter(|(of, ..)| *of == place).map(|(.., amount)| amount.get()).sum();
            assert!(accepted <= amount.get(), "{place}");
        }
    }
}
