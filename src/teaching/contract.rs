//! What an instructor is engaged for: rate, days and hours, and what a contract may say.
//!
//! Pure: no I/O, no clock, no diesel, no actix.

use crate::kernel::{Code, InstructorContractId, Kopecks, Refusal, Text};
use crate::ledger::facts;
use chrono::{Datelike, NaiveDate};

/// The number of a contract: `7-ГПХ/2020`.
pub type ContractNumber = Text<1, 100>;

/// The least and the most gross pay for an hour: whatever lies outside was not meant in kopecks.
const RATES: std::ops::RangeInclusive<i64> = 1_000..=10_000_000;

/// Years of a contract's days; their texts sort as they do.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Hours of one contract at most.
const MOST_HOURS: i32 = 10_000;

/// A contract with an instructor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    pub number: ContractNumber,
    /// Gross pay for an hour.
    pub hourly_rate: Kopecks,
    pub valid_from: NaiveDate,
    /// The last day, inclusive.
    pub valid_until: NaiveDate,
    /// Hours of all its sessions at most.
    pub hours: i32,
}

impl Terms {
    /// # Errors
    /// `invalid_field`, naming the field and what can be taken.
    pub fn check(&self) -> Result<(), Refusal> {
        if !RATES.contains(&self.hourly_rate.get()) {
            let (least, most) = (Kopecks::new(*RATES.start()), Kopecks::new(*RATES.end()));
            return Err(Refusal::field(
                "hourly_rate.amount",
                format!("gross pay for an hour in kopecks (100 kopecks are a rouble): {least} to {most}"),
            )
            .with("hourly_rate_kopecks", self.hourly_rate.get())
            .with("least_kopecks", least.get())
            .with("most_kopecks", most.get()));
        }
        for (field, day) in
            [("contract.valid_from", self.valid_from), ("contract.valid_until", self.valid_until)]
        {
            if !YEARS.contains(&day.year()) {
                return Err(Refusal::field(field, "a day of the years 2000 to 2100"));
            }
        }
        if self.valid_until < self.valid_from {
            return Err(Refusal::field("contract.valid_until", "valid_from or a later day"));
        }
        if !(1..=MOST_HOURS).contains(&self.hours) {
            return Err(Refusal::field("contract.hours", format!("whole hours from 1 to {MOST_HOURS}")));
        }
        Ok(())
    }

    /// What the leaf that recorded the contract binds.
    pub fn facts(&self) -> [u8; 32] {
        let [from, until] = [self.valid_from, self.valid_until].map(|day| day.to_string());
        facts::of_instructor_contract(self.number.as_str(), self.hourly_rate, &from, &until, self.hours)
    }
}

/// A contract there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
    pub contract_id: InstructorContractId,
    pub number: String,
    pub hourly_rate: Kopecks,
    pub valid_from: NaiveDate,
    pub valid_until: NaiveDate,
    pub hours: i32,
}

impl Contract {
    fn covers(&self, day: NaiveDate) -> bool {
        (self.valid_from..=self.valid_until).contains(&day)
    }
}

/// Whether an instructor with these contracts may get another.
///
/// # Errors
/// `already_exists` for its number; `contract_overlap` with the days of the one it has days in common with.
pub fn add(terms: &Terms, contracts: &[Contract]) -> Result<(), Refusal> {
    if contracts.iter().any(|other| other.number == terms.number.as_str()) {
        return Err(Refusal::new(Code::AlreadyExists).at("contract.number"));
    }
    let in_common =
        |other: &&Contract| other.valid_from <= terms.valid_until && terms.valid_from <= other.valid_until;
    match contracts.iter().find(in_common) {
        Some(other) => Err(Refusal::new(Code::ContractOverlap)
            .at("contract.valid_from")
            .with("contract_id", other.contract_id)
            .with("valid_from", other.valid_from)
            .with("valid_until", other.valid_until)),
        None => Ok(()),
    }
}

/// The contract of a day.
///
/// # Errors
/// `no_contract`, with the days of those there are.
pub fn on(contracts: &[Contract], day: NaiveDate) -> Result<&Contract, Refusal> {
    contracts.iter().find(|contract| contract.covers(day)).ok_or_else(|| {
        let days = |contract: &Contract| format!("{}–{}", contract.valid_from, contract.valid_until);
        Refusal::new(Code::NoContract)
            .at("held_on")
            .with("held_on", day)
            .with("contracts", contracts.iter().map(days).collect::<Vec<_>>())
    })
}

