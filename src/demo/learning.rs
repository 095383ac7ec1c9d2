//! What becomes of those who are taught to the end: who was there, who passed, who got a document. In every run one
//! person misses too much and one fails, and both are refused their document, as intended.

use super::course::{Course, Held, Run};
use super::run::DemoError;
use super::stage::refused;
use crate::completion::model::{Certificate, TestResult};
use crate::completion::roll::{Listed, Person};
use crate::completion::{CompleteCourse, RecordAttendance, RecordResults};
use crate::kernel::{RedemptionId, Text};
use crate::teaching::Phase;
use chrono::NaiveDate;

/// Who is never there remotely, by their place in the run.
const AWAY: usize = 7;
/// Who fails the test.
const FAILING: usize = 12;

/// Of a run's sessions everybody misses about every eleventh.
fn was_there(place: usize, held: &Held) -> bool {
    let is_away = place == AWAY && held.phase == Phase::Remote;
    let is_ill = (place + held.place).is_multiple_of(11);
    !(is_away || is_ill)
}

/// Points of a hundred.
fn score(place: usize) -> i32 {
    let points = if place == FAILING { 40 } else { 60 + place * 7 % 40 };
    i32::try_from(points).unwrap_or(0)
}

/// The rows of a list: a row for each person.
fn rows<T>(
    people: &[RedemptionId],
    says: impl Fn(usize) -> Result<T, DemoError>,
) -> Result<Vec<Listed<T>>, DemoError> {
    let row = |(place, id): (usize, &RedemptionId)| {
        let number = i32::try_from(place + 1).unwrap_or(i32::MAX);
        Ok(Listed { row: number, entry: Ok((Person::Redemption(*id), says(place)?)) })
    };
    people.iter().enumerate().map(row).collect()
}

impl Course<'_> {
    /// Records who was in the sessions held.
    pub fn attend(&self, held: &[Held], people: &[Vec<RedemptionId>]) -> Result<(), DemoError> {
        let command = |held: &Held| {
            Ok(RecordAttendance {
                session_id: held.session_id,
                actor: self.cast.teaching.clone(),
                university_no: self.cast.university_no,
                dry_run: false,
                rows: rows(&people[held.run], |place| Ok(was_there(place, held)))?,
            })
        };
        let commands = held.iter().map(command).collect::<Result<Vec<_>, DemoError>>()?;
        let answers = self.stage.order_all("recording attendance", commands)?;
        match answers.iter().map(|answer| answer.reply.refused).sum::<u32>() {
            0 => Ok(()),
            some => Err(DemoError::Mismatch(format!("attendance of {some} people was refused"))),
        }
    }

    /// Records test results of a run on its last day, and gives their documents to those who finished.
    pub fn finish(&self, run: &Run, people: &[RedemptionId], day: NaiveDate) -> Result<(), DemoError> {
        let doing = "completing a course";
        self.stage.turn_to(day, 20);
        let result = |place: usize| {
            TestResult::new(place != FAILING, Some(score(place))).map_err(refused("recording results"))
        };
        let results = RecordResults {
            course_run_id: run.course_run_id,
            actor: self.cast.teaching.clone(),
            university_no: self.cast.university_no,
            dry_run: false,
            rows: rows(people, result)?,
        };
        self.stage.order("recording results", results)?;
        let certificate = |place: usize| {
            let number = format!("ПК-ПРИМЕР-{:03}-{:02}", run.number, place + 1);
            let document_number =
                Text::parse(&number).map_err(|why| refused(doing)(why.at("document_number")))?;
            Ok(Certificate { document_number, completed_on: day })
        };
        let complete = CompleteCourse {
            course_run_id: run.course_run_id,
            actor: self.cast.teaching.clone(),
            university_no: self.cast.university_no,
            dry_run: false,
            rows: rows(people, certificate)?,
        };
        let completed = self.stage.order(doing, complete)?.reply;
        let refused: Vec<_> =
            completed.rows.iter().filter_map(|row| Some((row.row, row.code.as_deref()?))).collect();
        let expected = [(AWAY as i32 + 1, "attendance_too_low"), (FAILING as i32 + 1, "not_passed")];
        match refused == expected {
            true => Ok(()),
            false => {
                Err(DemoError::Mismatch(format!("run {} was completed but for {refused:?}", run.number)))
            }
        }
    }
}
