//! Rows on their way from one store to the other, as JSON: numbers as they are, bytes as PostgreSQL writes
//! them (`\x` and hexadecimal digits). Either store reads and writes such rows by itself, whole pages at once.

use super::connection::AnyConnection;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};
use serde_json::{Map, Value};

/// Rows of a page. Those of journal and postings are small, credentials the largest.
const PAGE: usize = 2_000;

/// A table and its primary key.
#[derive(Clone, Copy)]
pub struct Table {
    pub name: &'static str,
    pub key: &'static [&'static str],
}

const fn table(name: &'static str, key: &'static [&'static str]) -> Table {
    Table { name, key }
}

/// Every table but `installation`, those that others refer to first.
pub const TABLES: [Table; 60] = [
    table("signing_key", &["kid"]),
    table("agency", &["agency_no"]),
    table("university", &["university_no"]),
    table("token", &["token_no"]),
    table("login", &["token_no"]),
    table("recovery_code", &["token_no", "code_hash"]),
    table("identity", &["token_no"]),
    table("pass", &["pass_hash"]),
    table("sign_in", &["sign_in_no"]),
    table("denial", &["denial_no"]),
    table("payee", &["payee_no"]),
    table("payee_personal", &["payee_no"]),
    table("employee", &["employee_no"]),
    table("employee_personal", &["employee_no"]),
    table("programme", &["programme_no"]),
    table("budget_line", &["programme_no", "budget_line_no"]),
    table("quota", &["programme_no", "agency_no"]),
    table("quota_move", &["programme_no", "move_no"]),
    table("proposal", &["programme_no", "proposal_no"]),
    table("log_head", &["programme_no"]),
    table("journal_transaction", &["programme_no", "log_index"]),
    table("log_hash", &["programme_no", "level", "hash_index"]),
    table("checkpoint", &["programme_no", "tree_size"]),
    table("cosignature", &["programme_no", "witness", "tree_size"]),
    table("posting", &["programme_no", "log_index", "posting_no"]),
    table("account_balance", &["programme_no", "budget_line_no", "account"]),
    table("account_turnover", &["programme_no", "budget_line_no", "account", "month"]),
    table("period", &["programme_no", "month"]),
    table("request", &["programme_no", "request_no"]),
    table("request_item", &["programme_no", "request_no", "item_no"]),
    table("holder_claim", &["programme_no", "holder_key"]),
    table("voucher", &["programme_no", "voucher_no"]),
    table("voucher_tally", &["programme_no", "agency_no", "expires_at"]),
    table("voucher_credential", &["programme_no", "voucher_no", "credential_version"]),
    table("course_run", &["programme_no", "course_run_no"]),
    table("redemption", &["programme_no", "redemption_no"]),
    table("enrolment_move", &["programme_no", "move_no"]),
    table("voucher_attempt", &["programme_no", "attempt_no"]),
    table("session", &["programme_no", "session_no"]),
    table("payment_register", &["programme_no", "register_no"]),
    table("campaign_contract", &["programme_no", "contract_no"]),
    table("campaign_act", &["programme_no", "act_no"]),
    table("payment", &["programme_no", "payment_no"]),
    table("settlement_account", &["programme_no", "account_no"]),
    table("bank_statement", &["programme_no", "statement_no"]),
    table("statement_item", &["programme_no", "statement_no", "item_no"]),
    table("instructor_contract", &["contract_no"]),
    table("course_run_plan", &["programme_no", "course_run_no", "phase"]),
    table("attendance", &["programme_no", "attendance_no", "redemption_no"]),
    table("test_result", &["programme_no", "result_no", "redemption_no"]),
    table("completion", &["programme_no", "completion_no"]),
    table("retrained_tally", &["programme_no", "agency_no", "month", "category"]),
    table("device_pairing", &["pairing_no"]),
    table("device", &["device_no"]),
    table("offline_item", &["device_no", "sequence"]),
    table("offline_item_personal", &["device_no", "sequence"]),
    table("conflict_case", &["programme_no", "conflict_no"]),
    table("unmasking", &["programme_no", "unmasking_no"]),
    table("saved_query", &["query_id"]),
    table("idempotency", &["organisation", "idempotency_key"]),
];

/// What is there exactly when there is an installation.
pub const INSTALLATION: Table = table("installation", &["installation_no"]);

/// Some rows of a table, in the order of its key.
pub struct Page {
    pub rows: String,
    pub count: u64,
    /// The key of the last one, to go on from.
    pub last: Value,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_bytes: bool,
}

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = Text)]
    rows: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The page behind this key; none at the end of the table.
