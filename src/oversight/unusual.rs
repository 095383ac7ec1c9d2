//! Unusual patterns: what a person should look at. A finding is no accusation; `rules` has what is looked for.

use super::rules::{PAYMENT_WITHOUT_ITEM, RULES, Rule, SOON_MINUTES, UNMATCHED_ITEM};
use crate::db::Connection;
use crate::db::schema::statement_item;
use crate::http::Paged;
use crate::kernel::{Kopecks, Refusal};
use crate::writer::Failure;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something unusual.
#[derive(Serialize, ToSchema)]
#[schema(as = UnusualFinding)]
pub struct Finding {
    #[schema(example = "payment_returned")]
    pub rule: &'static str,
    /// What the rule says.
    pub words: Words,
    /// What it is about, by kind of id.
    #[schema(value_type = Object)]
    pub ids: BTreeMap<&'static str, Vec<Uuid>>,
    /// Day of the event, where the rule is about one.
    #[schema(format = Date)]
    pub day: Option<String>,
    /// What was counted or summed.
    #[schema(value_type = Object)]
    pub figures: Map<String, Value>,
}

/// The same in two languages.
#[derive(Serialize, ToSchema)]
#[schema(as = UnusualWords)]
pub struct Words {
    pub en: &'static str,
    pub ru: &'static str,
}

#[derive(QueryableByName)]
struct MemberRow {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Binary)]
    member: Vec<u8>,
    #[diesel(sql_type = Binary)]
    other: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    day: Option<String>,
    #[diesel(sql_type = BigInt)]
    a: i64,
    #[diesel(sql_type = BigInt)]
    b: i64,
}

/// A finding's number in the whole list has its rule's place above its key, which is a leaf's index or less.
const KEY_BITS: u32 = 56;

/// The place of a rule by name.
///
/// # Errors
/// `invalid_field` for another name.
pub fn rule(name: &str) -> Result<usize, Refusal> {
    let names = RULES.iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ");
    let place = RULES.iter().position(|rule| rule.name == name);
    place.ok_or_else(|| Refusal::field("rule", format!("one of {names}")))
}

/// What does not agree with the bank.
#[derive(Serialize, ToSchema)]
pub struct Unmatched {
    /// Items of statements that wait for a person, all of the programme's.
    pub unmatched_items: i64,
    /// First these items, then payments that no item speaks of.
    #[serde(flatten)]
    pub findings: Paged<Finding>,
}

/// The places of the rules about what does not agree with the bank.
pub fn of_statements() -> Vec<usize> {
    let is_one = |rule: &Rule| [UNMATCHED_ITEM, PAYMENT_WITHOUT_ITEM].contains(&rule.name);
    (0..RULES.len()).filter(|place| is_one(&RULES[*place])).collect()
}

/// How many items of statements wait for a person.
///
/// # Errors
/// The database's.
pub fn unmatched_items(connection: &mut Connection, programme_no: i64) -> QueryResult<i64> {
    statement_item::table
        .filter(statement_item::programme_no.eq(programme_no))
        .filter(statement_item::outcome.eq("unmatched"))
        .filter(statement_item::resolved_log_index.is_null())
        .count()
        .get_result(connection)
}

/// Findings behind a number, each with its own, rule by rule; of some rules only when they are given.
///
/// # Errors
/// The database's.
pub fn findings(
    connection: &mut Connection,
    programme_no: i64,
    only: Option<&[usize]>,
    after: Option<i64>,
    limit: i64,
) -> Result<Vec<(i64, Finding)>, Failure> {
    let (first, key) = match after {
        Some(number) => (number >> KEY_BITS, number & ((1 << KEY_BITS) - 1)),
        None => (0, -1),
    };
    let mut found = Vec::new();
    for (place, (index, rule)) in (0_i64..).zip(RULES.iter().enumerate()) {
        let is_wanted = only.is_none_or(|only| only.contains(&index));
        let wanted = limit - i64::try_from(found.len()).unwrap_or(limit);
        if place < first || !is_wanted || wanted <= 0 {
            continue;
        }
        let after = if place == first { key } else { -1 };
        for (key, finding) in of_rule(connection, programme_no, rule, after, wanted)? {
            found.push((place << KEY_BITS | key, finding));
        }
    }
    Ok(found)
}

fn of_rule(
    connection: &mut Connection,
    programme_no: i64,
    rule: &Rule,
    after: i64,
    limit: i64,
) -> Result<Vec<(i64, Finding)>, Failure> {
    let soon = (SOON_MINUTES * 60_000).to_string();
    let sql = rule.sql.replace("{limit}", &limit.to_string()).replace("{soon}", &soon);
    let rows: Vec<MemberRow> =
        sql_query(sql).bind::<BigInt, _>(programme_no).bind::<BigInt, _>(after).load(connection)?;
    let mut found: Vec<(i64, Finding)> = Vec::new();
    for row in rows {
        if found.last().is_none_or(|(key, _)| *key != row.key) {
            found.push((row.key, rule.finding(&row)));
        }
        let Some((_, finding)) = found.last_mut() else { continue };
        for (name, id) in [(rule.member, &row.member), (rule.other, &row.other)] {
            let id = Uuid::from_slice(id)
                .map_err(|_| Failure::Inconsistent(format!("an id of the rule {} is none", rule.name)))?;
            let ids = finding.ids.entry(name).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    Ok(found)
}

impl Rule {
    fn finding(&self, row: &MemberRow) -> Finding {
        let mut figures = Map::new();
        for (name, value) in self.figures.into_iter().zip([row.a, row.b]) {
            match name.strip_suffix("_kopecks") {
                Some(money) => figures.insert(money.to_owned(), json!(Kopecks::new(value))),
                None if name.is_empty() => None,
                None => figures.insert(name.to_owned(), json!(value)),
            };
        }
        Finding {
            rule: self.name,
            words: Words { en: self.en, ru: self.ru },
            ids: BTreeMap::new(),
            day: row.day.clone().filter(|day| !day.is_empty()),
            figures,
        }
    }
}
