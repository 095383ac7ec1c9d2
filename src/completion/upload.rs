//! Lists of attendance, results and completions as they are sent: rows of JSON, or tables in files. Either is read
//! into the same rows; a cell that cannot be taken refuses its row only.

use super::model::{Certificate, DocumentNumber, TestResult};
use super::roll::{Listed, MAX_ROWS, Person};
use crate::kernel::{RedemptionId, Refusal, Text, object};
use crate::sheet::grid::Holds;
use crate::sheet::{self, Column};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

/// A list, and whether it is only tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, bound = "R: Deserialize<'de>")]
pub struct List<R: ToSchema> {
    /// Decides the same and writes nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// At most 5,000.
    #[serde(deserialize_with = "object::list")]
    pub rows: Vec<R>,
}

/// What a row of a list says.
pub trait Row: Sized {
    /// What it says of a person.
    type Says;

    /// The columns that a file has beside those that name the person.
    const COLUMNS: &'static [Column];

    /// Whom it names and what it says.
    fn read(self) -> Result<(Person, Self::Says), Refusal>;

    /// From the cells of a file: redemption, voucher, and those of [`Row::COLUMNS`].
    fn from_cells(
        redemption_id: Option<RedemptionId>,
        voucher_number: Option<String>,
        cells: &[String],
    ) -> Result<Self, Refusal>;
}

/// A person's attendance; name them by `redemption_id` or by `voucher_number`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttendanceRow {
    #[serde(default)]
    redemption_id: Option<RedemptionId>,
    #[serde(default)]
    #[schema(example = "PSK20-0001234-5")]
    voucher_number: Option<String>,
    present: bool,
}

/// A person's test result; name them by `redemption_id` or by `voucher_number`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultRow {
    #[serde(default)]
    redemption_id: Option<RedemptionId>,
    #[serde(default)]
    #[schema(example = "PSK20-0001234-5")]
    voucher_number: Option<String>,
    passed: bool,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    score: Option<i32>,
}

/// Who completed the course, and the document they got; name them by `redemption_id` or by `voucher_number`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletionRow {
    #[serde(default)]
    redemption_id: Option<RedemptionId>,
    #[serde(default)]
    #[schema(example = "PSK20-0001234-5")]
    voucher_number: Option<String>,
    /// Of the удостоверение о повышении квалификации; unique in the programme.
    document_number: DocumentNumber,
    /// A day from the first one of the course run to today.
    completed_on: NaiveDate,
}

impl Row for AttendanceRow {
    type Says = bool;

    const COLUMNS: &'static [Column] =
        &[Column { name: "present", russian: "присутствие", required: true, holds: Holds::Text }];

    fn read(self) -> Result<(Person, bool), Refusal> {
        Ok((Person::named(self.redemption_id, self.voucher_number.as_deref())?, self.present))
    }

    fn from_cells(
        redemption_id: Option<RedemptionId>,
        voucher_number: Option<String>,
        cells: &[String],
    ) -> Result<Self, Refusal> {
        Ok(Self { redemption_id, voucher_number, present: yes_or_no("present", &cells[0])? })
    }
}

impl Row for ResultRow {
    type Says = TestResult;

    const COLUMNS: &'static [Column] = &[
        Column { name: "passed", russian: "сдан", required: true, holds: Holds::Text },
        Column { name: "score", russian: "балл", required: false, holds: Holds::Text },
    ];

    fn read(self) -> Result<(Person, TestResult), Refusal> {
        let person = Person::named(self.redemption_id, self.voucher_number.as_deref())?;
        Ok((person, TestResult::new(self.passed, self.score)?))
    }

    fn from_cells(
        redemption_id: Option<RedemptionId>,
        voucher_number: Option<String>,
        cells: &[String],
    ) -> Result<Self, Refusal> {
        let passed = yes_or_no("passed", &cells[0])?;
        let score = match sheet::plain("score", &cells[1])?.trim() {
            "" => None,
            score => Some(score.parse().map_err(|_| Refusal::field("score", "whole points from 0 to 100"))?),
        };
        Ok(Self { redemption_id, voucher_number, passed, score })
    }
}

impl Row for CompletionRow {
    type Says = Certificate;