///
/// # Errors
/// The database's.
pub fn read_page(
    connection: &mut AnyConnection,
    table: Table,
    after: Option<&Value>,
) -> QueryResult<Option<Page>> {
    let columns = columns(connection, table)?;
    let key = table.key.join(", ");
    let behind = after.map(|after| {
        let values: Vec<_> =
            table.key.iter().map(|name| literal(connection, &columns, name, after)).collect();
        format!(" WHERE ({key}) > ({})", values.join(", "))
    });
    let page =
        format!("(SELECT * FROM {}{} ORDER BY {key} LIMIT {PAGE})", table.name, behind.unwrap_or_default());
    let query = match connection {
        AnyConnection::Postgres(_) => {
            format!("SELECT COALESCE(json_agg(page), '[]')::text AS rows FROM {page} AS page")
        }
        AnyConnection::Sqlite(_) => {
            let members = columns.iter().map(|Column { name, is_bytes }| match is_bytes {
                true => format!("'{name}', '\\x' || hex({name})"),
                false => format!("'{name}', {name}"),
            });
            let members = members.collect::<Vec<_>>().join(", ");
            format!("SELECT json_group_array(json_object({members})) AS rows FROM {page}")
        }
    };
    let Rows { rows } = sql_query(query).get_result(connection)?;
    let parsed: Vec<Map<String, Value>> = serde_json::from_str(&rows)
        .map_err(|error| diesel::result::Error::DeserializationError(error.into()))?;
    Ok(parsed.last().map(|last| {
        let last = table.key.iter().map(|name| ((*name).to_owned(), last[*name].clone())).collect();
        Page { count: parsed.len() as u64, last: Value::Object(last), rows }
    }))
}

/// Writes a page of the same table of another store.
///
/// # Errors
/// The database's.
pub fn write_page(connection: &mut AnyConnection, table: Table, page: &Page) -> QueryResult<()> {
    let columns = columns(connection, table)?;
    let name = table.name;
    let statement = match connection {
        AnyConnection::Postgres(_) => {
            format!("INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, $1::json)")
        }
        AnyConnection::Sqlite(_) => {
            let names = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
            let values = columns.iter().map(|Column { name, is_bytes }| match is_bytes {
                true => format!("unhex(substr(json_extract(value, '$.{name}'), 3))"),
                false => format!("json_extract(value, '$.{name}')"),
            });
            let values = values.collect::<Vec<_>>().join(", ");
            format!("INSERT INTO {name} ({names}) SELECT {values} FROM json_each($1)")
        }
    };
    sql_query(statement).bind::<Text, _>(&page.rows).execute(connection).map(drop)
}

/// How many rows a table has.
///
/// # Errors
/// The database's.
pub fn count(connection: &mut AnyConnection, table: Table) -> QueryResult<i64> {
    let Count { count } =
        sql_query(format!("SELECT COUNT(*) AS count FROM {}", table.name)).get_result(connection)?;
    Ok(count)
}

/// Numbers that PostgreSQL gives by itself go on behind those that were written.
///
/// # Errors
/// The database's.
pub fn go_on_numbering(connection: &mut AnyConnection) -> QueryResult<()> {
    if let AnyConnection::Postgres(connection) = connection {
        sql_query(
            "SELECT setval(pg_get_serial_sequence('denial', 'denial_no'), 1 + (SELECT COALESCE(MAX(denial_no), 0) \
             FROM denial), false)",
        )
        .execute(connection)?;
    }
    Ok(())
}

fn columns(connection: &mut AnyConnection, table: Table) -> QueryResult<Vec<Column>> {
    let name = table.name;
    sql_query(match connection {
        AnyConnection::Postgres(_) => format!(
            "SELECT column_name::text AS name, data_type = 'bytea' AS is_bytes FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{name}' ORDER BY ordinal_position"
        ),
        AnyConnection::Sqlite(_) => {
            format!("SELECT name, type = 'BLOB' AS is_bytes FROM pragma_table_info('{name}') ORDER BY cid")
        }
    })
    .load(connection)
}

/// A key's value as SQL spells it.
fn literal(connection: &AnyConnection, columns: &[Column], name: &str, key: &Value) -> String {
    let is_bytes = columns.iter().any(|column| column.name == name && column.is_bytes);
    match (&key[name], connection) {
        (Value::String(text), AnyConnection::Sqlite(_)) if is_bytes => {
            format!("x'{}'", text.trim_start_matches("\\x"))
        }
        (Value::String(text), _) => format!("'{}'", text.replace('\'', "''")),
        (number, _) => number.to_string(),
    }
}
