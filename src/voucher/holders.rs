//! Whom an agency's vouchers are for. Personal data: each function is for that agency alone.

use super::model::{Status, lapsing};
use super::query::stored_number;
use crate::db::Connection;
use crate::db::schema::{employee_personal, programme, voucher};
use crate::kernel::{ProgrammeId, Timestamp, VoucherId};
use crate::writer::Failure;
use diesel::prelude::*;
use std::collections::HashMap;

/// A person's name, as the agency gave it.
#[derive(Queryable, Selectable, Clone, Debug)]
#[diesel(table_name = employee_personal)]
pub struct Name {
    pub family_name: String,
    pub given_name: String,
    pub patronymic: Option<String>,
}

impl Name {
    /// Surname first.
    pub fn full(&self) -> String {
        let parts = [Some(&self.family_name), Some(&self.given_name), self.patronymic.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    /// As one is spoken to: given name and patronymic.
    pub fn address(&self) -> String {
        let parts = [Some(&self.given_name), self.patronymic.as_ref()];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// Who has these vouchers, as far as they are the agency's.
///
/// # Errors
/// The database's.
pub fn names(
    connection: &mut Connection,
    agency_no: i64,
    of: &[VoucherId],
) -> QueryResult<HashMap<VoucherId, Name>> {
    let rows: Vec<(VoucherId, Name)> = voucher::table
        .inner_join(employee_personal::table.on(employee_personal::employee_no.eq(voucher::employee_no)))
        // The list of programmes lets the unique key be used.
        .filter(voucher::programme_no.eq_any(programme::table.select(programme::programme_no)))
        .filter(voucher::voucher_id.eq_any(of))
        .filter(voucher::agency_no.eq(agency_no))
        .select((voucher::voucher_id, Name::as_select()))
        .load(connection)?;
    Ok(rows.into_iter().collect())
}

/// A person to remind: their voucher is about to lapse.
pub struct Lapsing {
    pub voucher_id: VoucherId,
    pub number: String,
    pub expires_at: Timestamp,
    pub name: Name,
    pub email: Option<String>,
}

/// People whose vouchers of a programme are about to lapse, the most urgent first.
///
/// # Errors
/// The store's.
pub fn to_remind(
    connection: &mut Connection,
    agency_no: i64,
    programme_id: ProgrammeId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Lapsing>, Failure> {
    let (from, until) = lapsing(now);
    let rows: Vec<(VoucherId, i64, Timestamp, String, Name, Option<String>)> = voucher::table
        .inner_join(programme::table)
        .inner_join(employee_personal::table.on(employee_personal::employee_no.eq(voucher::employee_no)))
        .filter(programme::programme_id.eq(programme_id))
        .filter(voucher::agency_no.eq(agency_no))
        .filter(voucher::status.eq(Status::Issued.number()))
        .filter(voucher::expires_at.gt(from).and(voucher::expires_at.le(until)))
        .order((voucher::expires_at, voucher::voucher_no))
        .limit(limit)
        .select((
            voucher::voucher_id,
            voucher::voucher_no,
            voucher::expires_at,
            programme::code,
            Name::as_select(),
            employee_personal::email,
        ))
        .load(connection)?;
    let lapsing = |(voucher_id, voucher_no, expires_at, code, name, email): (_, _, _, String, _, _)| {
        Ok(Lapsing { voucher_id, number: stored_number(&code, voucher_no)?, expires_at, name, email })
    };
    rows.into_iter().map(lapsing).collect()
}