/// Whether so many hours more fit the contract, of which `recorded` are taken.
///
/// # Errors
/// `contract_exceeded`, with the hours that are left.
pub fn fit(contract: &Contract, hours: i32, recorded: i64) -> Result<(), Refusal> {
    let left = (i64::from(contract.hours) - recorded).max(0);
    if i64::from(hours) <= left {
        return Ok(());
    }
    Err(Refusal::new(Code::ContractExceeded)
        .at("hours")
        .with("hours", hours)
        .with("contract_id", contract.contract_id)
        .with("contract_hours", contract.hours)
        .with("recorded_hours", recorded)
        .with("hours_left", left))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2020, month, day).unwrap()
    }

    fn terms() -> Terms {
        Terms {
            number: Text::parse("7-ГПХ").unwrap(),
            hourly_rate: Kopecks::new(150_000),
            valid_from: day(3, 1),
            valid_until: day(6, 30),
            hours: 100,
        }
    }

    fn contract() -> Contract {
        let Terms { number, hourly_rate, valid_from, valid_until, hours } = terms();
        let (contract_id, number) = (uuid::Uuid::nil().into(), number.to_string());
        Contract { contract_id, number, hourly_rate, valid_from, valid_until, hours }
    }

    #[test]
    fn a_rate_in_roubles_or_for_a_month_is_told_apart_from_kopecks_an_hour() {
        let with = |rate| Terms { hourly_rate: Kopecks::new(rate), ..terms() };
        for rate in [1_000, 150_000, 10_000_000] {
            assert_eq!(with(rate).check(), Ok(()), "{rate}");
        }
        for rate in [i64::MIN, -1, 0, 999, 10_000_001, i64::MAX] {
            let refusal = with(rate).check().unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("hourly_rate.amount"), "{rate}");
            assert!(refusal.facts["expected"].as_str().unwrap().contains("kopecks"));
            assert_eq!(refusal.facts["hourly_rate_kopecks"], rate);
        }
    }

    #[test]
    fn days_are_in_order_and_hours_are_some() {
        let field = |terms: Terms| terms.check().err().and_then(|refusal| refusal.field);
        assert_eq!(field(Terms { valid_until: day(3, 1), ..terms() }), None, "one day is a contract");
        assert_eq!(
            field(Terms { valid_until: day(2, 29), ..terms() }).as_deref(),
            Some("contract.valid_until")
        );
        for year in [-1, 1999, 2101, 262_142] {
            let odd = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
            assert_eq!(field(Terms { valid_from: odd, ..terms() }).as_deref(), Some("contract.valid_from"));
            assert_eq!(field(Terms { valid_until: odd, ..terms() }).as_deref(), Some("contract.valid_until"));
        }
        for hours in [i32::MIN, 0, 10_001] {
            assert_eq!(field(Terms { hours, ..terms() }).as_deref(), Some("contract.hours"));
        }
    }

    #[test]
    fn contracts_have_no_day_in_common() {
        let other = |from, until| Terms {
            number: Text::parse("8-ГПХ").unwrap(),
            valid_from: from,
            valid_until: until,
            ..terms()
        };
        for (from, until) in [(day(6, 30), day(7, 1)), (day(2, 1), day(3, 1)), (day(4, 1), day(4, 1))] {
            let refusal = add(&other(from, until), &[contract()]).unwrap_err();
            assert_eq!(
                (refusal.code, &refusal.facts["valid_until"]),
                (Code::ContractOverlap, &"2020-06-30".into())
            );
        }
        assert_eq!(add(&other(day(7, 1), day(7, 31)), &[contract()]), Ok(()));
        assert_eq!(add(&other(day(2, 1), day(2, 29)), &[contract()]), Ok(()));
        assert_eq!(add(&terms(), &[contract()]).unwrap_err().code, Code::AlreadyExists);
    }

    #[test]
    fn a_session_has_the_contract_of_its_day_and_no_more_than_its_hours() {
        let contracts = [contract()];
        for inside in [day(3, 1), day(6, 30)] {
            assert_eq!(on(&contracts, inside).unwrap().number, "7-ГПХ");
        }
        for outside in [day(2, 29), day(7, 1)] {
            let refusal = on(&contracts, outside).unwrap_err();
            assert_eq!(refusal.code, Code::NoContract);
            assert_eq!(refusal.facts["contracts"][0], "2020-03-01–2020-06-30");
        }
        assert_eq!(fit(&contract(), 6, 94), Ok(()));
        let refusal = fit(&contract(), 7, 94).unwrap_err();
        assert_eq!((refusal.code, &refusal.facts["hours_left"]), (Code::ContractExceeded, &6.into()));
        assert_eq!(fit(&contract(), 1, 200).unwrap_err().facts["hours_left"], 0);
    }
}
