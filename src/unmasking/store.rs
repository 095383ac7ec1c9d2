//! The table `unmasking`, and the names that are told. Who asked and when stands in the journal.

use super::model::{Grounds, Whom};
use crate::db::Connection;
use crate::db::schema::{
    agency, employee, employee_personal, journal_transaction, payee, payee_personal, programme, token,
    unmasking, voucher,
};
use crate::kernel::*;
use crate::teaching::store::INSTRUCTOR;
use crate::voucher::query::stored_number;
use crate::voucher::store::expect_one;
use crate::writer::{Entry, Failure, Stop};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// Behind whose pseudonym there is a name, by the numbers of the tables.
pub enum Masked {
    Holder { programme: (i64, ProgrammeId), voucher: (i64, VoucherId), employee_id: EmployeeId },
    Payee { programme: (i64, ProgrammeId), payee: (i64, PayeeId) },
}

impl Masked {
    pub const fn programme(&self) -> (i64, ProgrammeId) {
        match self {
            Self::Holder { programme, .. } | Self::Payee { programme, .. } => *programme,
        }
    }

    /// What the leaf says of it.
    pub fn subjects(&self) -> Vec<(&'static str, Vec<u8>)> {
        match self {
            Self::Holder { voucher: (_, voucher_id), employee_id, .. } => {
                vec![("voucher", voucher_id.bytes().to_vec()), ("employee", employee_id.bytes().to_vec())]
            }
            Self::Payee { payee: (_, payee_id), .. } => vec![("payee", payee_id.bytes().to_vec())],
        }
    }
}

/// Finds who is asked for.
///
/// # Errors
/// `not_found`, also for one whose name is not guarded or is no longer there; the store's.
pub fn find(connection: &mut Connection, whom: Whom) -> Result<Masked, Stop> {
    match whom {
        Whom::Holder(voucher_id) => {
            let found = crate::voucher::store::find(connection, voucher_id, None)?;
            let programme_id = programme::table
                .find(found.programme_no)
                .select(programme::programme_id)
                .get_result(connection)?;
            let employee_id = employee::table
                .inner_join(
                    employee_personal::table.on(employee_personal::employee_no.eq(employee::employee_no)),
                )
                .filter(employee::employee_no.eq(found.employee_no))
                .select(employee::employee_id)
                .get_result(connection)
                .optional()?
                .ok_or_else(|| Refusal::not_found("holder"))?;
            Ok(Masked::Holder {
                programme: (found.programme_no, programme_id),
                voucher: (found.voucher_no, voucher_id),
                employee_id,
            })
        }
        Whom::Payee(payee_id, programme_id) => {
            let found: Option<(i64, i64)> = payee::table
                .inner_join(payee_personal::table.on(payee_personal::payee_no.eq(payee::payee_no)))
                .inner_join(programme::table.on(payee::university_no.eq(programme::university_no.nullable())))
                .filter(payee::payee_id.eq(payee_id))
                .filter(payee::kind.eq(INSTRUCTOR))
                .filter(programme::programme_id.eq(programme_id))
                .select((programme::programme_no, payee::payee_no))
                .get_result(connection)
                .optional()?;
            let (programme_no, payee_no) = found.ok_or_else(|| Refusal::not_found("instructor"))?;
            Ok(Masked::Payee { programme: (programme_no, programme_id), payee: (payee_no, payee_id) })
        }
    }
}

/// # Errors
/// The store's.
pub fn insert(
    connection: &mut Connection,
    entry: Entry,
    masked: &Masked,
    grounds: &Grounds,
) -> Result<(), Failure> {
    let (voucher_no, payee_no) = match masked {
        Masked::Holder { voucher: (voucher_no, _), .. } => (Some(*voucher_no), None),
        Masked::Payee { payee: (payee_no, _), .. } => (None, Some(*payee_no)),
    };
    let inserted = diesel::insert_into(unmasking::table)
        .values((
            unmasking::programme_no.eq(entry.programme_no),
            unmasking::unmasking_no.eq(entry.log_index),
            unmasking::voucher_no.eq(voucher_no),
            unmasking::payee_no.eq(payee_no),
            unmasking::reason.eq(grounds.as_str()),
        ))
        .execute(connection)?;
    expect_one(inserted)
}

