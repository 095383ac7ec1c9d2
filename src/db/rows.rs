//! Statements over many rows, written once for both stores. PostgreSQL carries one out for all rows at
//! once, its arguments as arrays (`UNNEST`); SQLite row by row. Either prepares it once and keeps it:
//! diesel prepares every `UPDATE`, upsert and list anew, since their text may depend on their values;
//! the text of these does not.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::AstPass;
use diesel::sqlite::Sqlite;

/// The text of a statement, cut where arguments come.
///
/// In the text `{rows}` is the relation of the arguments, whose columns are `rows.<column>`: it stands
/// behind ` FROM ` or `, `. `{values}` are the arguments as what an `INSERT` inserts, into columns of their names
/// unless others stand before it in parentheses.
pub struct Template {
    columns: &'static [&'static str],
    /// Text and, behind it, an argument (by its place in the row).
    sqlite: Vec<(String, Option<usize>)>,
    /// What stands before the arrays and behind them.
    postgres: (String, String),
}

impl Template {
    /// # Panics
    /// When the text has no relation of arguments: a mistake of the source.
    pub fn new(columns: &'static [&'static str], text: &str) -> Self {
        let names = columns.join(", ");
        let relation =
            |before: &str, after: &str| (format!("{before}UNNEST("), format!(") AS rows({names}){after}"));
        if let Some((before, after)) = text.split_once("{values}") {
            let as_rows: Vec<_> = columns.iter().map(|column| format!("rows.{column}")).collect();
            let into = if before.ends_with(") ") { before.to_owned() } else { format!("{before}({names}) ") };
            let one = format!("{into}VALUES ({}){after}", as_rows.join(", "));
            let all = relation(&format!("{into}SELECT * FROM "), after);
            return Self { columns, sqlite: cut(columns, &one), postgres: all };
        }
        let (before, after) =
            text.split_once("{rows}").expect("a statement over rows names {rows} or {values}");
        let alone = before.strip_suffix(" FROM ").or_else(|| before.strip_suffix(", "));
        let alone = alone.expect("{rows} stands behind FROM or a comma");
        Self { columns, sqlite: cut(columns, &format!("{alone}{after}")), postgres: relation(before, after) }
    }

    /// Writes the statement for one row; `bind` binds its column of this place.
    pub fn for_one<'b>(
        &self,
        out: &mut AstPass<'_, 'b, Sqlite>,
        bind: impl Fn(usize, &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        for (text, argument) in &self.sqlite {
            out.push_sql(text);
            if let Some(column) = argument {
                bind(*column, out)?;
            }
        }
        Ok(())
    }

    /// Writes the statement for all rows; `bind` binds the array of this column.
    pub fn for_all<'b>(
        &self,
        out: &mut AstPass<'_, 'b, Pg>,
        bind: impl Fn(usize, &mut AstPass<'_, 'b, Pg>) -> QueryResult<()>,
    ) -> QueryResult<()> {
        out.push_sql(&self.postgres.0);
        for column in 0..self.columns.len() {
            if column > 0 {
                out.push_sql(", ");
            }
            bind(column, out)?;
        }
        out.push_sql(&self.postgres.1);
        Ok(())
    }
}

/// Cuts at every `rows.<column>`.
fn cut(columns: &[&str], text: &str) -> Vec<(String, Option<usize>)> {
    let mut parts = text.split("rows.");
    let mut cut = Vec::new();
    let mut before = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let column = columns.iter().position(|column| *column == &part[..end]);
        let column = column.unwrap_or_else(|| panic!("rows has no column {}", &part[..end]));
        cut.push((before, Some(column)));
        before = part[end..].to_owned();
    }
    cut.push((before, None));
    cut
}

