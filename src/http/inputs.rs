//! What was wrong with a path, a query or a JSON value, as a refusal that names the field and what would
//! have been taken, and never repeats the value (it may be personal data).

use super::Problem;
use crate::kernel::Refusal;
use actix_web::HttpRequest;
use actix_web::web::{PathConfig, Query, QueryConfig};
use serde::de::DeserializeOwned;

/// Parameters of paths that are numbers; all others are ids.
const NUMBERS: [&str; 3] = ["log_index", "size", "list"];

/// How handlers' `web::Path` refuses: the parameter that is no id, or no number, is named.
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, request| {
        let mut parameters = request.match_info().iter();
        let fault = parameters.find(|(name, value)| {
            if NUMBERS.contains(name) {
                value.parse::<i64>().is_err()
            } else {
                uuid::Uuid::parse_str(value).is_err()
            }
        });
        let field = fault.map_or("path", |(name, _)| name);
        let expected =
            if NUMBERS.contains(&field) { "a whole number" } else { "an id, a UUID in its usual form" };
        Problem(Refusal::field(field, expected)).into()
    })
}

/// How handlers' `web::Query` refuses.
pub fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|error, _| Problem(misfit("query", &error.to_string())).into())
}

/// The query's parameters, for extractors that share it with others.
///
/// # Errors
/// `invalid_field`.
pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Refusal> {
    Query::from_query(request.query_string())
        .map(Query::into_inner)
        .map_err(|error| misfit("query", &error.to_string()))
}

/// A value of the right syntax that does not fit, from serde's message. serde repeats the value it
/// found before it says what it expected; only the latter is passed on.
pub fn misfit(path: &str, message: &str) -> Refusal {
    let quoted = |after: &str| {
        let rest = message.split_once(after)?.1;
        rest.split_once('`').map(|(name, _)| name)
    };
    let below = |name: &str| match path {
        "." | "query" => name.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    if let Some(name) = quoted("missing field `") {
        return Refusal::field(below(name), "a value: this field is required");
    }
    let expected = match message.split_once("expected ") {
        Some((_, expected)) => expected.split(" at line ").next().unwrap_or(expected),
        None if message.contains("duplicate field") => "each field once",
        None => "a value of another form",
    };
    let field = match quoted("duplicate field `").or_else(|| quoted("unknown field `")) {
        Some(name) if path.rsplit('.').next() != Some(name) => below(name),
        _ => path.to_owned(),
    };
    Refusal::field(field, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_and_the_value_is_not_repeated() {
        let refusal =
            misfit("rows[3].snils", "invalid type: string \"Иванов\", expected 11 digits at line 1 column 9");
        assert_eq!(refusal.field.as_deref(), Some("rows[3].snils"));
        assert_eq!(refusal.facts["expected"], "11 digits");
        let refusal = misfit("rows[3]", "missing field `name` at line 1 column 9");
        assert_eq!(refusal.field.as_deref(), Some("rows[3].name"));
        let refusal = misfit(".", "missing field `name` at line 1 column 9");
        assert_eq!(refusal.field.as_deref(), Some("name"));
        let refusal = misfit("nick", "unknown field `nick`, expected `code` or `name` at line 1 column 2");
        assert_eq!(
            (refusal.field.as_deref(), &refusal.facts["expected"]),
            (Some("nick"), &"`code` or `name`".into())
        );
        let refusal = misfit("query", "duplicate field `limit`");
        assert_eq!(refusal.field.as_deref(), Some("limit"));
    }
}
