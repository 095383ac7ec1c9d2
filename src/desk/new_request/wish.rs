//! What a form wishes: which list, how it is to be read, for which programme.

use super::super::form_data::FormData;
use crate::employee::fields::Field;
use crate::employee::matched::{Mapping, Reading};
use crate::http::Caller;
use crate::kernel::{ProgrammeId, Refusal, ServiceCategory};
use crate::request::model::Mode;
use crate::writer::Key;
use actix_web::web::Bytes;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Characters shown of a file's name.
const NAME_LENGTH: usize = 120;

pub struct Wish {
    pub caller: Caller,
    pub programme_id: ProgrammeId,
    /// Of the page on which the file was chosen: what is sent from there is one wish.
    pub form_key: String,
    pub file: Bytes,
    pub name: String,
    /// Without a mapping it is guessed.
    pub reading: Reading,
    /// Fields that were chosen for several columns; none of these has it.
    pub doubled: Vec<Field>,
}

impl Wish {
    /// A file that was just chosen is read anew, whatever else the form says.
    ///
    /// # Errors
    /// `invalid_field` for what is not there or no page of ours sends; `too_large`.
    pub fn of(form: FormData) -> Result<Self, Refusal> {
        let programme_id = form.field("programme_id").parse();
        let programme_id: ProgrammeId =
            programme_id.map_err(|_| Refusal::field("programme_id", "a programme"))?;
        let form_key = form.field("form_key").parse::<Uuid>();
        let form_key = form_key.map_err(|_| Refusal::field("form_key", "that of the page"))?.to_string();
        let caller = form.caller.clone();
        let category = match form.field("category") {
            "" => None,
            said => Some(ServiceCategory::parse(said).map_err(|malformed| malformed.at("category"))?),
        };
        if let Some(chosen) = form.file.as_ref().filter(|chosen| !chosen.name.is_empty()) {
            let file = chosen.bytes.clone()?;
            let name = chosen.name.chars().take(NAME_LENGTH).collect();
            let reading = Reading { category, ..Reading::default() };
            return Ok(Self { caller, programme_id, form_key, file, name, reading, doubled: Vec::new() });
        }
        let file = URL_SAFE_NO_PAD.decode(form.field("list")).unwrap_or_default();
        if file.is_empty() {
            return Err(Refusal::field("file", "a file"));
        }
        let (mapping, doubled) = mapping(&form)?;
        let reading = Reading {
            sheet: Some(form.field("sheet").to_owned()).filter(|sheet| !sheet.is_empty()),
            header_row: form.field("header_row").trim().parse().ok(),
            // Columns of another table say nothing about this one.
            mapping: Some(mapping)
                .filter(|_| form.field("seen") == table(form.field("sheet"), form.field("header_row"))),
            category,
        };
        let name = form.field("name").chars().take(NAME_LENGTH).collect();
        let doubled = if reading.mapping.is_some() { doubled } else { Vec::new() };
        Ok(Self { caller, programme_id, form_key, file: file.into(), name, reading, doubled })
    }

    /// The file as it travels in the form.
    pub fn list(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.file)
    }

    /// Which table was seen, as `seen` of the form.
    pub fn table(&self) -> String {
        let header_row = self.reading.header_row.map(|row| row.to_string()).unwrap_or_default();
        table(self.reading.sheet.as_deref().unwrap_or_default(), &header_row)
    }

    /// How the list is read, to tell whether that changed.
    pub fn reading_as_text(&self) -> String {
        let mapping = self.reading.mapping.as_ref().map(Mapping::to_string).unwrap_or_default();
        let category = self.reading.category.map(ServiceCategory::as_str).unwrap_or_default();
        format!("{mapping} {category} {}", self.table())
    }

    /// The key for `Once`: the same list, sent twice from the page on which it was chosen, is one request.
    pub fn key(&self, mode: Mode) -> Key {
        let (programme, reading) = (self.programme_id.to_string(), self.reading_as_text());
        let parts = [programme.as_bytes(), mode.as_str().as_bytes(), reading.as_bytes(), &self.file];
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(Sha256::digest(part));
        }
        let contents = URL_SAFE_NO_PAD.encode(hasher.finalize());
        Key::new(self.caller.organisation(), format!("{} {contents}", self.form_key), &parts)
    }
}

fn table(sheet: &str, header_row: &str) -> String {
    format!("{} {sheet}", header_row.trim())
}

/// What each column is said to be, and what several are.
fn mapping(form: &FormData) -> Result<(Mapping, Vec<Field>), Refusal> {
    let said = form.all("column").map(|field| match field {
        "" => Ok(None),
        name => Field::parse(name).map(Some).ok_or_else(|| Refusal::field("column", "a field")),
    });
    let said = said.collect::<Result<Vec<_>, _>>()?;
    let times = |field: &Field| said.iter().flatten().filter(|other| *other == field).count();
    let doubled: Vec<Field> = Field::ALL.into_iter().filter(|field| times(field) > 1).collect();
    let single: Vec<_> = said.iter().map(|field| field.filter(|field| !doubled.contains(field))).collect();
    Ok((Mapping::of_guess(&single), doubled))
}
