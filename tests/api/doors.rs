//! The doors themselves: who is let in, what is refused and how it is told.

use crate::harness::{Reply, TestServer};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use training_vouchers::http::permissions::{Access, ROUTES, Route};
use training_vouchers::kernel::Scope;
use training_vouchers::web;

const AGENCIES: &str = "/v1/agencies";

/// A path that this pattern takes.
fn example(route: &Route) -> String {
    let segment = |segment: &str| match segment {
        "{tail:.*}" => "index.html".to_owned(),
        "{code}" => "not_found".to_owned(),
        parameter if parameter.starts_with('{') => "018f0000-0000-7000-8000-000000000000".to_owned(),
        literal => literal.to_owned(),
    };
    route.path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[test]
fn the_permission_table_holds_for_every_route_and_every_scope() {
    let server = TestServer::start();
    for route in ROUTES {
        let path = example(route);
        let call = |token: Option<&str>| -> Reply {
            let request = server.request(route.method, &path);
            token
                .map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token))
                .send()
                .unwrap()
                .into()
        };
        let name = format!("{} {}", route.method, route.path);
        let is_let_in = |reply: &Reply| {
            assert!(!["unauthenticated", "forbidden"].contains(&reply.code()), "{name}: {reply:?}");
            assert_ne!(reply.status, 500, "{name}: {reply:?}");
            if reply.status == 404 {
                let what = reply.json["facts"]["what"].as_str();
                assert!(what.is_some_and(|what| what != "address"), "{name} is not mounted: {reply:?}");
            }
        };
        match route.access {
            Access::Public => is_let_in(&call(None)),
            Access::Only(scopes) => {
                let reply = call(None);
                assert_eq!(reply.problem(), (401, "unauthenticated"), "{name}");
                assert!(reply.header("www-authenticate").starts_with("Bearer"));
                for scope in Scope::ALL {
                    let reply = call(Some(server.token(scope)));
                    if scopes.contains(&scope) {
                        is_let_in(&reply);
                    } else {
                        assert_eq!(reply.problem(), (403, "forbidden"), "{name} as {scope:?}");
                        assert_eq!(reply.json["facts"]["allowed_scopes"], json!(scopes));
                    }
                }
            }
        }
    }
}

/// The route's path in the document, which knows no patterns of parameters.
fn documented(route: &Route) -> String {
    route.path.replace(":.*}", "}")
}

#[test]
fn the_table_and_the_openapi_document_name_the_same_routes() {
    let server = TestServer::start();
    let document = server.get("", "/openapi.json").json;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document, serde_json::to_value(web::document()).unwrap());
    let undocumented = ["/openapi.json", "/docs/{tail:.*}"];
    let table: BTreeSet<_> = ROUTES
        .iter()
        .filter(|route| !undocumented.contains(&route.path))
        .map(|route| (route.method.to_lowercase(), documented(route)))
        .collect();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, operations)| {
        operations.as_object().unwrap().keys().map(move |method| (method.clone(), path.clone()))
    });
    assert_eq!(operations.collect::<BTreeSet<_>>(), table);
    for route in ROUTES.iter().filter(|route| !undocumented.contains(&route.path)) {
        let operation = &paths[&documented(route)][route.method.to_lowercase()];
        let is_public = operation["security"] == json!([{}]);
        assert_eq!(is_public, route.access == Access::Public, "{} {}", route.method, route.path);
    }
}

#[test]
fn the_openapi_document_is_whole() {
    let document = serde_json::to_value(web::document()).unwrap();
    let mut references = Vec::new();
    collect(&document, "$ref", &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.as_str().unwrap().trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
    let mut ids = Vec::new();
    collect(&document["paths"], "operationId", &mut ids);
    let distinct: BTreeSet<_> = ids.iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), ids.len(), "operation ids are unique");
    for operation in
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        for response in operation["responses"].as_object().unwrap().values() {
            assert_ne!(response["description"].as_str().unwrap_or(""), "", "{}", operation["operationId"]);
        }
    }
}

/// All values of this name, wherever they are.
fn collect(value: &Value, name: &str, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if key == name {
                    found.push(member.clone());
                }
                collect(member, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, found)),
        _ => {}
    }
}

#[test]
fn tokens_that_are_none_are_refused() {
    let server = TestServer::start();
    let good = server.token(Scope::Admin);
    let flipped = good.replace("tv_", "tw_");
    let slip = format!("{}x", &good[..good.len() - 1]);
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        good,
        &format!("Bearer {flipped}"),
        &format!("Bearer {slip}"),
        &format!("Bearer {good} {good}"),
    ] {
        let request = server.request("GET", AGENCIES).header("Authorization", authorization);
        let reply = Reply::from(request.send().unwrap());
        assert_eq!(reply.problem(), (401, "unauthenticated"), "{authorization}");
        assert!(!reply.text.contains(good));
    }
    let reply = Reply::from(
        server.request("GET", AGENCIES).header("Authorization", format!("bearer  {good}")).send().unwrap(),
    );
    assert_eq!(reply.status, 200, "the scheme's case and spaces do not matter");
}

