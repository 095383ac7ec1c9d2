//! Whatever comes in, at every route of the OpenAPI document: a problem with a stable code, never a fault
//! of ours.

use crate::stage::text;
use crate::sweep::{Sweep, assert_refused, assert_sane};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use training_vouchers::http::permissions::{ROUTES, Route};

fn writes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| ["POST", "PUT"].contains(&route.method))
}

/// Those that take JSON: a bank statement is a file, and so is a sheet that is looked at.
fn writes_of_json() -> impl Iterator<Item = &'static Route> {
    writes().filter(|route| !route.path.ends_with("/statements") && route.path != "/v1/sheets/preview")
}

/// What `body` looks like with something wrong of its own kind at each place, and whether it must be
/// refused whatever the field means.
fn spoiled(body: &Value) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for pointer in [vec![String::new()], pointers(body, "")].concat() {
        let at = |value: &str, must: bool| {
            let mut spoiled = body.clone();
            *spoiled.pointer_mut(&pointer).unwrap() = json!("\u{1}HERE\u{1}");
            let hole = json!("\u{1}HERE\u{1}").to_string();
            (spoiled.to_string().replace(&hole, value), must)
        };
        let wrong_types: &[&str] = match body.pointer(&pointer).unwrap() {
            Value::String(_) => &["7", "true", "[]", "{}", "[\"x\"]"],
            Value::Number(_) => &[
                "\"7\"",
                "true",
                "[]",
                "{}",
                "1.5",
                "1e400",
                "9223372036854775808",
                "-9223372036854775809",
                "null",
            ],
            Value::Bool(_) => &["\"true\"", "1", "[]", "{}", "null"],
            Value::Array(_) => &["\"x\"", "7", "{}", "null", "true"],
            Value::Object(_) => &["\"x\"", "7", "[]", "null", "true", "{\"zzz\":1}"],
            Value::Null => &[],
        };
        found.extend(wrong_types.iter().map(|value| at(value, true)));
        let odd: &[&str] = match body.pointer(&pointer).unwrap() {
            Value::String(_) => &[
                "\"\"",
                "\" \"",
                "\"x\"",
                "null",
                "\"\\u0000\"",
                "\"\\ud800\"",
                "\"+262142-12-31\"",
                "\"-262143-01-01\"",
                "\"0000-00-00\"",
                "\"+262142-12-31T23:59:60Z\"",
                "\"9999-12-31T23:59:59Z\"",
                "\"0001-01-01\"",
                "\"2000-01-01\"",
                "\"=1+1\"",
                "\"💣\\u202e\"",
                "\"ÿ\"",
                "\"00000000-0000-0000-0000-000000000000\"",
                "\"ffffffff-ffff-ffff-ffff-ffffffffffff\"",
            ],
            Value::Number(_) => {
                &["0", "-1", "2147483647", "9223372036854775807", "-9223372036854775808", "-0", "1e2"]
            }
            _ => &[],
        };
        found.extend(odd.iter().map(|value| at(value, false)));
        if let Value::Object(members) = body.pointer(&pointer).unwrap() {
            // The values of an object in some order are no object.
            let values: Value = members.values().cloned().collect();
            let reversed: Value = members.values().rev().cloned().collect();
            found.extend([at(&values.to_string(), true), at(&reversed.to_string(), true)]);
        }
        let long = json!("x".repeat(100_000)).to_string();
        found.push(at(&long, false));
        found.push(at(&format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)), true));
    }
    found
}

fn pointers(value: &Value, prefix: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(name, child)| {
        let pointer = format!("{prefix}/{name}");
        [vec![pointer.clone()], pointers(child, &pointer)].concat()
    });
    below.collect()
}

