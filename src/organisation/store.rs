//! Agencies and universities in the database.

use super::model::{AgencyDetails, UniversityDetails};
use crate::db::Connection;
use crate::db::schema::{agency, university};
use crate::http::Page;
use crate::kernel::{AgencyCode, AgencyId, UniversityId};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::select;

#[derive(Queryable, Insertable)]
#[diesel(table_name = agency, treat_none_as_default_value = false)]
pub struct AgencyRow {
    pub agency_no: i64,
    pub agency_id: AgencyId,
    pub code: String,
    pub name: String,
    pub category: String,
    pub municipality: Option<String>,
}

impl AgencyRow {
    pub fn new(agency_no: i64, agency_id: AgencyId, details: AgencyDetails) -> Self {
        Self {
            agency_no,
            agency_id,
            code: details.code.to_string(),
            name: details.name.to_string(),
            category: details.category.as_str().to_owned(),
            municipality: details.municipality.map(|name| name.to_string()),
        }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = university)]
pub struct UniversityRow {
    pub university_no: i64,
    pub university_id: UniversityId,
    pub code: String,
    pub name: String,
}

impl UniversityRow {
    pub fn new(university_no: i64, university_id: UniversityId, details: UniversityDetails) -> Self {
        let UniversityDetails { code, name } = details;
        Self { university_no, university_id, code: code.to_string(), name: name.to_string() }
    }
}

pub fn is_agency_code_taken(connection: &mut Connection, code: &AgencyCode) -> QueryResult<bool> {
    select(exists(agency::table.filter(agency::code.eq(code.as_str())))).get_result(connection)
}

pub fn insert_agency(connection: &mut Connection, row: &AgencyRow) -> QueryResult<()> {
    diesel::insert_into(agency::table).values(row).execute(connection).map(drop)
}

pub fn agency_no(connection: &mut Connection, id: AgencyId) -> QueryResult<Option<i64>> {
    agency::table.filter(agency::agency_id.eq(id)).select(agency::agency_no).get_result(connection).optional()
}

pub fn agency_of_code(connection: &mut Connection, code: &str) -> QueryResult<Option<AgencyId>> {
    agency::table.filter(agency::code.eq(code)).select(agency::agency_id).get_result(connection).optional()
}

/// A page of agencies; only `own` when it is given.
pub fn list_agencies(
    connection: &mut Connection,
    page: &Page,
    own: Option<i64>,
) -> QueryResult<Vec<AgencyRow>> {
    let mut query = agency::table
        .filter(agency::agency_no.gt(page.after().unwrap_or(-1)))
        .order(agency::agency_no)
        .limit(page.fetch())
        .into_boxed();
    if let Some(own) = own {
        query = query.filter(agency::agency_no.eq(own));
    }
    query.load(connection)
}

/// An agency; only `own` when it is given.
pub fn find_agency(
    connection: &mut Connection,
    id: AgencyId,
    own: Option<i64>,
) -> QueryResult<Option<AgencyRow>> {
    let found: Option<AgencyRow> =
        agency::table.filter(agency::agency_id.eq(id)).get_result(connection).optional()?;
    Ok(found.filter(|row| own.is_none_or(|own| own == row.agency_no)))
}

pub fn is_university_code_taken(connection: &mut Connection, code: &AgencyCode) -> QueryResult<bool> {
    select(exists(university::table.filter(university::code.eq(code.as_str())))).get_result(connection)
}

pub fn insert_university(connection: &mut Connection, row: &UniversityRow) -> QueryResult<()> {
    diesel::insert_into(university::table).values(row).execute(connection).map(drop)
}

pub fn university_no(connection: &mut Connection, id: UniversityId) -> QueryResult<Option<i64>> {
    university::table
        .filter(university::university_id.eq(id))
        .select(university::university_no)
        .get_result(connection)
        .optional()
}

pub fn list_universities(connection: &mut Connection, page: &Page) -> QueryResult<Vec<UniversityRow>> {
    university::table
        .filter(university::university_no.gt(page.after().unwrap_or(-1)))
        .order(university::university_no)
        .limit(page.fetch())
        .load(connection)
}

pub fn find_university(connection: &mut Connection, id: UniversityId) -> QueryResult<Option<UniversityRow>> {
    university::table.filter(university::university_id.eq(id)).get_result(connection).optional()
}