#[test]
fn unknown_addresses_and_methods_are_problems() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    for path in [
        "/v1",
        "/v1/nothing",
        "/v1/agencies/",
        "/v1//agencies",
        "/v1/agencies/a/b",
        "/%00",
        "/v1/%2e%2e/agencies",
    ] {
        assert_eq!(server.get(admin, path).problem(), (404, "not_found"), "{path}");
    }
    for method in ["PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "BREW"] {
        let reply = Reply::from(server.request(method, AGENCIES).bearer_auth(admin).send().unwrap());
        assert_eq!(reply.status, 405, "{method}");
        assert_eq!(reply.header("allow"), "POST, GET");
    }
    assert_eq!(server.get(admin, "/v1/%61gencies").status, 200, "the router's own decoding is the table's");
    let reply = server.get(admin, "/v1/agencies/not-an-id");
    assert_eq!((reply.problem(), &reply.json["field"]), ((422, "invalid_field"), &json!("agency_id")));
}

#[test]
fn bodies_that_cannot_be_taken_name_the_fault_and_change_nothing() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let send = |content_type: &str, body: Vec<u8>| -> Reply {
        let request = server.request("POST", AGENCIES).bearer_auth(admin).header("Idempotency-Key", "k");
        let request = request.header("Content-Type", content_type);
        request.body(body).send().unwrap().into()
    };
    let good = json!({ "code": "X-1", "name": "Имя", "category": "state_body" });
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body.to_string().into_bytes()
    };
    let json_type = "application/json";
    for (body, field) in [
        (with("code", json!("а б")), "code"),
        (with("code", json!(1)), "code"),
        (with("name", json!("")), "name"),
        (with("name", json!("a\u{202e}b")), "name"),
        (with("category", json!("club")), "category"),
        (with("secret", json!("Иванов")), "secret"),
        (with("municipality", json!([])), "municipality"),
        (json!({ "code": "X-1", "name": "Имя" }).to_string().into_bytes(), "category"),
    ] {
        let reply = send(json_type, body);
        assert_eq!(reply.problem(), (422, "invalid_field"), "{reply:?}");
        assert_eq!(reply.json["field"], field);
        assert!(!reply.text.contains("Иванов"), "values are not repeated");
    }
    let truncated = good.to_string().into_bytes()[..20].to_vec();
    let twice = format!("{good}{good}").into_bytes();
    let utf16: Vec<u8> = good.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [Vec::new(), truncated, twice, utf16, b"\xff\xfe".to_vec(), b"{\"code\":\"\xff\"}".to_vec()] {
        assert_eq!(send(json_type, body).problem(), (400, "malformed_body"));
    }
    assert_eq!(send(json_type, "[".repeat(100_000).into_bytes()).status, 422, "however deep it is nested");
    for content_type in ["", "text/plain", "text/json", "application/jsonp", "multipart/form-data"] {
        let reply = send(content_type, good.to_string().into_bytes());
        assert_eq!(reply.problem(), (415, "unsupported_media_type"), "{content_type}");
    }
    let gzip = server.request("POST", AGENCIES).bearer_auth(admin).header("Idempotency-Key", "k");
    let gzip = gzip.header("Content-Type", json_type).header("Content-Encoding", "gzip").body("x");
    assert_eq!(Reply::from(gzip.send().unwrap()).problem(), (415, "unsupported_media_type"));
    let large = vec![b' '; (4 << 20) + 1];
    assert_eq!(send(json_type, large).problem(), (413, "too_large"));
    let listed = server.get(admin, AGENCIES).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "nothing was registered");
    assert_eq!(send("Application/JSON; charset=utf-8", good.to_string().into_bytes()).status, 201);
}