/// Whom a pseudonym stands for. Personal data: nothing keeps it.
#[derive(Serialize, ToSchema)]
pub struct Person {
    #[schema(example = "Иванова Анна Петровна")]
    pub name: String,
    /// Null for instructors, as is the agency.
    pub position: Option<String>,
    pub agency_id: Option<AgencyId>,
    pub agency: Option<String>,
}

/// Reads the name.
///
/// # Errors
/// `not_found`; the store's.
pub fn person(connection: &mut Connection, whom: Whom) -> Result<Person, Stop> {
    match whom {
        Whom::Holder(voucher_id) => {
            let found = crate::voucher::store::find(connection, voucher_id, None)?;
            let row: Option<(String, String, Option<String>, String, AgencyId, String)> =
                employee_personal::table
                    .inner_join(agency::table.on(agency::agency_no.eq(employee_personal::agency_no)))
                    .filter(employee_personal::employee_no.eq(found.employee_no))
                    .select((
                        employee_personal::family_name,
                        employee_personal::given_name,
                        employee_personal::patronymic,
                        employee_personal::position,
                        agency::agency_id,
                        agency::name,
                    ))
                    .get_result(connection)
                    .optional()?;
            let (family, given, patronymic, position, agency_id, agency) =
                row.ok_or_else(|| Refusal::not_found("holder"))?;
            let names = [family, given].into_iter().chain(patronymic);
            Ok(Person {
                name: names.collect::<Vec<_>>().join(" "),
                position: Some(position),
                agency_id: Some(agency_id),
                agency: Some(agency),
            })
        }
        Whom::Payee(payee_id, _) => {
            let name = payee_personal::table
                .inner_join(payee::table.on(payee::payee_no.eq(payee_personal::payee_no)))
                .filter(payee::payee_id.eq(payee_id))
                .select(payee_personal::name)
                .get_result(connection)
                .optional()?
                .ok_or_else(|| Refusal::not_found("instructor"))?;
            Ok(Person { name, position: None, agency_id: None, agency: None })
        }
    }
}

/// An asking for a name, without the name.
#[derive(Serialize, ToSchema)]
pub struct Unmasking {
    /// The leaf of the programme's log that records it.
    pub log_index: i64,
    pub asked_at: Timestamp,
    /// The login that asked.
    pub asked_by: String,
    /// Whose holder's name it was; null for an instructor's.
    pub voucher_id: Option<VoucherId>,
    #[schema(example = "PSK20-0001234-5")]
    pub voucher_number: Option<String>,
    /// Whose name it was; null for a holder's.
    pub payee_id: Option<PayeeId>,
    pub reason: String,
}

type Row = (i64, Timestamp, String, Option<i64>, Option<VoucherId>, Option<PayeeId>, String);

/// Askings of a programme behind a number, in their order.
///
/// # Errors
/// The store's.
pub fn list(
    connection: &mut Connection,
    (programme_no, code): (i64, &str),
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<Unmasking>, Failure> {
    let rows: Vec<Row> = unmasking::table
        .inner_join(
            journal_transaction::table.on(journal_transaction::programme_no
                .eq(unmasking::programme_no)
                .and(journal_transaction::log_index.eq(unmasking::unmasking_no))),
        )
        .inner_join(token::table.on(token::token_no.eq(journal_transaction::recorded_by)))
        .left_join(
            voucher::table.on(voucher::programme_no
                .eq(unmasking::programme_no)
                .and(unmasking::voucher_no.eq(voucher::voucher_no.nullable()))),
        )
        .left_join(payee::table.on(unmasking::payee_no.eq(payee::payee_no.nullable())))
        .filter(unmasking::programme_no.eq(programme_no))
        .filter(unmasking::unmasking_no.gt(after.unwrap_or(-1)))
        .order(unmasking::unmasking_no)
        .limit(limit)
        .select((
            unmasking::unmasking_no,
            journal_transaction::recorded_at,
            token::subject,
            unmasking::voucher_no,
            voucher::voucher_id.nullable(),
            payee::payee_id.nullable(),
            unmasking::reason,
        ))
        .load(connection)?;
    let shown = |(log_index, asked_at, asked_by, voucher_no, voucher_id, payee_id, reason): Row| {
        let voucher_number = voucher_no.map(|voucher_no| stored_number(code, voucher_no)).transpose()?;
        Ok(Unmasking { log_index, asked_at, asked_by, voucher_id, voucher_number, payee_id, reason })
    };
    rows.into_iter().map(shown).collect()
}
