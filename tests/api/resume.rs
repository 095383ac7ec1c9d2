//! A form that meets no session loses nothing that was typed, and is never sent by itself.

use crate::harness::Reply;
use crate::login::{Desk, PHRASE, code, pass, set_up_login};
use crate::stage::{Stage, text};
use serde_json::json;
use training_vouchers::kernel::Scope;

const REASON: &str = "нет <квоты> & \"мест\" до мая";

/// A form as a browser has it open: address, and fields in their order.
struct Open {
    path: String,
    fields: Vec<(String, String)>,
}

impl Open {
    fn rejection(desk: &Desk<'_>, request_id: &str, key: &str) -> Self {
        let token = text(&desk.get("/v1/me").json["csrf_token"]);
        let fields = [("csrf_token", token.as_str()), ("form_key", key), ("reason", REASON)];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { path: format!("/desk/requests/{request_id}/reject"), fields }
    }

    /// The form of a page that goes to `path`.
    fn of(page: &str, path: &str) -> Self {
        let form = page.split("<form").find(|form| form.contains(&format!("action=\"{path}\"")));
        let form =
            form.unwrap_or_else(|| panic!("no form to {path}: {page}")).split("</form>").next().unwrap();
        let value = |tag: &str, name: &str| {
            let rest = tag.split(&format!("{name}=\"")).nth(1);
            unescaped(rest.map_or("", |rest| rest.split('"').next().unwrap()))
        };
        let hidden = form.split("<input").skip(1).filter(|tag| tag.contains("type=\"hidden\""));
        let fields = hidden.map(|tag| (value(tag, "name"), value(tag, "value"))).collect();
        Self { path: path.to_owned(), fields }
    }

    fn send(&self, desk: &Desk<'_>) -> Reply {
        self.send_with(desk, &[])
    }

    fn send_with(&self, desk: &Desk<'_>, more: &[(&str, &str)]) -> Reply {
        let own = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        desk.post(&self.path, &own.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }
}

fn unescaped(text: &str) -> String {
    // A browser reads line ends of a page as one character and sends them as two.
    let text = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain));
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn office_with_a_request() -> (Stage, String) {
    let stage = Stage::start(5);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &stage.rows(1));
    (stage, request_id)
}

fn status_of(stage: &Stage, request_id: &str) -> String {
    text(&stage.get(Scope::Programme, &format!("/v1/requests/{request_id}")).json["status"])
}

fn signed_in(stage: &Stage) -> Desk<'_> {
    let desk = Desk::new(&stage.server);
    assert_eq!(desk.post("/pass", &[("pass", &pass(&stage.server, Scope::Programme))]).status, 303);
    desk
}

#[test]
fn a_form_after_an_ended_session_is_shown_again_after_signing_in_and_carried_out_once() {
    let (stage, request_id) = office_with_a_request();
    set_up_login(&stage.server, Scope::Programme);
    let desk = signed_in(&stage);
    let form = Open::rejection(&desk, &request_id, "one");
    stage.server.advance(12 * 3_600);
    let asked = form.send(&desk);
    assert_eq!(asked.status, 401);
    assert!(asked.text.contains("Набранное сохранено") && !asked.text.contains('⟦'), "{}", asked.text);
    let token = &form.fields[0].1;
    assert!(!asked.text.contains(token.as_str()), "the old token stays behind");

    let sign_in = Open::of(&asked.text, "/sign-in");
    let wrong = [("login", "programme"), ("password", PHRASE), ("code", "000000")];
    let asked = sign_in.send_with(&desk, &wrong);
    assert_eq!(asked.status, 401, "what was typed survives a slip");
    let code = code(&stage.server, Scope::Programme, 1);
    let right = [("login", "programme"), ("password", PHRASE), ("code", code.as_str())];
    let shown = Open::of(&asked.text, "/sign-in").send_with(&desk, &right);
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert!(shown.text.contains("Причина") && shown.text.contains("&#60;квоты&#62;"), "{}", shown.text);
    assert!(shown.text.contains("Заявки") && !shown.text.contains('⟦'), "the form is named: {}", shown.text);
    assert_eq!(status_of(&stage, &request_id), "requested", "nothing is sent by itself");

    let again = Open::of(&shown.text, &form.path);
    assert_eq!(again.names(), ["csrf_token", "form_key", "reason"]);
    assert_eq!(again.fields[2].1, REASON);
    assert_eq!([again.send(&desk).status, again.send(&desk).status], [303, 303]);
    assert_eq!(status_of(&stage, &request_id), "rejected");
}