/// By a raw socket: what counts is that the answer comes though the body never ends.
#[test]
fn a_body_without_an_announced_length_is_limited_too() {
    let server = TestServer::start();
    let mut socket = TcpStream::connect(server.address()).unwrap();
    let token = server.token(Scope::Admin);
    let head = format!(
        "POST {AGENCIES} HTTP/1.1\r\nHost: vouchers\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: k\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(1 << 16));
    for _ in 0..65 {
        socket.write_all(chunk.as_bytes()).unwrap();
    }
    let mut status = String::new();
    BufReader::new(socket).read_line(&mut status).unwrap();
    assert!(status.starts_with("HTTP/1.1 413"), "{status}");
}

#[test]
fn a_file_may_have_sixteen_mebibytes_and_not_a_byte_more() {
    const LIMIT: usize = 16 << 20;
    let server = TestServer::start();
    let send = |body: reqwest::blocking::Body| -> Reply {
        let request = server.request("POST", "/v1/employees").bearer_auth(server.token(Scope::Agency));
        let request = request.header("Idempotency-Key", "k").header("Content-Type", "text/csv");
        request.body(body).send().unwrap().into()
    };
    let unannounced = |bytes: usize| reqwest::blocking::Body::new(std::io::repeat(b'a').take(bytes as u64));
    for largest in [vec![b'a'; LIMIT].into(), unannounced(LIMIT)] {
        assert_eq!(send(largest).problem(), (400, "malformed_file"), "it is read");
    }
    for larger in [vec![b'a'; LIMIT + 1].into(), unannounced(LIMIT + 1)] {
        let reply = send(larger);
        assert_eq!(
            (reply.problem(), &reply.json["facts"]["limit_bytes"]),
            ((413, "too_large"), &json!(LIMIT))
        );
    }
}

#[test]
fn every_write_needs_a_key() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let body = json!({ "code": "X-1", "name": "Имя", "category": "state_body" });
    let reply = Reply::from(server.request("POST", AGENCIES).bearer_auth(admin).json(&body).send().unwrap());
    assert_eq!(reply.problem(), (400, "idempotency_key_missing"));
    for key in ["", "a b", "ключ", &"k".repeat(129)] {
        let request = server.request("POST", AGENCIES).bearer_auth(admin).json(&body);
        let reply = Reply::from(request.header("Idempotency-Key", key).send().unwrap());
        assert_eq!(reply.problem(), (422, "invalid_field"), "{key}");
    }
}

#[test]
fn refusals_are_told_in_the_language_of_the_client() {
    let server = TestServer::start();
    let ask = |language: &str| -> Reply {
        server.request("GET", AGENCIES).header("Accept-Language", language).send().unwrap().into()
    };
    let (russian, english) = (ask("ru-RU,ru;q=0.9,en;q=0.5"), ask("de"));
    for (reply, language, title) in
        [(&russian, "ru", "Нужен действующий токен"), (&english, "en", "A valid token is needed")]
    {
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.header("content-language"), language);
        assert_eq!(reply.json["title"], title);
        assert_eq!(reply.json["type"], "/problems/unauthenticated");
        assert_eq!(reply.json["request_id"], reply.header("x-request-id"));
    }
    let explained = server.get("", russian.json["type"].as_str().unwrap());
    assert_eq!((explained.status, &explained.json["status"]), (200, &json!(401)));
}

#[test]
fn a_request_keeps_the_id_the_client_gave_it_if_it_is_one() {
    let server = TestServer::start();
    let ask = |id: &str| -> Reply {
        server.request("GET", "/healthz").header("X-Request-Id", id).send().unwrap().into()
    };
    assert_eq!(ask("abc-1.2_3").header("x-request-id"), "abc-1.2_3");
    for bad in ["", "a b", "{\"a\":1}", &"x".repeat(65)] {
        let given = ask(bad).header("x-request-id").to_owned();
        assert!(given != bad && given.len() == 36, "{given}");
    }
}

#[test]
fn what_a_client_has_already_is_not_sent_again() {
    let server = TestServer::start();
    let admin = server.token(Scope::Admin);
    let first = server.get(admin, AGENCIES);
    let tag = first.header("etag").to_owned();
    assert!(tag.len() > 10 && first.header("cache-control").contains("private"));
    let again = |server: &TestServer| -> Reply {
        let request = server.request("GET", AGENCIES).bearer_auth(admin).header("If-None-Match", &tag);
        request.send().unwrap().into()
    };
    let reply = again(&server);
    assert_eq!((reply.status, reply.text.as_str()), (304, ""));
    server.post(admin, AGENCIES, &json!({ "code": "X-1", "name": "Имя", "category": "municipality" }));
    assert_eq!(again(&server).status, 200);
}

#[test]
fn the_process_tells_how_it_is() {
    let server = TestServer::start();
    assert_eq!(server.get("", "/healthz").status, 200);
    let ready = server.get("", "/readyz");
    assert_eq!((ready.status, &ready.json["ready"]), (200, &json!(true)));
    server.get(server.token(Scope::Admin), "/v1/agencies?limit=7");
    let metrics = server.get("", "/metrics");
    assert!(metrics.text.contains("vouchers_http_requests_total{"), "{}", metrics.text);
    assert!(metrics.text.contains("route=\"/v1/agencies\"") && !metrics.text.contains("limit=7"));
    assert!(metrics.text.contains("vouchers_writer_batch_size_bucket"));
}

#[test]
fn the_page_to_browse_the_api_is_served_by_ourselves() {
    let server = TestServer::start();
    let page = server.get("", "/docs/");
    assert!(page.status == 200 && page.text.contains("swagger-ui"), "{page:?}");
    assert!(!page.text.contains("https://"), "{}", page.text);
    let initializer = server.get("", "/docs/swagger-initializer.js");
    assert!(initializer.text.contains("/openapi.json") && !initializer.text.contains("petstore"));
}
