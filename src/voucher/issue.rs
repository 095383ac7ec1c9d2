//! Issuing: the approved rows of a request become vouchers, each with its reserve and its leaf.

use super::model::Status;
use super::prepare::{Draft, Prepared};
use super::store::{self, Credential, Voucher};
use crate::db::schema::{agency, employee_personal, programme, request, request_item};
use crate::db::{Connection, Parsed, rows};
use crate::kernel::voucher_number::VoucherNumber;
use crate::kernel::*;
use crate::ledger::model::{Account, Dimensions, Event, Kind};
use crate::ledger::rules;
use crate::programme::ProgrammeFacts;
use crate::request::model as request_model;
use crate::writer::{Batch, Change, Command, Done, Failure, Scope, Stop};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};
use serde::{Deserialize, Serialize};

/// An approved row of a request, waiting for its voucher.
pub struct Approved {
    pub item_no: i32,
    pub employee_no: i64,
    pub draft: Draft,
}

/// What issuing a request needs to know before signing.
pub struct Order {
    pub programme: ProgrammeFacts,
    pub rows: Vec<Approved>,
}

impl Order {
    /// What is to be signed, row by row.
    pub fn drafts(&self) -> Vec<Draft> {
        self.rows.iter().map(|row| row.draft.clone()).collect()
    }

    /// The command that issues what was signed for these rows.
    pub fn signed(&self, request_id: RequestId, actor: Actor, signed: Vec<Prepared>) -> IssueVouchers {
        let rows = self.rows.iter().zip(signed).map(|(row, signed)| (row.item_no, row.employee_no, signed));
        IssueVouchers { programme_no: self.programme.programme_no, request_id, actor, rows: rows.collect() }
    }
}

/// Reads the approved rows of a request, each with a fresh voucher id.
///
/// # Errors
/// `not_found`; the store's.
pub fn read_order(
    connection: &mut Connection,
    request_id: RequestId,
    mut new_id: impl FnMut() -> uuid::Uuid,
) -> Result<Order, Stop> {
    let (programme_no, request_no, agency_code) = request::table
        .inner_join(agency::table)
        .filter(request::request_id.eq(request_id))
        .select((request::programme_no, request::request_no, agency::code))
        .first::<(i64, i64, String)>(connection)
        .optional()?
        .ok_or_else(|| Refusal::not_found("request"))?;
    let programme = ProgrammeFacts::by_no(connection, programme_no)?;
    let rows = request_item::table
        .inner_join(
            employee_personal::table
                .on(request_item::employee_no.eq(employee_personal::employee_no.nullable())),
        )
        .filter(request_item::programme_no.eq(programme_no))
        .filter(request_item::request_no.eq(request_no))
        .filter(request_item::status.eq("approved"))
        .order(request_item::item_no)
        .select((
            request_item::item_no,
            employee_personal::employee_no,
            employee_personal::family_name,
            employee_personal::given_name,
            employee_personal::patronymic,
        ))
        .load::<(i32, i64, String, String, Option<String>)>(connection)?;
    let rows = rows
        .into_iter()
        .map(|(item_no, employee_no, family_name, given_name, patronymic)| {
            let name = person::PersonName::parse(&family_name, &given_name, patronymic.as_deref())?;
            let draft = Draft {
                voucher_id: VoucherId(new_id()),
                agency_code: agency_code.clone(),
                holder: name.surname_and_initials(),
                not_before: programme.not_before(),
                expires_at: programme.expires_at(),
                face_value: programme.face_value,
                credential_version: 1,
            };
            Ok(Approved { item_no, employee_no, draft })
        })
        .collect::<Result<_, Refusal>>()?;
    Ok(Order { programme, rows })
}

/// The programme that a request is for.
///
/// # Errors
/// `not_found`; the store's.
pub fn programme_of(connection: &mut Connection, request_id: RequestId) -> Result<ProgrammeId, Stop> {
    let found = request::table
        .inner_join(programme::table.on(programme::programme_no.eq(request::programme_no)))
        .filter(request::request_id.eq(request_id))
        .select(programme::programme_id)
        .first(connection)
        .optional()?;
    found.ok_or_else(|| Refusal::not_found("request").into())
}