    const COLUMNS: &'static [Column] = &[
        Column {
            name: "document_number",
            russian: "номер удостоверения",
            required: true,
            holds: Holds::Text,
        },
        Column {
            name: "completed_on", russian: "дата завершения", required: true, holds: Holds::Day
        },
    ];

    fn read(self) -> Result<(Person, Certificate), Refusal> {
        let person = Person::named(self.redemption_id, self.voucher_number.as_deref())?;
        let Self { document_number, completed_on, .. } = self;
        Ok((person, Certificate { document_number, completed_on }))
    }

    fn from_cells(
        redemption_id: Option<RedemptionId>,
        voucher_number: Option<String>,
        cells: &[String],
    ) -> Result<Self, Refusal> {
        let document_number = Text::parse(sheet::plain("document_number", &cells[0])?)
            .map_err(|malformed| malformed.at("document_number"))?;
        let completed_on = sheet::day("completed_on", &cells[1])?;
        Ok(Self { redemption_id, voucher_number, document_number, completed_on })
    }
}

/// The rows of a JSON body.
pub fn json_rows<R: Row>(rows: Vec<R>) -> Vec<Listed<R::Says>> {
    (1..).zip(rows).map(|(row, said)| Listed { row, entry: said.read() }).collect()
}

/// The rows of a file.
///
/// # Errors
/// Those of [`sheet::read`].
pub fn file_rows<R: Row>(file: &[u8]) -> Result<Vec<Listed<R::Says>>, Refusal> {
    let by_person = [
        Column { name: "redemption_id", russian: "погашение", required: false, holds: Holds::Text },
        Column {
            name: "voucher_number", russian: "номер сертификата", required: false, holds: Holds::Text
        },
    ];
    let columns: Vec<Column> = by_person.into_iter().chain(R::COLUMNS.iter().copied()).collect();
    let rows = sheet::read(file, &columns, MAX_ROWS)?;
    Ok(rows.into_iter().map(|row| Listed { row: row.row, entry: read_cells::<R>(&row.cells) }).collect())
}

fn read_cells<R: Row>(cells: &[String]) -> Result<(Person, R::Says), Refusal> {
    let redemption_id = match sheet::plain("redemption_id", &cells[0])?.trim() {
        "" => None,
        id => {
            Some(id.parse().map_err(|_| Refusal::field("redemption_id", "an id, a UUID in its usual form"))?)
        }
    };
    let voucher_number =
        Some(sheet::plain("voucher_number", &cells[1])?.trim()).filter(|cell| !cell.is_empty());
    R::from_cells(redemption_id, voucher_number.map(str::to_owned), &cells[2..])?.read()
}

/// A cell that answers a question, in either language.
fn yes_or_no(column: &'static str, cell: &str) -> Result<bool, Refusal> {
    match sheet::plain(column, cell)?.trim().to_lowercase().as_str() {
        "true" | "yes" | "1" | "да" => Ok(true),
        "false" | "no" | "0" | "нет" => Ok(false),
        _ => Err(Refusal::field(column, "yes or no, да or нет, true or false, 1 or 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<R: Row>(file: &str) -> Vec<Option<String>> {
        let rows = file_rows::<R>(file.as_bytes()).unwrap();
        rows.into_iter().map(|row| row.entry.err().and_then(|refusal| refusal.field)).collect()
    }

    #[test]
    fn files_say_what_people_write_in_either_language() {
        let rows =
            file_rows::<AttendanceRow>("voucher_number,present\nx,нет\nx,maybe\n,1\n".as_bytes()).unwrap();
        assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(
            fields::<AttendanceRow>("voucher_number;present\nx;нет\nx;maybe\n;1\n"),
            ["voucher_number", "present", "voucher_number"].map(|field| Some(field.to_owned()))
        );
        let id = RedemptionId(uuid::Uuid::nil());
        let rows =
            file_rows::<AttendanceRow>(format!("присутствие;погашение\nда;{id}\n").as_bytes()).unwrap();
        assert_eq!(rows[0].entry, Ok((Person::Redemption(id), true)));
    }

    #[test]
    fn a_bad_cell_refuses_its_row_and_names_its_column() {
        let id = uuid::Uuid::nil();
        assert_eq!(
            fields::<ResultRow>(&format!(
                "redemption_id;passed;score\n{id};да;87\n{id};да;\n{id};да;8,5\n{id};да;101\n{id};=1;1\nx;да;1\n"
            )),
            [None, None, Some("score"), Some("score"), Some("passed"), Some("redemption_id")]
                .map(|field| field.map(str::to_owned))
        );
        assert_eq!(
            fields::<CompletionRow>(&format!(
                "redemption_id;document_number;completed_on\n{id};У-1;31.03.2020\n{id};;2020-03-31\n{id};У-2;soon\n\
                 {id};@x;2020-03-31\n"
            )),
            [None, Some("document_number"), Some("completed_on"), Some("document_number")]
                .map(|field| field.map(str::to_owned))
        );
    }
}
