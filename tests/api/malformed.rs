//! Whatever comes in, at every route of the OpenAPI document: a problem with a stable code, never a fault
//! of ours.

use crate::harness::Reply;
use crate::stage::{LAST_DAY, Stage, done, rub, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use training_vouchers::http::permissions::{Access, ROUTES, Route};
use training_vouchers::http::problem;
use training_vouchers::kernel::{Code, Scope};

/// Things there are, by the names that paths call them.
fn ids(stage: &Stage) -> Vec<(&'static str, String)> {
    let voucher = stage.voucher();
    let redeemed = stage.voucher();
    let redemption = done(stage.redeem(&redeemed));
    let instructor = json!({ "name": "Соколова Анна Петровна", "hourly_rate": rub(100_000) });
    let instructor = done(stage.post(Scope::Teaching, "/v1/instructors", &instructor));
    let session = json!({ "course_run_id": stage.course_run_id, "instructor_id": instructor["payee_id"],
        "held_on": "2020-03-16", "phase": "lecture", "hours": 2 });
    let session = done(stage.post(Scope::Teaching, "/v1/sessions", &session));
    let accept = format!("/v1/sessions/{}/accept", text(&session["session_id"]));
    done(stage.server.post(&stage.colleague(Scope::Teaching), &accept, &json!({})));
    let payment = json!({ "programme_id": stage.programme_id, "payee_id": instructor["payee_id"], "amount": rub(1),
        "document_number": "1", "paid_on": "2020-03-17" });
    let payment = done(stage.post(Scope::Treasury, "/v1/payments", &payment));
    let lines =
        done(stage.get(Scope::Programme, &format!("/v1/programmes/{}/budget-lines", stage.programme_id)));
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    let line = text(&lines["items"][0]["budget_line_id"]);
    let appropriation = json!({ "amount": rub(1), "document_number": "2-ОЗ" });
    let path = format!("/v1/budget-lines/{line}/appropriations");
    let proposal = done(stage.post(Scope::Treasury, &path, &appropriation));
    let employees = done(stage.get(Scope::Agency, "/v1/employees"));
    vec![
        ("agency_id", stage.server.agency_id.to_string()),
        ("university_id", stage.university_id.clone()),
        ("programme_id", stage.programme_id.clone()),
        ("budget_line_id", line),
        ("course_run_id", stage.course_run_id.clone()),
        ("voucher_id", voucher.id.clone()),
        ("number", voucher.number),
        ("kid", text(&stage.shown(&voucher.id)["kid"])),
        ("redemption_id", text(&redemption["redemption_id"])),
        ("payee_id", text(&instructor["payee_id"])),
        ("session_id", text(&session["session_id"])),
        ("payment_id", text(&payment["payment_id"])),
        ("request_id", request_id),
        ("proposal_id", text(&proposal["proposal_id"])),
        ("employee_id", text(&employees["items"][0]["employee_id"])),
        // Not one that the test lives by.
        ("token_id", stage.server.app.new_id().to_string()),
        ("code", "not_found".into()),
        ("log_index", "0".into()),
    ]
}

struct Sweep {
    stage: Stage,
    ids: Vec<(&'static str, String)>,
}

impl Sweep {
    fn start() -> Self {
        let stage = Stage::start(20);
        let ids = ids(&stage);
        Self { stage, ids }
    }

    fn id(&self, name: &str) -> &str {
        &self.ids.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("an id for {name}")).1
    }

    /// The route's path to things there are, but for `parameter`, which is `value`.
    fn path(&self, route: &Route, parameter: &str, value: &str) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'))
        {
            Some("tail:.*") => "index.html".to_owned(),
            Some(name) if name == parameter => value.to_owned(),
            Some(name) => self.id(name).to_owned(),
            None => segment.to_owned(),
        };
        route.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    fn token(&self, route: &Route) -> Option<&str> {
        match route.access {
            Access::Public => None,
            // The programme office sees what others see a part of.
            Access::Only(scopes) if route.method == "GET" && scopes.contains(&Scope::Programme) => {
                Some(self.stage.server.token(Scope::Programme))
            }
            Access::Only(scopes) => Some(self.stage.server.token(scopes[0])),
        }
    }

    fn send(&self, route: &Route, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Reply {
        let request = self.stage.server.request(route.method, path);
        let request = request.header("Idempotency-Key", self.stage.server.app.new_id().to_string());
        let request = match self.token(route) {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let request = match content_type {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        };
        request.body(body).send().unwrap().into()
    }

    fn send_json(&self, route: &Route, body: impl Into<Vec<u8>>) -> Reply {
        self.send(route, &self.path(route, "", ""), Some("application/json"), body.into())
    }

    /// A good body for every route that takes one. None of them is sent as it is.
    fn body(&self, route: &Route) -> Option<Value> {
        let id = |name: &str| self.id(name).to_owned();
        let reason = json!({ "reason": "проверка" });
        let rows = self.stage.rows(1);
        Some(match route.path.rsplit('/').next().unwrap() {
            _ if route.method == "GET" || route.method == "DELETE" => return None,
            "tokens" => json!({ "subject": "someone", "scope": "agency", "agency_id": id("agency_id"),
                "expires_at": "2020-12-31T00:00:00Z" }),
            "agencies" => {
                json!({ "code": "X-1", "name": "Имя", "category": "state_body", "municipality": "Псков" })
            }
            "universities" => json!({ "code": "X-1", "name": "Имя" }),
            "employees" => json!({ "rows": rows }),
            "programmes" => {
                json!({ "code": "X1", "name": "Имя", "year": 2020, "university_id": id("university_id"),
                "course_hours": 20, "face_value": rub(100), "valid_from": "2020-03-01", "valid_until": LAST_DAY,
                "priority_until": "2020-03-31", "sync_grace_days": 3, "auto_approve_max_rows": 0,
                "eligible_categories": ["state_civil_servant"], "contribution_basis_points": 3020,
                "target_trained": 2000, "illustrative": true })
            }
            "budget-lines" => {
                json!({ "kbk": "07507051310000000244", "item": "information_campaign", "name": "Имя" })
            }
            "quotas" => json!({ "quotas": [{ "agency_id": id("agency_id"), "seats": 100 }] }),
            "appropriations" => json!({ "amount": rub(100), "document_number": "1" }),
            "requests" => json!({ "programme_id": id("programme_id"), "mode": "best_effort", "dry_run": true,
                "rows": rows }),
            "course-runs" => {
                json!({ "programme_id": id("programme_id"), "code": "X", "starts_on": "2020-03-02",
                "ends_on": "2020-03-31", "seats": 5, "illustrative": true })
            }
            "redemptions" => json!({ "redemption_id": self.stage.server.app.new_id(), "number": id("number"),
                "course_run_id": id("course_run_id"), "identity_checked": false }),
            "preview" => json!({ "number": id("number"), "course_run_id": id("course_run_id") }),
            "reverse" => json!({ "voucher": "voided", "reason": "проверка" }),
            "instructors" => json!({ "name": "Имя", "hourly_rate": rub(100) }),
            "sessions" => json!({ "course_run_id": id("course_run_id"), "instructor_id": id("payee_id"),
                "held_on": "2020-03-16", "phase": "lecture", "hours": 2 }),
            "payments" => {
                json!({ "programme_id": id("programme_id"), "payee_id": id("payee_id"), "amount": rub(1),
                "document_number": "1", "paid_on": "2020-03-17" })
            }
            "verify" => json!({ "credential": "TV1:" }),
            "extend" => json!({ "valid_until": "2020-12-31", "reason": "проверка" }),
            "suspend" | "resume" | "void" | "replace" | "compromise" => reason,
            "reject" => reason,
            "open" | "close" | "confirm" | "withdraw" | "approve" | "accept" | "issue"
            | "release-expired" => json!({}),
            other => panic!("a good body for {} {other}", route.method),
        })
    }
}

/// Not a fault of ours, and if it is a refusal, one as documented.
#[track_caller]
fn assert_sane(reply: &Reply, sent: &str) {
    assert!(reply.status < 500, "{sent}: {reply:?}");
    if reply.status < 400 {
        return;
    }
    let code = Code::parse(reply.code()).unwrap_or_else(|| panic!("{sent}: no stable code in {reply:?}"));
    assert_eq!(problem::status(code).as_u16(), reply.status, "{sent}");
    assert_eq!(reply.header("content-type"), "application/problem+json", "{sent}");
    for member in ["type", "title", "detail", "remedy", "request_id"] {
        assert!(
            reply.json[member].as_str().is_some_and(|text| !text.is_empty()),
            "{sent}: {member} of {reply:?}"
        );
    }
}

#[track_caller]
fn assert_refused(reply: &Reply, sent: &str) {
    assert!((400..500).contains(&reply.status), "{sent}: {reply:?}");
    assert_sane(reply, sent);
}

fn writes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| ["POST", "PUT"].contains(&route.method))
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
    for route in writes() {
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
    for route in writes().filter(|route| route.path != "/v1/verify") {
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
                assert_refused(&reply, &format!("{} {}", route.method, &path[..path.len().min(200)]));
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
            assert_refused(&wrong, &path);
        }
    }
}