/// Issues signed vouchers for the approved rows of a request.
pub struct IssueVouchers {
    pub programme_no: i64,
    pub request_id: RequestId,
    pub actor: Actor,
    /// The rows signed for, and their vouchers, in the same order.
    pub rows: Vec<(i32, i64, Prepared)>,
}

/// The vouchers of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Issued {
    pub request_id: RequestId,
    pub vouchers: Vec<IssuedVoucher>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IssuedVoucher {
    /// The agency's own reference of the row.
    pub client_ref: String,
    pub voucher_id: VoucherId,
    /// What people read aloud and type: `PSK20-0001234-5`.
    pub number: String,
}

/// The request and its approved rows, as the decision sees them.
struct Facts {
    programme: ProgrammeFacts,
    request_no: i64,
    agency_no: i64,
    status: request_model::Status,
    approved: Vec<(i32, i64, String)>,
    available: Kopecks,
}

impl IssueVouchers {
    fn load(&self, batch: &mut Batch<'_>) -> Result<Facts, Stop> {
        let connection = batch.connection()?;
        let programme_no = self.programme_no;
        let (request_no, agency_no, status) = request::table
            .filter(request::programme_no.eq(programme_no))
            .filter(request::request_id.eq(self.request_id))
            .select((request::request_no, request::agency_no, request::status))
            .get_result::<(i64, i64, Parsed<request_model::Status>)>(connection)
            .optional()?
            .ok_or_else(|| Refusal::not_found("request"))?;
        let programme = ProgrammeFacts::by_no(connection, programme_no)?;
        let approved = request_item::table
            .filter(request_item::programme_no.eq(programme_no))
            .filter(request_item::request_no.eq(request_no))
            .filter(request_item::status.eq("approved"))
            .order(request_item::item_no)
            .select((
                request_item::item_no,
                request_item::employee_no.assume_not_null(),
                request_item::client_ref,
            ))
            .load(connection)?;
        let available = batch.balance(programme_no, programme.instructor_line()?, Account::Available)?;
        Ok(Facts { programme, request_no, agency_no, status: status.0, approved, available })
    }
}

/// Whether these vouchers may be issued. Pure; gives the total to reserve.
fn decide(facts: &Facts, rows: &[(i32, i64, Prepared)]) -> Result<Kopecks, Refusal> {
    facts.programme.require_open()?;
    request_model::issue(facts.status)?;
    let signed_for = rows.iter().map(|(item_no, employee_no, _)| (*item_no, *employee_no));
    if !signed_for.eq(facts.approved.iter().map(|(item_no, employee_no, _)| (*item_no, *employee_no))) {
        // Somebody changed the request between signing and now.
        return Err(Code::Unavailable.into());
    }
    let total = facts.programme.face_value.checked_mul(rows.len() as i64).ok_or(Code::BudgetExceeded)?;
    if total > facts.available {
        return Err(budget_exceeded(total, facts.available));
    }
    Ok(total)
}

/// `budget_exceeded` with its figures.
pub(crate) fn budget_exceeded(needed: Kopecks, available: Kopecks) -> Refusal {
    Refusal::new(Code::BudgetExceeded)
        .with("needed_kopecks", needed.get())
        .with("available_kopecks", available.get())
        .with("shortfall_kopecks", needed.get() - available.get())
}

impl Command for IssueVouchers {
    type Reply = Issued;

    fn scope(&self) -> Scope {
        Scope::ProgrammeNo(self.programme_no)
    }

    fn decide(&self, batch: &mut Batch<'_>) -> Result<Change<Issued>, Stop> {
        let facts = self.load(batch)?;
        decide(&facts, &self.rows)?;
        // All are signed by one key.
        if let Some((_, _, signed)) = self.rows.first() {
            signed.check_key(batch.connection()?)?;
        }
        let line = facts.programme.instructor_line()?;
        let vouchers: Vec<_> = self.rows.iter().map(|row| row_of(&facts, row)).collect();
        let credentials: Vec<_> = self
            .rows
            .iter()
            .map(|(_, _, signed)| Credential {
                programme_no: facts.programme.programme_no,
                voucher_no: signed.voucher_no,
                credential_version: signed.credential_version.cast_signed(),
                credential: signed.credential.bytes().to_vec(),
            })
            .collect();
        let events: Vec<_> =
            self.rows.iter().map(|(_, _, signed)| self.event(&facts, line, signed)).collect();
        let request_id = self.request_id;
        Ok(Box::new(move |batch| write(batch, request_id, &facts, vouchers, &credentials, &events)))
    }
}

