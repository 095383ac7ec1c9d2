//! Answers for people: what stands alone by name, and a table for each list.

use super::super::table::Table;
use super::super::{Failure, output};
use super::questions::Answer;
use crate::kernel::Kopecks;
use serde_json::{Map, Value};

/// Prints an answer.
///
/// # Errors
/// As [`output::text`].
pub(super) fn show(answer: &Answer, as_json: bool) -> Result<(), Failure> {
    if as_json {
        output::json(&answer.json)?;
    } else {
        match &answer.json {
            Value::Array(rows) => output::text(table(rows))?,
            Value::Object(members) => show_members(members)?,
            other => output::line(cell(other))?,
        }
    }
    if answer.is_cut {
        output::remark("There is more: ask for less, or give a higher --limit");
    }
    if let Some(size) = answer.size {
        output::remark(format_args!("As of the first {size} leaves of the log"));
    }
    Ok(())
}

fn show_members(members: &Map<String, Value>) -> Result<(), Failure> {
    let mut alone = Table::new(&["", ""]);
    for (name, value) in members.iter().filter(|(_, value)| !value.is_array()) {
        alone.row([name.clone(), cell(value)]);
    }
    output::text(alone)?;
    for (name, value) in members {
        if let Value::Array(rows) = value
            && !rows.is_empty()
        {
            output::text(format_args!("\n{name}\n{}", table(rows)))?;
        }
    }
    Ok(())
}

/// A row's members in one line: those of an object in it stand beside the others.
fn flat<'v>(prefix: &str, value: &'v Value, into: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Object(members) if money(value).is_none() => {
            for (name, member) in members {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flat(&name, member, into);
            }
        }
        other => into.push((prefix.to_owned(), other)),
    }
}

/// Columns that are empty in every row are left out.
fn table(rows: &[Value]) -> Table {
    let flat_rows: Vec<Vec<(String, &Value)>> = rows
        .iter()
        .map(|row| {
            let mut cells = Vec::new();
            flat("", row, &mut cells);
            cells
        })
        .collect();
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in flat_rows.iter().flatten() {
        if !value.is_null() && !names.contains(&&**name) {
            names.push(name);
        }
    }
    let mut table = Table::new(&names);
    for row in &flat_rows {
        table.row(names.iter().map(|name| {
            row.iter().find(|(known, _)| known == name).map(|(_, value)| cell(value)).unwrap_or_default()
        }));
    }
    table
}

fn money(value: &Value) -> Option<Kopecks> {
    value.get("currency")?;
    value.get("amount")?.as_i64().map(Kopecks::new)
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => money(other).map_or_else(|| other.to_string(), |money| money.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_shows_money_what_is_inside_and_no_empty_columns() {
        let rows = [
            json!({ "a": { "amount": 650_000, "currency": "RUB" }, "b": null, "c": { "d": ["x", "y"] } }),
            json!({ "a": { "amount": -1, "currency": "RUB" }, "b": null, "c": { "d": [] } }),
        ];
        let shown = table(&rows).to_string().replace('\u{a0}', " ");
        assert_eq!(shown, "a           c.d\n6 500,00 ₽  x, y\n−0,01 ₽\n");
    }
}
