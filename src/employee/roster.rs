//! A row of a roster: what an agency says about one of its people, and whether it can be taken.
//!
//! Pure. Every cell goes through [`RawRow::parse`], so JSON, CSV and the command line refuse alike.
//! Refusals name the column and never repeat the cell: it is personal data.

use crate::kernel::{
    AgencyId, Email, EmployeeId, HolderSecret, PersonName, Refusal, ServiceCategory, Snils, Text,
};
use crate::sheet::{self, plain};
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The most rows that one request or import takes.
pub const MAX_ROWS: usize = 5_000;

/// The cells of a row as they came, each possibly empty.
#[derive(Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RosterRow)]
pub struct RawRow {
    /// The agency's own reference, given back with the row's outcome.
    #[schema(min_length = 1, max_length = 64)]
    pub client_ref: String,
    #[schema(example = "112-233-445 95")]
    pub snils: String,
    pub family_name: String,
    pub given_name: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[schema(value_type = Option<String>)]
    pub patronymic: String,
    #[schema(min_length = 1, max_length = 200)]
    pub position: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[schema(value_type = Option<String>)]
    pub email: String,
    /// `state_civil_servant`, `municipal_servant` or `other`.
    #[schema(example = "state_civil_servant")]
    pub category: String,
    /// The last day of service, where one is known.
    #[serde(default, deserialize_with = "null_as_empty")]
    #[schema(value_type = Option<String>, format = Date)]
    pub leaves_on: String,
}

fn null_as_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What is known of an employee. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub snils: Snils,
    pub name: PersonName,
    pub position: Text<1, 200>,
    pub email: Option<Email>,
    pub category: ServiceCategory,
    /// The last day of service, where the agency states one.
    pub leaves_on: Option<NaiveDate>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(***)")
    }
}

/// A row that was read: a person, or why there is none.
#[derive(Clone, PartialEq, Debug)]
pub struct RosterRow {
    /// Its place in the list, from 1; a header does not count.
    pub row: i32,
    /// The agency's own reference; the row's number where it gave none that can be taken.
    pub client_ref: String,
    pub person: Result<Person, Refusal>,
}

/// A row on its way into the store: with the key its person is looked up by, and the id they get if
/// they are new.
#[derive(Clone, Debug)]
pub struct Listed {
    pub row: i32,
    pub client_ref: String,
    pub person: Result<Keyed, Refusal>,
}

/// A person with their key within the agency.
#[derive(Clone, Debug)]
pub struct Keyed {
    pub person: Person,
    pub snils_key: [u8; 32],
    pub new_id: EmployeeId,
}

impl Keyed {
    /// Keyed hashing is work for the caller's thread, not the writer's.
    pub fn new(person: Person, secret: &HolderSecret, agency_id: AgencyId, new_id: EmployeeId) -> Self {
        Self { snils_key: secret.snils_key(agency_id, &person.snils), person, new_id }
    }
}

impl RosterRow {
    /// Readies the row for an agency; `new_id` is the person's if they are new.
    pub fn list(self, secret: &HolderSecret, agency_id: AgencyId, new_id: EmployeeId) -> Listed {
        let person = self.person.map(|person| Keyed::new(person, secret, agency_id, new_id));
        Listed { row: self.row, client_ref: self.client_ref, person }
    }
}

impl RawRow {
    /// Reads the cells of row number `row`.
    pub fn parse(&self, row: i32) -> RosterRow {
        let reference = plain("client_ref", &self.client_ref)
            .and_then(|cell| Text::<1, 64>::parse(cell).map_err(|malformed| malformed.at("client_ref")));
        let client_ref = reference.as_ref().map_or_else(|_| row.to_string(), Text::to_string);
        RosterRow { row, client_ref, person: reference.and_then(|_| self.person()) }
    }

