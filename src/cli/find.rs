//! What people name on the command line by code or number, found in the database.

use crate::db::Connection;
use crate::db::schema::{agency, course_run, programme, university, voucher};
use crate::kernel::{AgencyId, Code, CourseRunId, Refusal, UniversityId, VoucherId, VoucherNumber};
use crate::programme::ProgrammeFacts;
use crate::voucher::store::Voucher;
use crate::writer::Stop;
use diesel::prelude::*;

pub(super) fn agency(connection: &mut Connection, code: &str) -> Result<(i64, AgencyId), Stop> {
    let found = agency::table
        .filter(agency::code.eq(code))
        .select((agency::agency_no, agency::agency_id))
        .get_result(connection)
        .optional()?;
    found.ok_or_else(|| Refusal::not_found("agency").at("agency").into())
}

pub(super) fn university(connection: &mut Connection, code: &str) -> Result<UniversityId, Stop> {
    let found = university::table
        .filter(university::code.eq(code))
        .select(university::university_id)
        .get_result(connection)
        .optional()?;
    found.ok_or_else(|| Refusal::not_found("university").at("university").into())
}

pub(super) fn programme(connection: &mut Connection, code: &str) -> Result<ProgrammeFacts, Stop> {
    let found = ProgrammeFacts::by_code(connection, code)?;
    found.ok_or_else(|| Refusal::not_found("programme").at("programme").into())
}

/// By id or by number.
pub(super) fn voucher(connection: &mut Connection, text: &str) -> Result<Voucher, Stop> {
    if let Ok(voucher_id) = text.parse::<VoucherId>() {
        return crate::voucher::store::find(connection, voucher_id, None);
    }
    let number = VoucherNumber::parse(text).map_err(|malformed| malformed.at("number"))?;
    let unknown = || Refusal::new(Code::UnknownVoucher).at("number");
    let voucher_no = i64::try_from(number.serial()).map_err(|_| unknown())?;
    let programme = ProgrammeFacts::by_code(connection, number.programme_code().as_str())?;
    let programme_no = programme.ok_or_else(unknown)?.programme_no;
    let found = voucher::table
        .find((programme_no, voucher_no))
        .select(Voucher::as_select())
        .get_result(connection)
        .optional()?;
    found.ok_or_else(|| unknown().into())
}

/// By id, or by code among the runs of a university's programmes.
pub(super) fn course_run(
    connection: &mut Connection,
    university_no: i64,
    text: &str,
) -> Result<CourseRunId, Stop> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let found: Vec<CourseRunId> = course_run::table
        .inner_join(programme::table.on(programme::programme_no.eq(course_run::programme_no)))
        .filter(programme::university_no.eq(university_no))
        .filter(course_run::code.eq(text))
        .select(course_run::course_run_id)
        .limit(2)
        .load(connection)?;
    match found[..] {
        [id] => Ok(id),
        [] => Err(Refusal::not_found("course run").at("course_run").into()),
        _ => {
            Err(Refusal::field("course_run", "the run's id: several programmes have a run of this code")
                .into())
        }
    }
}
