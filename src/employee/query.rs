//! Looking employees up. Names and СНИЛС are read only when the caller may see them.

use crate::db::Connection;
use crate::db::schema::{agency, employee, employee_personal};
use crate::kernel::{AgencyId, EmployeeId, Timestamp};
use diesel::prelude::*;
use serde::Serialize;

/// An employee as callers see them.
#[derive(Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = employee)]
pub struct Employee {
    #[serde(skip)]
    pub employee_no: i64,
    pub employee_id: EmployeeId,
    #[diesel(select_expression = agency::agency_id)]
    pub agency_id: AgencyId,
    #[schema(example = "state_civil_servant")]
    pub category: String,
    /// The last day of service, where the agency states one.
    #[schema(example = "2020-12-31")]
    pub leaves_on: Option<String>,
    pub created_at: Timestamp,
    /// Who they are: for their own agency only.
    #[diesel(embed)]
    #[schema(required = false)]
    pub person: Option<PersonalData>,
}

/// Personal data, as the agency gave it.
#[derive(Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = employee_personal)]
pub struct PersonalData {
    #[schema(example = "112-233-445 95")]
    pub snils: String,
    pub family_name: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub position: String,
    pub email: Option<String>,
}

/// Whose employees, and whether who they are is shown.
#[derive(Clone, Copy)]
pub enum View {
    Own { agency_no: i64 },
    Pseudonyms,
}

macro_rules! employees {
    ($view:expr) => {{
        let (agency_no, shown) = match $view {
            View::Own { agency_no } => (Some(agency_no), true),
            View::Pseudonyms => (None, false),
        };
        let mut query = employee::table
            .inner_join(agency::table.on(agency::agency_no.eq(employee::agency_no)))
            .left_join(
                employee_personal::table.on(employee_personal::employee_no
                    .eq(employee::employee_no)
                    .and(shown.into_sql::<diesel::sql_types::Bool>())),
            )
            .select(Employee::as_select())
            .into_boxed();
        if let Some(agency_no) = agency_no {
            query = query.filter(employee::agency_no.eq(agency_no));
        }
        query
    }};
}

/// Employees in the order they were first listed, after number `after`.
pub fn list(connection: &mut Connection, view: View, after: i64, limit: i64) -> QueryResult<Vec<Employee>> {
    employees!(view)
        .filter(employee::employee_no.gt(after))
        .order(employee::employee_no)
        .limit(limit)
        .load(connection)
}

pub fn one(
    connection: &mut Connection,
    view: View,
    employee_id: EmployeeId,
) -> QueryResult<Option<Employee>> {
    employees!(view).filter(employee::employee_id.eq(employee_id)).get_result(connection).optional()
}