#[test]
fn a_body_that_is_none_is_refused_at_every_route() {
    let sweep = Sweep::start();
    for route in writes() {
        let good = sweep.body(route).unwrap().to_string();
        let bad: &[&[u8]] = &[
            b"",
            b" ",
            b"nonsense",
            b"{",
            b"null",
            b"7",
            b"\"x\"",
            b"[]",
            b"[{}]",
            b" [[]]",
            b"{\"zzz\":1}",
            b"{}{}",
            b"{\"a\":\xff}",
            b"\xef\xbb\xbf{}",
            b"\xfe\xff\0{\0}",
            b"{\"\\ud800\":1}",
            b"{\"zzz\":1e999}",
            &[b"{\"a\":".repeat(20_000), b"1".to_vec(), b"}".repeat(20_000)].concat(),
            &good.as_bytes()[..good.len() - 1],
            &[good.as_bytes(), b"x"].concat(),
            &good.as_bytes()[1..],
        ];
        for body in bad {
            let sent = format!(
                "{} {} {}",
                route.method,
                route.path,
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
            assert_refused(&sweep.send_json(route, *body), &sent);
        }
    }
}

#[test]
fn a_body_of_another_media_type_is_refused_at_every_route() {
    let sweep = Sweep::start();
    for route in writes_of_json() {
        let body = sweep.body(route).unwrap().to_string();
        let path = sweep.path(route, "", "");
        let types = [
            None,
            Some(""),
            Some("text/plain"),
            Some("application/xml"),
            Some("multipart/form-data; boundary=x"),
            Some("application/x-www-form-urlencoded"),
            Some("application/json-patch+json"),
            Some("ÿ"),
        ];
        for content_type in types {
            let reply = sweep.send(route, &path, content_type, body.clone().into());
            assert_eq!(reply.problem(), (415, "unsupported_media_type"), "{} {content_type:?}", route.path);
        }
    }
}

#[test]
fn fields_of_another_kind_are_refused_and_odd_ones_do_no_harm() {
    let sweep = Sweep::start();
    for route in writes() {
        let good = sweep.body(route).unwrap();
        for (body, must) in spoiled(&good) {
            let sent =
                format!("{} {} {}", route.method, route.path, body.chars().take(300).collect::<String>());
            let reply = sweep.send_json(route, body);
            // A list of people is answered row by row.
            let is_refused_row = reply.json["rows"]
                .as_array()
                .is_some_and(|rows| rows.iter().all(|row| row["code"].is_string()));
            if must && !is_refused_row {
                assert_refused(&reply, &sent);
            } else {
                assert_sane(&reply, &sent);
            }
        }
    }
}

/// The good bodies are good: none of them is refused for its form.
#[test]
fn the_bodies_that_were_spoiled_were_good() {
    let sweep = Sweep::start();
    let mut taken = 0;
    for route in writes_of_json().filter(|route| route.path != "/v1/verify") {
        let reply = sweep.send_json(route, sweep.body(route).unwrap().to_string());
        let of_form =
            ["invalid_field", "malformed_body", "idempotency_key_missing", "unsupported_media_type"];
        assert!(!of_form.contains(&reply.code()), "{} {}: {reply:?}", route.method, route.path);
        taken += u32::from(reply.status < 300);
    }
    assert!(taken >= 20, "{taken}");
}

#[test]
fn every_write_of_the_document_was_tried() {
    let document = serde_json::to_value(training_vouchers::web::document()).unwrap();
    let of_document = document["paths"].as_object().unwrap().iter().flat_map(|(path, operations)| {
        let with_body = operations
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, operation)| !operation["requestBody"].is_null());
        with_body.map(move |(method, _)| (method.to_uppercase(), path.clone()))
    });
    let tried: BTreeSet<_> = writes().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(of_document.collect::<BTreeSet<_>>(), tried);
}

#[test]
fn an_id_that_is_none_is_refused_wherever_it_stands_in_a_path() {
    let sweep = Sweep::start();
    let long = "a".repeat(9_000);
    let bad = [
        "x",
        "%00",
        "%ff",
        "%2e%2e",
        "%2e%2e%2f",
        "-1",
        "9223372036854775808",
        "1e3",
        "%20",
        "{}",
        "'",
        &long,
        "018f0000-0000-7000-8000-00000000000g",
        "018f0000-0000-7000-8000-0000000000000",
    ];
    let nowhere = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
    let mut tried = 0;
    for route in ROUTES {
        let parameters =
            route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        for parameter in parameters.filter(|parameter| *parameter != "tail:.*") {
            for value in bad.iter().chain(&nowhere) {
                let path = sweep.path(route, parameter, value);
                let body = sweep.body(route).map_or_else(Vec::new, |body| body.to_string().into());
                let reply = sweep.send(route, &path, Some("application/json"), body);
                // A client makes `/` of `/problems/%2e%2e`, and there is a page.
                if !(reply.status == 200 && reply.header("content-type").starts_with("text/html")) {
                    assert_refused(&reply, &format!("{} {}", route.method, &path[..path.len().min(200)]));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn a_query_that_is_none_is_refused_or_does_no_harm() {
    let sweep = Sweep::start();
    let document = serde_json::to_value(training_vouchers::web::document()).unwrap();
    let places = ["gAAAAAAAAAA", "f_________8", "__________8", "AAAAAAAAAAA"];
    let odd = [
        "",
        "x",
        "%ff",
        "%00",
        "-1",
        "0",
        "9223372036854775808",
        "1e5",
        "true",
        "null",
        "2020-02-30",
        "%2B262142-12-31",
        "-262143-01-01",
        "9999-12-31",
        "%F0%9F%92%A3",
    ];
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        let parameters =
            document["paths"][route.path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let needed: String = in_query
            .clone()
            .filter(|parameter| parameter["required"] == true)
            .map(|parameter| {
                format!("&{0}={1}", text(&parameter["name"]), sweep.id(parameter["name"].as_str().unwrap()))
            })
            .collect();
        let ask = |query: &str| {
            let path = format!("{}?{query}", sweep.path(route, "", ""));
            (sweep.send(route, &path, None, Vec::new()), path)
        };
        let (good, path) = ask(&needed);
        assert_eq!(good.status, 200, "{path}: {good:?}");
        for parameter in in_query {
            let name = text(&parameter["name"]);
            let others = needed.replace(
                &format!("&{name}={}", if needed.contains(&name) { sweep.id(&name) } else { "" }),
                "",
            );
            for value in odd.iter().chain(&places) {
                let (reply, path) = ask(&format!("{name}={value}{others}"));
                assert_sane(&reply, &path);
            }
            let (twice, path) = ask(&format!("{name}=1&{name}=2{others}"));
            assert_refused(&twice, &path);
            let (wrong, path) = ask(&format!("{name}=%D0%B6{others}"));
            // Any text is a seed, may be a document's number, and can be looked for.
            if ["seed", "document_number", "q"].contains(&&*name) {
                assert_sane(&wrong, &path);
            } else {
                assert_refused(&wrong, &path);
            }
        }
    }
}