#[test]
fn a_form_from_before_signing_in_anew_is_shown_with_the_new_token() {
    let (stage, request_id) = office_with_a_request();
    let desk = signed_in(&stage);
    let form = Open::rejection(&desk, &request_id, "one");
    desk.post("/pass", &[("pass", &pass(&stage.server, Scope::Programme))]);
    let shown = form.send(&desk);
    assert_eq!(shown.status, 403);
    let again = Open::of(&shown.text, &form.path);
    assert_ne!(again.fields[0].1, form.fields[0].1);
    assert_eq!(again.send(&desk).status, 303);
    assert_eq!(again.send(&desk).status, 303, "the same wish");
}

#[test]
fn whoever_signs_in_in_another_tab_goes_on_in_the_first() {
    let (stage, request_id) = office_with_a_request();
    let desk = signed_in(&stage);
    let form = Open::rejection(&desk, &request_id, "one");
    desk.post_as_oneself("/sign-out");
    let asked = form.send(&desk);
    let asked_again = Open::of(&asked.text, "/resume").send(&desk);
    assert_eq!(asked_again.status, 401, "not signed in yet");
    desk.post("/pass", &[("pass", &pass(&stage.server, Scope::Programme))]);
    let shown = Open::of(&asked_again.text, "/resume").send(&desk);
    assert_eq!(shown.status, 200, "{}", shown.text);
    assert_eq!(Open::of(&shown.text, &form.path).send(&desk).status, 303);
}

#[test]
fn only_what_was_typed_into_forms_of_ours_is_carried() {
    let (stage, request_id) = office_with_a_request();
    let (server, desk) = (&stage.server, Desk::new(&stage.server));
    let reject = format!("/desk/requests/{request_id}/reject");
    let typed = [("reason", "x"), ("password", "hidden-1"), ("pass", "hidden-2"), ("code", "hidden-3")];
    let asked = desk.post(&reject, &typed);
    assert_eq!(asked.status, 401);
    assert!(asked.text.contains("reason=x") && !asked.text.contains("hidden-"), "{}", asked.text);
    for (path, fields) in [("/sign-out", "reason=x"), (reject.as_str(), "form_key=k")] {
        let request = server.browser("POST", path).header("Sec-Fetch-Site", "same-origin");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(fields);
        let asked: Reply = request.send().unwrap().into();
        assert!(asked.status == 401 && !asked.text.contains("resume"), "{path}: {}", asked.text);
    }
    let too_large = "x".repeat(120 << 10);
    let asked = desk.post(&reject, &[("reason", &too_large)]);
    assert!(asked.status == 401 && !asked.text.contains("name=\"resume\""));
    assert!(asked.text.contains("скопируйте"), "it says that nothing was kept");
    let json = server.browser("POST", &reject).header("Sec-Fetch-Site", "same-origin").json(&json!({}));
    let asked: Reply = json.send().unwrap().into();
    assert_eq!(asked.status, 401);
}

#[test]
fn other_sites_prepare_no_form() {
    let (stage, request_id) = office_with_a_request();
    let desk = signed_in(&stage);
    let reject = format!("/desk/requests/{request_id}/reject");
    let fields = [("resume_to", reject.as_str()), ("resume", "reason=x")];
    let foreign = |path: &str, fields: &[(&str, &str)]| {
        let request = stage.server.browser("POST", path).header("Sec-Fetch-Site", "cross-site");
        Reply::from(request.form(fields).send().unwrap())
    };
    for path in ["/resume", "/sign-in", &reject] {
        let refused = foreign(path, &fields);
        assert!(refused.status == 403 && !refused.text.contains("reason=x"), "{path}: {}", refused.text);
    }
    for to in ["https://example.org/", "//example.org/x", "/v1/requests", "/sign-out", "/desk/nowhere"] {
        let shown = desk.post("/resume", &[("resume_to", to), ("resume", "reason=x")]);
        assert!(shown.status == 200 && !shown.text.contains("typed"), "{to}: {}", shown.text);
        let asked = Desk::new(&stage.server).post("/resume", &[("resume_to", to), ("resume", "reason=x")]);
        assert!(asked.status == 401 && !asked.text.contains("name=\"resume"), "{to}: {}", asked.text);
    }
    let shown = desk.post("/resume", &fields);
    assert_eq!(shown.status, 200);
    assert_eq!(status_of(&stage, &request_id), "requested", "shown, not sent");
}
