//! Looking requests up.

use super::model::{Finding, Mode, Status};
use crate::db::schema::{agency, employee, employee_personal, programme, request, request_item, voucher};
use crate::db::{Connection, Parsed};
use crate::kernel::{AgencyId, EmployeeId, ProgrammeId, RequestId, Timestamp, VoucherId};
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// A request, without its rows.
#[derive(Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = request)]
#[schema(as = Request)]
pub struct RequestView {
    #[serde(skip)]
    pub programme_no: i64,
    #[serde(skip)]
    pub request_no: i64,
    pub request_id: RequestId,
    #[diesel(select_expression = programme::programme_id)]
    pub programme_id: ProgrammeId,
    #[diesel(select_expression = agency::agency_id)]
    pub agency_id: AgencyId,
    /// Its name, for the pages.
    #[serde(skip)]
    #[diesel(select_expression = agency::name)]
    pub agency: String,
    #[diesel(deserialize_as = Parsed<Mode>)]
    pub mode: Mode,
    #[diesel(deserialize_as = Parsed<Status>)]
    pub status: Status,
    /// Decided by the programme's threshold, not by a person.
    pub automatic: bool,
    pub requested_by: String,
    pub requested_at: Timestamp,
    pub decided_by: Option<String>,
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// How many rows of a request were accepted and refused.
#[derive(Clone, Copy, Default, Serialize, utoipa::ToSchema)]
#[schema(as = RequestCounts)]
pub struct Counts {
    pub accepted: i64,
    pub refused: i64,
}

/// Which requests are asked for.
pub struct Filter {
    pub agency_no: Option<i64>,
    pub programme_id: Option<ProgrammeId>,
    pub status: Option<Status>,
}

impl RequestView {
    /// Its place in a list of all programmes' requests.
    pub fn place(&self) -> i64 {
        (self.programme_no << 40) | self.request_no
    }
}

macro_rules! requests {
    ($agency_no:expr) => {{
        let mut query = request::table
            .inner_join(programme::table.on(programme::programme_no.eq(request::programme_no)))
            .inner_join(agency::table.on(agency::agency_no.eq(request::agency_no)))
            .select(RequestView::as_select())
            .into_boxed();
        if let Some(agency_no) = $agency_no {
            query = query.filter(request::agency_no.eq(agency_no));
        }
        query
    }};
}

/// Requests in the order they were made, programme by programme, after `after`, each with its counts.
pub fn list(
    connection: &mut Connection,
    filter: &Filter,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(RequestView, Counts)>> {
    let (programme_no, request_no) = (after >> 40, after & ((1 << 40) - 1));
    let in_same = request::programme_no.eq(programme_no).and(request::request_no.gt(request_no));
    let mut query = requests!(filter.agency_no).filter(request::programme_no.gt(programme_no).or(in_same));
    if let Some(programme_id) = filter.programme_id {
        query = query.filter(programme::programme_id.eq(programme_id));
    }
    if let Some(status) = filter.status {
        query = query.filter(request::status.eq(status.as_str()));
    }
    let views: Vec<RequestView> =
        query.order((request::programme_no, request::request_no)).limit(limit).load(connection)?;
    let counts = counts(connection, &views)?;
    Ok(views
        .into_iter()
        .map(|view| {
            let counts = counts.get(&view.place()).copied().unwrap_or_default();
            (view, counts)
        })
        .collect())
}

/// The counts of requests, by their place.
fn counts(connection: &mut Connection, of: &[RequestView]) -> QueryResult<HashMap<i64, Counts>> {
    let mut programmes: Vec<i64> = of.iter().map(|view| view.programme_no).collect();
    programmes.dedup();
    let mut found: HashMap<i64, Counts> = HashMap::new();
    for programme_no in programmes {
        let requests = of.iter().filter(|view| view.programme_no == programme_no).map(|view| view.request_no);
        let rows: Vec<(i64, String, i64)> = request_item::table
            .filter(request_item::programme_no.eq(programme_no))
            .filter(request_item::request_no.eq_any(requests))
            .group_by((request_item::request_no, request_item::status))
            .select((request_item::request_no, request_item::status, diesel::dsl::count_star()))
            .load(connection)?;
        for (request_no, status, rows) in rows {
            let counts = found.entry((programme_no << 40) | request_no).or_default();
            match status.as_str() {
                "refused" => counts.refused += rows,
                _ => counts.accepted += rows,
            }
        }
    }
    Ok(found)
}

/// One request; with `agency_no`, only among that agency's.
pub fn one(
    connection: &mut Connection,
    request_id: RequestId,
    agency_no: Option<i64>,
) -> QueryResult<Option<RequestView>> {
    requests!(agency_no).filter(request::request_id.eq(request_id)).get_result(connection).optional()
}

/// A row of a request, and what became of it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = RequestItem)]
pub struct ItemView {
    /// Its place in the list as it was sent.
    pub row: i32,
    pub client_ref: String,
    pub employee_id: Option<EmployeeId>,
    /// Who it is about, for their agency and the programme office.
    pub holder: Option<HolderView>,
    /// `refused`, or where the request stands.
    #[schema(example = "approved")]
    pub status: String,
    /// `{code, field, facts}`.
    #[schema(value_type = Option<Object>)]
    pub refusal: Option<Value>,
    pub eligibility: Vec<Finding>,
    pub voucher_id: Option<VoucherId>,
}

/// The name and position of a holder.
#[derive(Queryable, Selectable, Serialize, utoipa::ToSchema)]
#[diesel(table_name = employee_personal)]
#[schema(as = RequestHolder)]
pub struct HolderView {
    pub family_name: String,
    pub given_name: String,
    pub patronymic: Option<String>,
    pub position: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = request_item)]
struct ItemRow {
    item_no: i32,
    client_ref: String,
    status: String,
    refusal: Option<String>,
    eligibility: String,
    #[diesel(select_expression = employee::employee_id.nullable())]
    employee_id: Option<EmployeeId>,
    #[diesel(select_expression = voucher::voucher_id.nullable())]
    voucher_id: Option<VoucherId>,
    #[diesel(embed)]
    holder: Option<HolderView>,
}

/// The rows of a request in their order; names only where the caller may see them.
///
/// # Errors
/// The store's.
pub fn items(
    connection: &mut Connection,
    of: &RequestView,
    with_names: bool,
) -> Result<Vec<ItemView>, Failure> {
    let is_voucher_of_item = voucher::programme_no
        .nullable()
        .eq(request_item::programme_no.nullable())
        .and(voucher::voucher_no.nullable().eq(request_item::voucher_no));
    let may_be_seen = with_names.into_sql::<Bool>();
    let rows: Vec<ItemRow> = request_item::table
        .left_join(employee::table.on(employee::employee_no.nullable().eq(request_item::employee_no)))
        .left_join(
            employee_personal::table.on(employee_personal::employee_no
                .nullable()
                .eq(request_item::employee_no)
                .and(may_be_seen.nullable())),
        )
        .left_join(voucher::table.on(is_voucher_of_item))
        .filter(request_item::programme_no.eq(of.programme_no))
        .filter(request_item::request_no.eq(of.request_no))
        .order(request_item::item_no)
        .select(ItemRow::as_select())
        .load(connection)?;
    rows.into_iter().map(view).collect()
}

fn view(row: ItemRow) -> Result<ItemView, Failure> {
    let unreadable = |error: serde_json::Error| Failure::Inconsistent(format!("a request's row: {error}"));
    Ok(ItemView {
        row: row.item_no,
        client_ref: row.client_ref,
        employee_id: row.employee_id,
        holder: row.holder,
        status: row.status,
        refusal: row.refusal.map(|text| serde_json::from_str(&text)).transpose().map_err(unreadable)?,
        eligibility: serde_json::from_str(&row.eligibility).map_err(unreadable)?,
        voucher_id: row.voucher_id,
    })
}
