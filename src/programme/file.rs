//! A programme file (TOML or JSON) for `vouchers programme create --file`: the programme, and if
//! wanted its budget lines and quotas.
//!
//! ```toml
//! [programme]
//! code = "PSK20"
//! # … as the body of POST /v1/programmes; money as { amount = 650000, currency = "RUB" }
//!
//! [[budget_lines]]
//! kbk = "07104101520100009244"
//! item = "instructor_pay"
//! name = "Оплата труда преподавателей"
//!
//! [[quotas]]
//! agency_id = "0190…"
//! seats = 40
//! ```

use super::budget_line::CreateBudgetLine;
use super::create::CreateProgramme;
use super::form::ProgrammeForm;
use super::model::{NewBudgetLine, NewProgramme};
use super::quotas::{Seats, SetQuotas};
use super::view::Programme;
use crate::kernel::{Actor, Code, Refusal};
use crate::writer::Writer;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    programme: ProgrammeForm,
    #[serde(default)]
    budget_lines: Vec<NewBudgetLine>,
    #[serde(default)]
    quotas: Vec<Seats>,
}

/// What a programme file asks for.
pub struct ProgrammeFile {
    programme: NewProgramme,
    budget_lines: Vec<NewBudgetLine>,
    quotas: Vec<Seats>,
}

impl ProgrammeFile {
    /// Reads JSON when the text starts with a brace, TOML otherwise.
    ///
    /// # Errors
    /// `malformed_file` with the parser's words, `invalid_field` with the field at fault.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let form: Form = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(malformed)?
        } else {
            toml::from_str(text).map_err(malformed)?
        };
        Ok(Self { programme: form.programme.parse()?, budget_lines: form.budget_lines, quotas: form.quotas })
    }

    /// Creates everything the file asks for, one command after another; stops at the first refusal.
    ///
    /// # Errors
    /// The commands' refusals.
    pub fn create(
        self,
        writer: &Writer,
        actor: &Actor,
        mut new_id: impl FnMut() -> Uuid,
    ) -> Result<Programme, Refusal> {
        let programme_id = new_id().into();
        let create = CreateProgramme { programme_id, actor: actor.clone(), new: self.programme };
        let programme = writer.execute_blocking(create)?.reply;
        for new in self.budget_lines {
            let budget_line_id = new_id().into();
            let actor = actor.clone();
            writer.execute_blocking(CreateBudgetLine { programme_id, budget_line_id, actor, new })?;
        }
        if !self.quotas.is_empty() {
            let actor = actor.clone();
            writer.execute_blocking(SetQuotas { programme_id, actor, quotas: self.quotas })?;
        }
        Ok(programme)
    }
}

fn malformed(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::MalformedFile).with("reason", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        [programme]
        code = "PSK20"
        name = "Переквалификация органов госвласти"
        year = 2020
        university_id = "018f0000-0000-7000-8000-000000000001"
        course_hours = 72
        face_value = { amount = 650000, currency = "RUB" }
        valid_from = "2020-03-01"
        valid_until = "2020-12-31"
        eligible_categories = ["state_civil_servant"]
        contribution_basis_points = 3020
        target_trained = 2000

        [[budget_lines]]
        kbk = "07104101520100009244"
        item = "instructor_pay"
        name = "Оплата труда преподавателей"
    "#;

    #[test]
    fn reads_toml_and_json_alike() {
        let read = ProgrammeFile::parse(TOML).unwrap();
        assert_eq!(read.programme.code.as_str(), "PSK20");
        assert_eq!(read.budget_lines.len(), 1);
        let value: toml::Value = toml::from_str(TOML).unwrap();
        let again = ProgrammeFile::parse(&serde_json::to_string(&value).unwrap()).unwrap();
        assert_eq!(again.programme, read.programme);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert_eq!(ProgrammeFile::parse("{").err().unwrap().code, Code::MalformedFile);
        let misspelt = TOML.replace("budget_lines", "budget_line");
        assert_eq!(ProgrammeFile::parse(&misspelt).err().unwrap().code, Code::MalformedFile);
        let too_long = TOML.replace("course_hours = 72", "course_hours = 7200");
        assert_eq!(ProgrammeFile::parse(&too_long).err().unwrap().field.as_deref(), Some("course_hours"));
    }
}
