//! Employees in the database. Names and СНИЛС lie in `employee_personal` and nowhere else.

use super::roster::{Keyed, Person};
use crate::db::schema::{employee, employee_personal};
use crate::db::{Connection, rows};
use crate::kernel::{EmployeeId, PersonName, Timestamp};
use crate::writer::Stop;
use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use std::collections::HashMap;

/// Rows per statement: nine columns each, and SQLite takes 32,766 parameters.
const CHUNK: usize = 3_000;

/// An employee as stored.
#[derive(Queryable, Clone)]
pub struct Known {
    pub employee_no: i64,
    pub employee_id: EmployeeId,
    category: String,
    leaves_on: Option<String>,
    snils_key: Vec<u8>,
    family_name: String,
    given_name: String,
    patronymic: Option<String>,
    position: String,
    email: Option<String>,
}

impl Known {
    pub fn leaves_on(&self) -> Option<NaiveDate> {
        self.leaves_on.as_deref().and_then(|day| day.parse().ok())
    }

    /// Whether the agency says what is stored already. A leaving date it does not state stays.
    fn agrees(&self, person: &Person) -> bool {
        self.category == person.category.as_str()
            && person.leaves_on.is_none_or(|day| Some(day) == self.leaves_on())
            && self.family_name == person.name.family_name()
            && self.given_name == person.name.given_name()
            && self.patronymic.as_deref() == person.name.patronymic()
            && self.position == person.position.as_str()
            && self.email.as_deref() == person.email.as_ref().map(|email| email.as_str())
    }
}

/// Those of an agency's employees who are stored, by their key.
pub type KnownByKey = HashMap<[u8; 32], Known>;

/// What became of a person's row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

/// A person's place in the store after [`upsert`].
#[derive(Clone, Copy, Debug)]
pub struct Stored {
    pub employee_no: i64,
    pub employee_id: EmployeeId,
    pub change: Change,
}

/// Looks an agency's people up by their keys.
pub fn find(
    connection: &mut Connection,
    agency_no: i64,
    keys: impl Iterator<Item = [u8; 32]>,
) -> QueryResult<KnownByKey> {
    let keys: Vec<[u8; 32]> = keys.collect();
    let mut found = KnownByKey::with_capacity(keys.len());
    for keys in keys.chunks(CHUNK) {
        let rows = employee_personal::table
            .inner_join(employee::table.on(employee::employee_no.eq(employee_personal::employee_no)))
            .filter(employee_personal::agency_no.eq(agency_no))
            .filter(employee_personal::snils_key.eq_any(keys.iter().map(|key| key.as_slice())))
            .select((
                employee::employee_no,
                employee::employee_id,
                employee::category,
                employee::leaves_on,
                employee_personal::snils_key,
                employee_personal::family_name,
                employee_personal::given_name,
                employee_personal::patronymic,
                employee_personal::position,
                employee_personal::email,
            ))
            .load::<Known>(connection)?;
        found.extend(rows.into_iter().filter_map(|known| {
            let key = <[u8; 32]>::try_from(known.snils_key.as_slice()).ok()?;
            Some((key, known))
        }));
    }
    Ok(found)
}

/// Surname and initials of these employees, for whoever may see them; of those whose data are gone there are none.
///
/// # Errors
/// The store's.
pub fn holders(connection: &mut Connection, employees: &[i64]) -> Result<HashMap<i64, String>, Stop> {
    let mut found = HashMap::with_capacity(employees.len());
    for employees in employees.chunks(CHUNK) {
        let rows = employee_personal::table
            .filter(employee_personal::employee_no.eq_any(employees))
            .select((
                employee_personal::employee_no,
                employee_personal::family_name,
                employee_personal::given_name,
                employee_personal::patronymic,
            ))
            .load::<(i64, String, String, Option<String>)>(connection)?;
        for (employee_no, family_name, given_name, patronymic) in rows {
            let name = PersonName::parse(&family_name, &given_name, patronymic.as_deref())?;
            found.insert(employee_no, name.surname_and_initials());
        }
    }
    Ok(found)
}