    fn person(&self) -> Result<Person, Refusal> {
        let snils = plain("snils", &self.snils)?;
        let (family_name, given_name) =
            (plain("family_name", &self.family_name)?, plain("given_name", &self.given_name)?);
        let patronymic = plain("patronymic", &self.patronymic)?;
        let position = plain("position", &self.position)?;
        let email = plain("email", &self.email)?;
        let leaves_on = plain("leaves_on", &self.leaves_on)?;
        Ok(Person {
            snils: Snils::parse(snils).map_err(|malformed| malformed.at("snils"))?,
            name: PersonName::parse(family_name, given_name, Some(patronymic))?,
            position: Text::parse(position).map_err(|malformed| malformed.at("position"))?,
            email: stated(email).map(Email::parse).transpose().map_err(|malformed| malformed.at("email"))?,
            category: category(plain("category", &self.category)?)?,
            leaves_on: stated(leaves_on).map(|cell| sheet::day("leaves_on", cell)).transpose()?,
        })
    }
}

fn stated(cell: &str) -> Option<&str> {
    Some(cell.trim()).filter(|cell| !cell.is_empty())
}

/// The names of the API, or the words of the law.
fn category(cell: &str) -> Result<ServiceCategory, Refusal> {
    match cell.trim().to_lowercase().as_str() {
        "государственный гражданский служащий" => {
            Ok(ServiceCategory::StateCivilServant)
        }
        "муниципальный служащий" => Ok(ServiceCategory::MunicipalServant),
        "иное" => Ok(ServiceCategory::Other),
        _ => ServiceCategory::parse(cell).map_err(|malformed| malformed.at("category")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Code;

    fn good() -> RawRow {
        RawRow {
            client_ref: "A-1".into(),
            snils: "112-233-445 95".into(),
            family_name: "Иванова".into(),
            given_name: "Анна".into(),
            patronymic: "Петровна".into(),
            position: "Консультант".into(),
            email: "a@example.org".into(),
            category: "state_civil_servant".into(),
            leaves_on: String::new(),
        }
    }

    #[test]
    fn a_good_row_is_a_person() {
        let row = good().parse(7);
        assert_eq!((row.row, row.client_ref.as_str()), (7, "A-1"));
        let person = row.person.unwrap();
        assert_eq!(person.name.surname_and_initials(), "Иванова А. П.");
        assert_eq!(person.leaves_on, None);
    }

    #[test]
    fn what_may_be_missing_may_be_missing() {
        let raw = RawRow { patronymic: " ".into(), email: String::new(), ..good() };
        let person = raw.parse(1).person.unwrap();
        assert_eq!((person.name.patronymic(), person.email), (None, None));
    }

    #[test]
    fn categories_and_days_are_read_as_people_write_them() {
        let raw =
            RawRow {
                category: "Муниципальный служащий".into(), leaves_on: "31.12.2020".into(), ..good()
            };
        let person = raw.parse(1).person.unwrap();
        assert_eq!(person.category, ServiceCategory::MunicipalServant);
        assert_eq!(person.leaves_on, NaiveDate::from_ymd_opt(2020, 12, 31));
        let raw = RawRow { leaves_on: "31.02.2020".into(), ..good() };
        assert_eq!(raw.parse(1).person.unwrap_err().field.as_deref(), Some("leaves_on"));
    }

    #[test]
    fn each_bad_cell_is_named_and_not_repeated() {
        type Spoil = fn(&mut RawRow) -> &mut String;
        let columns: [(&str, Spoil); 9] = [
            ("client_ref", |raw| &mut raw.client_ref),
            ("snils", |raw| &mut raw.snils),
            ("family_name", |raw| &mut raw.family_name),
            ("given_name", |raw| &mut raw.given_name),
            ("patronymic", |raw| &mut raw.patronymic),
            ("position", |raw| &mut raw.position),
            ("email", |raw| &mut raw.email),
            ("category", |raw| &mut raw.category),
            ("leaves_on", |raw| &mut raw.leaves_on),
        ];
        for (column, cell) in columns {
            for bad in ["a\u{0}b", "=1+1", " @SUM(A1)", "+7", "-"] {
                let mut raw = good();
                *cell(&mut raw) = bad.into();
                let row = raw.parse(3);
                let refusal = row.person.unwrap_err();
                assert_eq!(
                    (refusal.code, refusal.field.as_deref()),
                    (Code::InvalidField, Some(column)),
                    "{bad}"
                );
                assert!(!format!("{refusal:?}").contains(bad) || bad.len() == 1, "{refusal:?}");
                if column == "client_ref" {
                    assert_eq!(row.client_ref, "3");
                }
            }
        }
    }
}
