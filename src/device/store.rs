//! The tables `device_pairing`, `device`, `offline_item` and `offline_item_personal`. Decides nothing.

use super::pair::DeviceUniversity;
use super::sync::Answer;
use crate::db::Connection;
use crate::db::schema::{device, device_pairing, offline_item, offline_item_personal, token, university};
use crate::kernel::{DeviceId, PairingId, RedemptionId, Timestamp};
use crate::voucher::store::expect_one;
use crate::writer::Failure;
use diesel::prelude::*;

/// A pairing as stored.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = device_pairing, treat_none_as_default_value = false)]
pub struct PairingRow {
    pub pairing_no: i64,
    pub pairing_id: PairingId,
    pub secret_sha256: Vec<u8>,
    pub token_no: i64,
    pub university_no: i64,
    pub expires_at: Timestamp,
    pub device_no: Option<i64>,
}

/// A device as stored.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = device, treat_none_as_default_value = false)]
pub struct DeviceRow {
    pub device_no: i64,
    pub device_id: DeviceId,
    pub name: String,
    pub public_key: Vec<u8>,
    /// The token of the registrar who paired it, and who that is.
    pub token_no: i64,
    pub registrar: String,
    pub university_no: i64,
    pub paired_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    pub revoked_log_index: Option<i64>,
    pub next_sequence: i64,
    pub newest_item_sha256: Option<Vec<u8>>,
}

/// # Errors
/// The database's.
pub fn insert_pairing(connection: &mut Connection, row: &PairingRow) -> QueryResult<()> {
    diesel::insert_into(device_pairing::table).values(row).execute(connection).map(drop)
}

/// The pairing with this secret.
///
/// # Errors
/// The database's.
pub fn pairing(connection: &mut Connection, secret_sha256: &[u8; 32]) -> QueryResult<Option<PairingRow>> {
    device_pairing::table
        .filter(device_pairing::secret_sha256.eq(secret_sha256.as_slice()))
        .select(PairingRow::as_select())
        .get_result(connection)
        .optional()
}

/// Says which device used the pairing.
///
/// # Errors
/// The database's; it was used meanwhile.
pub fn use_pairing(connection: &mut Connection, pairing_no: i64, device_no: i64) -> Result<(), Failure> {
    let changed = diesel::update(device_pairing::table.find(pairing_no))
        .filter(device_pairing::device_no.is_null())
        .set(device_pairing::device_no.eq(device_no))
        .execute(connection)?;
    expect_one(changed)
}