/// Declares a function that carries out a statement for rows of a struct. Its columns are fields of the
/// struct, each with its Rust and SQL type. Without `->` it gives the number of rows changed; with
/// it the rows found, in no order.
#[macro_export]
macro_rules! rows {
    ($(#[$about:meta])* $see:vis fn $name:ident($row:ident $columns:tt) $($rest:tt)+) => {
        $crate::rows!(@function 'r, $row, $(#[$about])* $see fn $name $columns $($rest)+);
    };
    ($(#[$about:meta])* $see:vis fn $name:ident($row:ident<$life:lifetime> $columns:tt) $($rest:tt)+) => {
        $crate::rows!(@function $life, $row<$life>, $(#[$about])* $see fn $name $columns $($rest)+);
    };
    (@function $life:lifetime, $row:ty, $(#[$about:meta])* $see:vis fn $name:ident $columns:tt = $text:literal) => {
        $(#[$about])*
        $see fn $name<$life>(
            connection: &mut $crate::db::Connection,
            rows: &$life [$row],
        ) -> diesel::QueryResult<usize> {
            $crate::rows!(@statement $life, $row, $columns, $text);
            if rows.is_empty() {
                return Ok(0);
            }
            match connection {
                $crate::db::Connection::Sqlite(connection) => {
                    let mut changed = 0;
                    for row in rows {
                        changed += diesel::Connection::execute_returning_count(connection, &One(row))?;
                    }
                    Ok(changed)
                }
                $crate::db::Connection::Postgres(connection) => {
                    diesel::Connection::execute_returning_count(connection, &All::of(rows))
                }
            }
        }
    };
    (@function $life:lifetime, $row:ty, $(#[$about:meta])* $see:vis fn $name:ident $columns:tt
        -> $found:ty as $found_sql:ty = $text:literal) => {
        $(#[$about])*
        $see fn $name<$life>(
            connection: &mut $crate::db::Connection,
            rows: &$life [$row],
        ) -> diesel::QueryResult<Vec<$found>> {
            use diesel::query_dsl::methods::LoadQuery;
            $crate::rows!(@statement $life, $row, $columns, $text);
            impl diesel::query_builder::Query for One<'_> {
                type SqlType = $found_sql;
            }
            impl diesel::RunQueryDsl<diesel::SqliteConnection> for One<'_> {}
            impl diesel::query_builder::Query for All<'_> {
                type SqlType = $found_sql;
            }
            impl diesel::RunQueryDsl<diesel::PgConnection> for All<'_> {}
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            match connection {
                $crate::db::Connection::Sqlite(connection) => {
                    let mut found = Vec::new();
                    for row in rows {
                        let some = LoadQuery::<_, $found>::internal_load(One(row), connection)?;
                        for one in some {
                            found.push(one?);
                        }
                    }
                    Ok(found)
                }
                $crate::db::Connection::Postgres(connection) => {
                    LoadQuery::<_, $found>::internal_load(All::of(rows), connection)?.collect()
                }
            }
        }
    };
    (@statement $life:lifetime, $row:ty, { $($column:ident: $rust:ty as $sql:ty),+ $(,)? }, $text:literal) => {
        use diesel::pg::Pg;
        use diesel::query_builder::{AstPass, QueryFragment, QueryId};
        use diesel::sqlite::Sqlite;

        static TEMPLATE: std::sync::LazyLock<$crate::db::Template> =
            std::sync::LazyLock::new(|| $crate::db::Template::new(&[$(stringify!($column)),+], $text));

        struct One<$life>(&$life $row);

        impl<$life> QueryFragment<Sqlite> for One<$life> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> diesel::QueryResult<()> {
                TEMPLATE.for_one(&mut out, |place, out| {
                    let mut next = 0;
                    $(
                        if place == next {
                            return out.push_bind_param::<$sql, $rust>(&self.0.$column);
                        }
                        next += 1;
                    )+
                    let _ = next;
                    Ok(())
                })
            }
        }

        impl QueryId for One<'_> {
            type QueryId = One<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        struct All<$life> {
            $($column: Vec<&$life $rust>,)+
        }

        impl<$life> All<$life> {
            fn of(rows: &$life [$row]) -> Self {
                Self { $($column: rows.iter().map(|row| &row.$column).collect(),)+ }
            }
        }

        impl<$life> QueryFragment<Pg> for All<$life> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()> {
                TEMPLATE.for_all(&mut out, |place, out| {
                    let mut next = 0;
                    $(
                        if place == next {
                            return out.push_bind_param::<diesel::sql_types::Array<$sql>, Vec<&$rust>>(&self.$column);
                        }
                        next += 1;
                    )+
                    let _ = next;
                    Ok(())
                })
            }
        }

        impl QueryId for All<'_> {
            type QueryId = All<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
    };
}