impl IssueVouchers {
    fn event(&self, facts: &Facts, line: i64, signed: &Prepared) -> Event {
        let about = Dimensions {
            agency_no: Some(facts.agency_no),
            voucher_no: Some(signed.voucher_no),
            ..Dimensions::default()
        };
        Event::new(Kind::VoucherIssued, signed.issued_at, self.actor.token_no)
            .about("voucher", signed.voucher_id.bytes())
            .about("request", self.request_id.bytes())
            .about("credential_sha256", &signed.credential.sha256())
            .moving(rules::reserve(line, facts.programme.face_value, about))
    }
}

fn row_of(facts: &Facts, (_, employee_no, signed): &(i32, i64, Prepared)) -> Voucher {
    Voucher {
        programme_no: facts.programme.programme_no,
        voucher_no: signed.voucher_no,
        voucher_id: signed.voucher_id,
        status: Status::Issued,
        agency_no: facts.agency_no,
        employee_no: *employee_no,
        request_no: facts.request_no,
        face_value: facts.programme.face_value,
        not_before: signed.not_before,
        expires_at: signed.expires_at,
        issued_at: signed.issued_at,
        issued_log_index: 0,
        kid: signed.kid.bytes().to_vec(),
        credential_version: signed.credential_version.cast_signed(),
        redemption_no: None,
        replaces_no: None,
        replaced_by_no: None,
    }
}

fn write(
    batch: &mut Batch<'_>,
    request_id: RequestId,
    facts: &Facts,
    mut vouchers: Vec<Voucher>,
    credentials: &[Credential],
    events: &[Event],
) -> Result<Done<Issued>, Failure> {
    let programme_no = facts.programme.programme_no;
    let mut newest = None;
    for (voucher, event) in vouchers.iter_mut().zip(events) {
        let entry = batch.record(programme_no, event)?;
        voucher.issued_log_index = entry.log_index;
        newest = Some(entry);
    }
    let issued = facts
        .approved
        .iter()
        .zip(&vouchers)
        .map(|((_, _, client_ref), voucher)| IssuedVoucher {
            client_ref: client_ref.clone(),
            voucher_id: voucher.voucher_id,
            number: number(&facts.programme, voucher.voucher_no),
        })
        .collect();
    let request_no = facts.request_no;
    let items = facts.approved.iter().zip(&vouchers).map(|(row, voucher)| IssuedItem {
        programme_no,
        request_no,
        item_no: row.0,
        voucher_no: voucher.voucher_no,
    });
    let connection = batch.connection()?;
    store::insert(connection, &vouchers, credentials)?;
    keep_items(connection, &items.collect::<Vec<_>>())?;
    diesel::update(request::table.find((programme_no, facts.request_no)))
        .set(request::status.eq("issued"))
        .execute(connection)?;
    Ok(Done { reply: Issued { request_id, vouchers: issued }, entry: newest, replayed: false })
}

struct IssuedItem {
    programme_no: i64,
    request_no: i64,
    item_no: i32,
    voucher_no: i64,
}

rows! {
    /// Says on the rows of a request which vouchers came of them.
    fn keep_items(IssuedItem {
        programme_no: i64 as BigInt,
        request_no: i64 as BigInt,
        item_no: i32 as Integer,
        voucher_no: i64 as BigInt,
    }) = "UPDATE request_item SET status = 'issued', voucher_no = rows.voucher_no FROM {rows} \
           WHERE request_item.programme_no = rows.programme_no AND request_item.request_no = rows.request_no \
             AND request_item.item_no = rows.item_no"
}

/// The number of a voucher, for people.
pub fn number(programme: &ProgrammeFacts, voucher_no: i64) -> String {
    VoucherNumber::new(programme.code.clone(), voucher_no.cast_unsigned()).to_string()
}