/// Who the registrar with this token is, while the token stands.
///
/// # Errors
/// The database's.
pub fn standing_registrar(
    connection: &mut Connection,
    token_no: i64,
    now: Timestamp,
) -> QueryResult<Option<String>> {
    token::table
        .find(token_no)
        .filter(token::revoked_at.is_null())
        .filter(token::expires_at.gt(now))
        .select(token::subject)
        .get_result(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn university(connection: &mut Connection, university_no: i64) -> QueryResult<DeviceUniversity> {
    let (university_id, code, name) = university::table
        .find(university_no)
        .select((university::university_id, university::code, university::name))
        .get_result(connection)?;
    Ok(DeviceUniversity { university_id, code, name })
}

/// # Errors
/// The database's.
pub fn insert_device(connection: &mut Connection, row: &DeviceRow) -> QueryResult<()> {
    diesel::insert_into(device::table).values(row).execute(connection).map(drop)
}

/// # Errors
/// The database's.
pub fn device_of_key(connection: &mut Connection, public_key: &[u8; 32]) -> QueryResult<Option<DeviceRow>> {
    device::table
        .filter(device::public_key.eq(public_key.as_slice()))
        .select(DeviceRow::as_select())
        .get_result(connection)
        .optional()
}

/// # Errors
/// The database's.
pub fn find(connection: &mut Connection, device_id: DeviceId) -> QueryResult<Option<DeviceRow>> {
    device::table
        .filter(device::device_id.eq(device_id))
        .select(DeviceRow::as_select())
        .get_result(connection)
        .optional()
}

/// Devices behind a number, in the order they were paired, of this university if one is named.
///
/// # Errors
/// The database's.
pub fn list(
    connection: &mut Connection,
    university_no: Option<i64>,
    after: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<(DeviceRow, String)>> {
    let mut query = device::table
        .inner_join(university::table.on(university::university_no.eq(device::university_no)))
        .filter(device::device_no.gt(after.unwrap_or(-1)))
        .order(device::device_no)
        .limit(limit)
        .select((DeviceRow::as_select(), university::code))
        .into_boxed();
    if let Some(university_no) = university_no {
        query = query.filter(device::university_no.eq(university_no));
    }
    query.load(connection)
}

/// # Errors
/// The database's; it was revoked meanwhile.
pub fn revoke(
    connection: &mut Connection,
    device_no: i64,
    at: Timestamp,
    log_index: i64,
) -> Result<(), Failure> {
    let changed = diesel::update(device::table.find(device_no))
        .filter(device::revoked_at.is_null())
        .set((device::revoked_at.eq(at), device::revoked_log_index.eq(log_index)))
        .execute(connection)?;
    expect_one(changed)
}

/// A device by its number.
///
/// # Errors
/// The database's; `NotFound`.
pub fn by_no(connection: &mut Connection, device_no: i64) -> QueryResult<DeviceRow> {
    device::table.find(device_no).select(DeviceRow::as_select()).get_result(connection)
}

/// An item as stored, without what its device signed.
#[derive(Queryable, Selectable, Insertable, Clone, Debug)]
#[diesel(table_name = offline_item)]
pub struct ItemRow {
    pub device_no: i64,
    pub sequence: i64,
    pub item_sha256: Vec<u8>,
    pub action: String,
    pub redemption_id: RedemptionId,
    pub scanned_at: Timestamp,
    pub received_at: Timestamp,
    pub answer: String,
    pub programme_no: i64,
    pub log_index: i64,
}

impl ItemRow {
    /// The row with the answer that was given.
    ///
    /// # Errors
    /// [`Failure::Inconsistent`] when it cannot be written.
    pub fn answered(self, answer: &Answer) -> Result<Self, Failure> {
        let answer = serde_json::to_string(answer).map_err(|error| unreadable(&error))?;
        Ok(Self { answer, ..self })
    }

    /// The answer that was given.
    ///
    /// # Errors
    /// [`Failure::Inconsistent`] when it cannot be read.
    pub fn answer(&self) -> Result<Answer, Failure> {
        serde_json::from_str(&self.answer).map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::Inconsistent(format!("the answer to an item cannot be read or written: {error}"))
}

/// Keeps the next item of a device, with what was signed.
///
/// # Errors
/// The database's; it is not the next one any more.
pub fn keep_item(
    connection: &mut Connection,
    row: &ItemRow,
    text: &str,
    signature: &[u8; 64],
) -> Result<(), Failure> {
    diesel::insert_into(offline_item::table).values(row).execute(connection)?;
    diesel::insert_into(offline_item_personal::table)
        .values((
            offline_item_personal::device_no.eq(row.device_no),
            offline_item_personal::sequence.eq(row.sequence),
            offline_item_personal::item.eq(text),
            offline_item_personal::signature.eq(signature.as_slice()),
        ))
        .execute(connection)?;
    let changed = diesel::update(device::table.find(row.device_no))
        .filter(device::next_sequence.eq(row.sequence))
        .set((
            device::next_sequence.eq(row.sequence + 1),
            device::newest_item_sha256.eq(Some(row.item_sha256.as_slice())),
        ))
        .execute(connection)?;
    expect_one(changed)
}

/// An item that was received.
///
/// # Errors
/// The database's; `NotFound`.
pub fn item(connection: &mut Connection, device_no: i64, sequence: i64) -> QueryResult<ItemRow> {
    offline_item::table.find((device_no, sequence)).select(ItemRow::as_select()).get_result(connection)
}

/// The items of a device about a redemption, in their order.
///
/// # Errors
/// The database's.
pub fn items_of(
    connection: &mut Connection,
    device_no: i64,
    redemption_id: RedemptionId,
) -> QueryResult<Vec<ItemRow>> {
    offline_item::table
        .filter(offline_item::device_no.eq(device_no))
        .filter(offline_item::redemption_id.eq(redemption_id))
        .order(offline_item::sequence)
        .select(ItemRow::as_select())
        .load(connection)
}
