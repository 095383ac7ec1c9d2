//! A programme as it is written by people: the body of `POST /v1/programmes` and a section of a
//! programme file. [`ProgrammeForm::parse`] is the only door to [`NewProgramme`].

use super::model::{Categories, Name, NewProgramme};
use crate::kernel::{Kopecks, ProgrammeCode, Refusal, ServiceCategory, UniversityId};
use chrono::NaiveDate;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// Kopecks of a face value at most: a million roubles.
const MAX_FACE_VALUE: i64 = 100_000_000;

/// A programme to be created. It starts as a draft.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeForm {
    pub code: ProgrammeCode,
    pub name: Name,
    #[schema(minimum = 2000, maximum = 2100)]
    pub year: i32,
    /// The university that teaches it.
    pub university_id: UniversityId,
    #[schema(minimum = 1, maximum = 1000)]
    pub course_hours: i32,
    /// Reserved for one voucher: 1 kopeck to 1,000,000 roubles.
    pub face_value: Kopecks,
    /// The first day vouchers are good, Moscow.
    pub valid_from: NaiveDate,
    /// The last day vouchers are good, inclusive, Moscow.
    pub valid_until: NaiveDate,
    /// The last day on which requests of municipalities wait in line for state bodies.
    pub priority_until: Option<NaiveDate>,
    /// Requests of up to this many rows are approved automatically; 0 for none.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 5000)]
    pub auto_approve_max_rows: i32,
    /// Days after `valid_until` in which scans made offline may still arrive.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 366)]
    pub sync_grace_days: i32,
    #[schema(min_items = 1)]
    pub eligible_categories: Vec<ServiceCategory>,
    /// Payroll contributions on top of an instructor's pay, in 1/10 000: 30.2 % is 3020.
    #[schema(minimum = 0, maximum = 10000)]
    pub contribution_basis_points: i32,
    /// How many people are to be trained.
    #[schema(minimum = 1, maximum = 10000000)]
    pub target_trained: i32,
    /// Its figures and people are made up.
    #[serde(default)]
    pub illustrative: bool,
}

impl ProgrammeForm {
    /// # Errors
    /// `invalid_field`, naming the field that is out of range or at odds with another.
    pub fn parse(self) -> Result<NewProgramme, Refusal> {
        within("year", self.year, 2000..=2100)?;
        within("course_hours", self.course_hours, 1..=1_000)?;
        within("auto_approve_max_rows", self.auto_approve_max_rows, 0..=5_000)?;
        within("sync_grace_days", self.sync_grace_days, 0..=366)?;
        within("contribution_basis_points", self.contribution_basis_points, 0..=10_000)?;
        within("target_trained", self.target_trained, 1..=10_000_000)?;
        if !(1..=MAX_FACE_VALUE).contains(&self.face_value.get()) {
            return Err(Refusal::field("face_value.amount", format!("1 to {MAX_FACE_VALUE} kopecks")));
        }
        within_years("valid_from", self.valid_from)?;
        within_years("valid_until", self.valid_until)?;
        if self.valid_until < self.valid_from {
            return Err(Refusal::field("valid_until", "valid_from or a later day"));
        }
        if self.priority_until.is_some_and(|day| day > self.valid_until) {
            return Err(Refusal::field("priority_until", "valid_until or an earlier day"));
        }
        let mut categories = self.eligible_categories;
        categories.sort_unstable();
        categories.dedup();
        if categories.is_empty() {
            return Err(Refusal::field("eligible_categories", "one category at least"));
        }
        Ok(NewProgramme {
            code: self.code,
            name: self.name,
            year: self.year,
            university_id: self.university_id,
            course_hours: self.course_hours,
            face_value: self.face_value,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            priority_until: self.priority_until,
            auto_approve_max_rows: self.auto_approve_max_rows,
            sync_grace_days: self.sync_grace_days,
            eligible_categories: Categories(categories),
            contribution_basis_points: self.contribution_basis_points,
            target_trained: self.target_trained,
            illustrative: self.illustrative,
        })
    }
}

fn within(field: &str, value: i32, range: RangeInclusive<i32>) -> Result<(), Refusal> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Refusal::field(field, format!("{} to {}", range.start(), range.end())))
}

/// Days far away are slips, and their instants would not fit what credentials carry.
///
/// # Errors
/// `invalid_field`.
pub fn within_years(field: &str, day: NaiveDate) -> Result<(), Refusal> {
    use chrono::Datelike;
    if (2000..=2100).contains(&day.year()) {
        return Ok(());
    }
    Err(Refusal::field(field, "a day of the years 2000 to 2100"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body() -> Value {
        json!({
            "code": "PSK20", "name": "Переквалификация органов госвласти", "year": 2020,
            "university_id": "018f0000-0000-7000-8000-000000000001", "course_hours": 72,
            "face_value": {"amount": 650_000, "currency": "RUB"},
            "valid_from": "2020-03-01", "valid_until": "2020-12-31", "priority_until": "2020-04-30",
            "auto_approve_max_rows": 10, "sync_grace_days": 3,
            "eligible_categories": ["municipal_servant", "state_civil_servant", "municipal_servant"],
            "contribution_basis_points": 3_020, "target_trained": 2_000
        })
    }

    fn with(field: &str, value: Value) -> Result<NewProgramme, Refusal> {
        let mut body = body();
        body[field] = value;
        serde_json::from_value::<ProgrammeForm>(body).unwrap().parse()
    }

    #[test]
    fn a_programme_is_taken_as_written() {
        let new = serde_json::from_value::<ProgrammeForm>(body()).unwrap().parse().unwrap();
        assert_eq!(new.eligible_categories.to_string(), "state_civil_servant,municipal_servant");
        assert_eq!(new.face_value, Kopecks::new(650_000));
        assert!(!new.illustrative);
    }

    #[test]
    fn a_figure_out_of_range_names_its_field() {
        for (field, bad) in [
            ("year", json!(1999)),
            ("course_hours", json!(0)),
            ("auto_approve_max_rows", json!(-1)),
            ("sync_grace_days", json!(367)),
            ("contribution_basis_points", json!(10_001)),
            ("target_trained", json!(0)),
            ("eligible_categories", json!([])),
            ("valid_from", json!("1999-12-31")),
            ("valid_until", json!("2101-01-01")),
            ("valid_until", json!("2020-02-29")),
            ("priority_until", json!("2021-01-01")),
        ] {
            assert_eq!(with(field, bad).unwrap_err().field.as_deref(), Some(field));
        }
        for amount in [0, -1, MAX_FACE_VALUE + 1] {
            let refusal = with("face_value", json!({"amount": amount, "currency": "RUB"})).unwrap_err();
            assert_eq!(refusal.field.as_deref(), Some("face_value.amount"));
        }
    }
}
