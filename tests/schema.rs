//! The tables are what `src/db/schema.rs` says, in either store, and could be spread over several by programme.

#[path = "support/store.rs"]
mod store;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Text};
use std::collections::BTreeMap;
use training_vouchers::db::{self, Connection};

/// Reference data: few, and the same for every programme.
const REFERENCE: [&str; 22] = [
    "installation",
    "signing_key",
    "agency",
    "university",
    "token",
    "login",
    "recovery_code",
    "identity",
    "pass",
    "sign_in",
    "denial",
    "payee",
    "instructor_contract",
    "employee",
    "employee_personal",
    "payee_personal",
    // A device belongs to a university.
    "device_pairing",
    "device",
    "offline_item",
    "offline_item_personal",
    // A bookmark belongs to a login.
    "saved_query",
    // By organisation: a key must be found before its programme is known.
    "idempotency",
];

#[derive(QueryableByName, PartialEq, Debug)]
struct Column {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

/// A key or index: its table, its name, its columns in order.
#[derive(QueryableByName, Debug)]
struct Key {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    columns: String,
}

fn columns(connection: &mut Connection) -> Vec<Column> {
    let query = match connection {
        Connection::Sqlite(_) => {
            "SELECT m.name AS of, c.name AS name, c.type AS kind, c.\"notnull\" = 0 AS nullable
             FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'
             ORDER BY m.name, c.cid"
        }
        Connection::Postgres(_) => {
            "SELECT table_name::text AS of, column_name::text AS name, data_type::text AS kind,
                    is_nullable = 'YES' AS nullable
             FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'
             ORDER BY table_name COLLATE \"C\", ordinal_position"
        }
    };
    let mut columns: Vec<Column> = sql_query(query).load(connection).unwrap();
    for column in &mut columns {
        column.kind = match column.kind.to_lowercase().as_str() {
            "blob" | "bytea" => "Binary",
            "text" => "Text",
            "bigint" => "BigInt",
            "integer" => "Integer",
            "smallint" => "SmallInt",
            "boolean" => "Bool",
            other => panic!("{}.{} is {other}", column.of, column.name),
        }
        .into();
    }
    columns
}

/// As the source declares them.
fn declared() -> Vec<Column> {
    let mut columns = Vec::new();
    let mut table = String::new();
    let of_tables = |line: &&str| !line.starts_with("diesel::");
    for line in include_str!("../src/db/schema.rs").lines().map(str::trim).filter(of_tables) {
        if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let nullable = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            columns.push(Column {
                of: table.clone(),
                name: name.into(),
                kind: nullable.unwrap_or(kind).into(),
                nullable: nullable.is_some(),
            });
        } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            table = name.into();
        }
    }
    columns.sort_by(|a, b| a.of.cmp(&b.of));
    columns
}

fn open() -> (tempfile::TempDir, Connection) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("data")).unwrap();
    let connection = db::open_writer(&store::empty(directory.path())).unwrap();
    (directory, connection)
}

#[test]
fn the_tables_are_as_declared() {
    let (_directory, mut connection) = open();
    let mut found = columns(&mut connection);
    // SQLite's keys of one number are of a type that it calls INTEGER, and count as wide as any.
    for (found, declared) in found.iter_mut().zip(&declared()) {
        if matches!(connection, Connection::Sqlite(_))
            && found.name.ends_with("_no")
            && found.kind == "Integer"
        {
            found.kind.clone_from(&declared.kind);
        }
    }
    let declared = declared();
    let differ = |(found, declared): &(&Column, &Column)| found != declared;
    assert_eq!(found.iter().zip(&declared).find(differ), None);
    assert_eq!(found.len(), declared.len());
    assert!(found.len() > 100, "the catalogue was read");
}

#[test]
fn whatever_grows_with_vouchers_has_its_programme_in_every_key() {
    let (_directory, mut connection) = open();
    let query = match connection {
        Connection::Sqlite(_) => {
            "SELECT m.name AS of, i.name AS name, group_concat(c.name, ' ') AS columns
             FROM sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
             WHERE m.type = 'table' AND i.\"unique\" AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'
             GROUP BY m.name, i.name
             UNION ALL
             SELECT m.name, 'foreign key ' || f.id || ' to ' || f.\"table\", group_concat(f.\"from\", ' ')
             FROM sqlite_master m, pragma_foreign_key_list(m.name) f
             WHERE m.type = 'table' GROUP BY m.name, f.id, f.\"table\""
        }
        Connection::Postgres(_) => {
            "SELECT c.relname::text AS of, i.relname::text AS name, string_agg(a.attname, ' ')::text AS columns
             FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (x.indkey)
             WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_\\_%'
             GROUP BY c.relname, i.relname
             UNION ALL
             SELECT c.relname, 'foreign key ' || k.conname || ' to ' || t.relname, string_agg(a.attname, ' ')
             FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
             WHERE k.contype = 'f' GROUP BY c.relname, k.conname, t.relname"
        }
    };
    let keys: Vec<Key> = sql_query(query).load(&mut connection).unwrap();
    let mut of_table = BTreeMap::<&str, usize>::new();
    for key in keys.iter().filter(|key| !REFERENCE.contains(&key.of.as_str())) {
        *of_table.entry(&key.of).or_default() += 1;
        let to_reference = REFERENCE.iter().any(|table| key.name.ends_with(&format!(" to {table}")));
        // The programme itself has its id and code; a log its origin.
        let is_root = ["programme", "log_head"].contains(&key.of.as_str());
        let has_programme = key.columns.split(' ').any(|column| column == "programme_no");
        assert!(has_programme || to_reference || is_root, "{key:?}");
    }
    assert!(of_table.len() >= 15, "{of_table:?}");
}
