//! Every row of a list with what was decided about it: in words, with the cell it stands in and what to do.

use super::super::Page;
use crate::employee::fields::Field;
use crate::employee::matched::Matched;
use crate::employee::preview;
use crate::kernel::{Code, Refusal};
use crate::request::model::Rule;
use crate::request::outcome::{Outcome, RowOutcome};
use crate::sheet::grid::{Cell, Line};
use std::collections::HashMap;

/// Characters shown of a cell.
const SHOWN: usize = 60;

/// A row of the file.
pub struct Row {
    /// Its number there.
    pub number: u32,
    pub name: String,
    pub position: String,
    pub wrong: Option<Wrong>,
}

/// Why a row is not taken.
pub struct Wrong {
    pub what: String,
    /// The cell at fault, with what it holds.
    pub place: Option<String>,
}

/// The rows, those that are refused first, each in the order of the file.
pub fn of(page: &Page, matched: &Matched, outcomes: &[RowOutcome]) -> Vec<Row> {
    let lines: HashMap<u32, &Line> =
        matched.opened.grid.lines.iter().map(|line| (line.number, line)).collect();
    let row = |outcome: &RowOutcome| {
        let number = number(matched, outcome.row);
        let shown = |field| shown(matched, lines.get(&number).copied(), field);
        let parts = [Field::FamilyName, Field::GivenName, Field::Patronymic];
        let name = shown(Field::FullName)
            .unwrap_or_else(|| parts.into_iter().filter_map(shown).collect::<Vec<_>>().join(" "));
        let is_refused = outcome.outcome == Outcome::Refused;
        let wrong = is_refused.then(|| Wrong {
            what: what(page, matched, outcome),
            place: fault(outcome).and_then(|field| {
                let cell = preview::cell(matched, outcome.row, field)?;
                let said = shown(field).or_else(|| shown(Field::FullName));
                Some(match said {
                    Some(value) => page.t2("row-cell", "cell", cell, "value", value),
                    None => page.t1("row-cell-empty", "cell", cell),
                })
            }),
        });
        Row { number, name, position: shown(Field::Position).unwrap_or_default(), wrong }
    };
    let (refused, accepted): (Vec<_>, Vec<_>) = outcomes.iter().map(row).partition(|row| row.wrong.is_some());
    refused.into_iter().chain(accepted).collect()
}

/// The number of a row in the file.
fn number(matched: &Matched, row: i32) -> u32 {
    matched.header.row + row.unsigned_abs()
}

/// What stands in a field of a line.
fn shown(matched: &Matched, line: Option<&Line>, field: Field) -> Option<String> {
    let cell = line?.cell(matched.mapping.column(field)? - 1)?;
    let text = cell.read(field.holds()).unwrap_or_else(|| Cell::Fault.shown());
    Some(text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect())
}

/// The rules that were not met.
fn failed(outcome: &RowOutcome) -> impl Iterator<Item = Rule> {
    let rules = outcome.facts.get("rules").cloned().unwrap_or_default();
    serde_json::from_value::<Vec<Rule>>(rules).unwrap_or_default().into_iter()
}

/// The field to look at.
fn fault(outcome: &RowOutcome) -> Option<Field> {
    let of_rule = || {
        failed(outcome).find_map(|rule| match rule {
            Rule::CategoryOfService => Some(Field::Category),
            Rule::EmployedThrough => Some(Field::LeavesOn),
            Rule::AgencyTakesPart => None,
        })
    };
    outcome.field.as_deref().and_then(Field::parse).or_else(of_rule)
}

/// What is wrong and what to do about it.
fn what(page: &Page, matched: &Matched, outcome: &RowOutcome) -> String {
    let code = outcome.code.as_deref().and_then(Code::parse);
    let first_row = outcome.facts.get("first_row").and_then(|row| i32::try_from(row.as_i64()?).ok());
    match (code, fault(outcome), first_row) {
        (Some(Code::InvalidField), Some(field), _) => page.word("row-wrong", field.as_str()),
        (Some(Code::DuplicateHolder), _, Some(first)) => page.t1("row-twice", "row", number(matched, first)),
        (Some(Code::DuplicateHolder), _, None) => {
            let whose = outcome.facts.get("claimed_by").and_then(|whose| whose.as_str());
            page.t(if whose == Some("your_agency") { "row-claimed-here" } else { "row-claimed-elsewhere" })
        }
        (Some(Code::NotEligible), ..) => {
            let rules = failed(outcome).map(|rule| page.word("row-failed", rule.as_str()));
            rules.collect::<Vec<_>>().join(" ")
        }
        (Some(Code::QuotaExceeded), ..) => page.t("row-over-quota"),
        (Some(code), ..) => page.refusal(&Refusal { code, field: None, facts: outcome.facts.clone() }),
        (None, ..) => String::new(),
    }
}