/// What would become of a person whom [`find`] has looked up.
pub fn fate(keyed: &Keyed, known: &KnownByKey) -> (EmployeeId, Change) {
    match known.get(&keyed.snils_key) {
        Some(known) if known.agrees(&keyed.person) => (known.employee_id, Change::Unchanged),
        Some(known) => (known.employee_id, Change::Updated),
        None => (keyed.new_id, Change::Created),
    }
}

struct EmployeeRow {
    employee_no: i64,
    employee_id: EmployeeId,
    agency_no: i64,
    category: &'static str,
    leaves_on: Option<String>,
    created_at: Timestamp,
}

struct PersonalRow<'a> {
    employee_no: i64,
    agency_no: i64,
    snils_key: &'a [u8],
    snils: String,
    family_name: &'a str,
    given_name: &'a str,
    patronymic: Option<&'a str>,
    position: &'a str,
    email: Option<&'a str>,
}

/// Writes people whom [`find`] has just looked up, each of them once; new ones get their numbers.
pub fn upsert(
    connection: &mut Connection,
    agency_no: i64,
    now: Timestamp,
    people: &[&Keyed],
    known: &KnownByKey,
) -> QueryResult<Vec<Stored>> {
    let last: Option<i64> =
        employee::table.select(diesel::dsl::max(employee::employee_no)).first(connection)?;
    let mut next_no = last.unwrap_or(0) + 1;
    let (mut rows, mut personal) = (Vec::new(), Vec::new());
    let mut stored = Vec::with_capacity(people.len());
    for keyed in people {
        let (employee_id, change) = fate(keyed, known);
        let known = known.get(&keyed.snils_key);
        let employee_no = match known {
            Some(known) => known.employee_no,
            None => {
                next_no += 1;
                next_no - 1
            }
        };
        let place = Stored { employee_no, employee_id, change };
        stored.push(place);
        if place.change != Change::Unchanged {
            let leaves_on = keyed.person.leaves_on.or(known.and_then(Known::leaves_on));
            rows.push(employee_row(agency_no, now, place, &keyed.person, leaves_on));
            personal.push(personal_row(agency_no, place.employee_no, keyed));
        }
    }
    keep_employees(connection, &rows)?;
    keep_personal(connection, &personal)?;
    Ok(stored)
}

rows! {
    fn keep_employees(EmployeeRow {
        employee_no: i64 as BigInt,
        employee_id: EmployeeId as Binary,
        agency_no: i64 as BigInt,
        category: &'static str as Text,
        leaves_on: Option<String> as Nullable<Text>,
        created_at: Timestamp as BigInt,
    }) = "INSERT INTO employee {values} ON CONFLICT (employee_no) \
          DO UPDATE SET category = excluded.category, leaves_on = excluded.leaves_on"
}

rows! {
    fn keep_personal(PersonalRow<'r> {
        employee_no: i64 as BigInt,
        agency_no: i64 as BigInt,
        snils_key: &'r [u8] as Binary,
        snils: String as Text,
        family_name: &'r str as Text,
        given_name: &'r str as Text,
        patronymic: Option<&'r str> as Nullable<Text>,
        position: &'r str as Text,
        email: Option<&'r str> as Nullable<Text>,
    }) = "INSERT INTO employee_personal {values} ON CONFLICT (employee_no) \
          DO UPDATE SET family_name = excluded.family_name, given_name = excluded.given_name, \
                        patronymic = excluded.patronymic, position = excluded.position, email = excluded.email"
}

fn employee_row(
    agency_no: i64,
    now: Timestamp,
    place: Stored,
    person: &Person,
    leaves_on: Option<NaiveDate>,
) -> EmployeeRow {
    EmployeeRow {
        employee_no: place.employee_no,
        employee_id: place.employee_id,
        agency_no,
        category: person.category.as_str(),
        leaves_on: leaves_on.map(|day| day.to_string()),
        created_at: now,
    }
}

fn personal_row(agency_no: i64, employee_no: i64, keyed: &Keyed) -> PersonalRow<'_> {
    let person = &keyed.person;
    PersonalRow {
        employee_no,
        agency_no,
        snils_key: &keyed.snils_key,
        snils: person.snils.to_string(),
        family_name: person.name.family_name(),
        given_name: person.name.given_name(),
        patronymic: person.name.patronymic(),
        position: person.position.as_str(),
        email: person.email.as_ref().map(|email| email.as_str()),
    }
}
