//! Signing in with a browser: invitations, passes, guessing, and what keeps other sites out.

use crate::harness::{Reply, TestServer};
use reqwest::blocking::RequestBuilder;
use serde_json::json;
use training_vouchers::access::{Secret, SecretOf};
use training_vouchers::kernel::{Scope, TokenId};
use training_vouchers::login::AppSecret;
use training_vouchers::login::model::Purpose;
use training_vouchers::login::pass::MakePass;

pub const PHRASE: &str = "серый кот на окне";

/// A browser: it keeps cookies, follows no redirect, and says where its requests come from.
pub struct Desk<'a> {
    server: &'a TestServer,
    cookies: std::cell::RefCell<std::collections::BTreeMap<String, String>>,
}

impl<'a> Desk<'a> {
    pub fn new(server: &'a TestServer) -> Self {
        Self { server, cookies: std::cell::RefCell::default() }
    }

    fn send(&self, request: RequestBuilder) -> Reply {
        let jar =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let response = request.header("Cookie", jar.join("; ")).send().unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.into(), value.into());
        }
        response.into()
    }

    pub fn cookie(&self, name: &str) -> String {
        self.cookies.borrow()[name].clone()
    }

    pub fn keep_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.into(), value.into());
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send(self.server.browser("GET", path).header("Accept", "text/html"))
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let request = self.server.browser("POST", path).header("Sec-Fetch-Site", "same-origin");
        self.send(request.form(fields))
    }

    /// Posts a form that may carry a file, as it stands.
    pub fn post_form_data(
        &self,
        path: &str,
        fields: &[(String, String)],
        file: Option<(&str, &[u8])>,
    ) -> Reply {
        const BOUNDARY: &str = "----a-boundary-that-nothing-has";
        let mut body = Vec::new();
        for (name, value) in fields {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
        }
        if let Some((name, bytes)) = file {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = self.server.browser("POST", path).header("Sec-Fetch-Site", "same-origin");
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send(request.header("Content-Type", media_type).body(body))
    }

    /// Posts with the token of the forms on one's own page.
    pub fn post_as_oneself(&self, path: &str) -> Reply {
        self.fill_in(path, &[])
    }

    /// Sends a form of a page that was just made.
    pub fn fill_in(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.get("/v1/me").json["csrf_token"].as_str().unwrap_or_default().to_owned();
        let key = self.server.app.new_id().to_string();
        self.post(path, &[&[("csrf_token", token.as_str()), ("form_key", key.as_str())], fields].concat())
    }
}

fn token_of(server: &TestServer, scope: Scope) -> TokenId {
    token_where(server, |token| token["scope"] == json!(scope))
}

fn token_where(server: &TestServer, is_it: impl Fn(&serde_json::Value) -> bool) -> TokenId {
    let listed = server.get(server.token(Scope::Admin), "/v1/tokens").json;
    let token = listed["items"].as_array().unwrap().iter().find(|token| is_it(token)).unwrap();
    token["token_id"].as_str().unwrap().parse().unwrap()
}

/// A browser that is signed in as whoever has the token of this subject.
pub fn desk_of<'a>(server: &'a TestServer, subject: &str) -> Desk<'a> {
    let desk = Desk::new(server);
    let pass = pass_for(server, token_where(server, |token| token["subject"] == subject));
    assert_eq!(desk.post("/pass", &[("pass", &pass)]).status, 303);
    desk
}

fn invitation(server: &TestServer, scope: Scope) -> String {
    let path = format!("/v1/tokens/{}/invitations", token_of(server, scope));
    let made = server.post(server.token(Scope::Admin), &path, &json!({}));
    assert_eq!(made.status, 201, "{made:?}");
    made.json["secret"].as_str().unwrap().to_owned()
}

pub fn pass(server: &TestServer, scope: Scope) -> String {
    pass_for(server, token_of(server, scope))
}

/// A pass for whoever has this token.
pub fn pass_for(server: &TestServer, token_id: TokenId) -> String {
    let secret = server.app.new_secret(SecretOf::Pass);
    let command = MakePass {
        actor: training_vouchers::kernel::Actor::service(),
        token_id,
        purpose: Purpose::SignIn,
        seconds: 600,
        pass_hash: secret.hash(),
    };
    server.run(command);
    secret.reveal().to_owned()
}

pub fn code(server: &TestServer, scope: Scope, generation: i64) -> String {
    let secret = AppSecret::derive(&server.app.holder_secret, token_of(server, scope), generation);
    secret.code(server.now()).unwrap()
}

fn set_up(server: &TestServer) -> Vec<String> {
    set_up_login(server, Scope::Treasury)
}

/// Sets up a login once more, by another invitation.
pub fn set_up_again(server: &TestServer, scope: Scope) {
    let (invitation, code) = (invitation(server, scope), code(server, scope, 2));
    let fields = [("pass", invitation.as_str()), ("password", PHRASE), ("again", PHRASE), ("code", &code)];
    assert_eq!(Desk::new(server).post("/set-up", &fields).status, 200);
}

/// Sets up the login of this scope's person; the recovery codes.
pub fn set_up_login(server: &TestServer, scope: Scope) -> Vec<String> {
    let (desk, invitation) = (Desk::new(server), invitation(server, scope));
    let linked = desk.post("/set-up", &[("pass", &invitation)]);
    assert_eq!(linked.status, 200);
    assert!(linked.text.contains("<svg") && linked.text.contains(scope.as_str()), "{}", linked.text);
    let code = code(server, scope, 1);
    let fields = [("pass", invitation.as_str()), ("password", PHRASE), ("again", PHRASE), ("code", &code)];
    let done = desk.post("/set-up", &fields);
    assert_eq!(done.status, 200, "{}", done.text);
    let codes =
        done.text.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(desk.post("/set-up", &fields).status, 422, "an invitation is good once");
    codes
}

fn sign_in(desk: &Desk<'_>, password: &str, code: &str) -> Reply {
    desk.post("/sign-in", &[("login", "Treasury "), ("password", password), ("code", code)])
}

#[test]
fn an_invited_person_signs_in_and_out() {
    let server = TestServer::start();
    let recovery_codes = set_up(&server);
    assert_eq!(recovery_codes.len(), 8);
    let desk = Desk::new(&server);
    assert_eq!(desk.get("/desk/me").header("location"), "/sign-in?next=%2Fdesk%2Fme");
    let used = code(&server, Scope::Treasury, 1);
    assert_eq!(sign_in(&desk, PHRASE, &used).status, 401, "the code of setting up is used");
    server.advance(30);
    let fresh = code(&server, Scope::Treasury, 1);
    assert_eq!(sign_in(&desk, "серый кот на крыше", &fresh).status, 401);
    let signed_in = sign_in(&desk, PHRASE, &fresh);
    assert_eq!((signed_in.status, signed_in.header("location")), (303, "/desk"), "{}", signed_in.text);
    let me = desk.get("/v1/me");
    assert_eq!(
        (me.json["subject"].as_str(), me.json["scope"].as_str()),
        (Some("treasury"), Some("treasury"))
    );
    let page = desk.get("/desk/me");
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let out = desk.post_as_oneself("/sign-out");
    assert_eq!((out.status, out.header("location")), (303, "/sign-in"));
    assert_eq!(desk.get("/v1/me").problem(), (401, "unauthenticated"));
}

#[test]
fn recovery_codes_are_good_once_and_a_new_invitation_ends_everything_before() {
    let server = TestServer::start();
    let codes = set_up(&server);
    let desk = Desk::new(&server);
    assert_eq!(sign_in(&desk, PHRASE, &codes[0].to_uppercase()).status, 303);
    assert_eq!(sign_in(&Desk::new(&server), PHRASE, &codes[0]).status, 401);
    assert_eq!(desk.get("/v1/me").status, 200);
    let (invitation, code) = (invitation(&server, Scope::Treasury), code(&server, Scope::Treasury, 2));
    let phrase = "рыжий кот на окне";
    let fields = [("pass", invitation.as_str()), ("password", phrase), ("again", phrase), ("code", &code)];
    assert_eq!(Desk::new(&server).post("/set-up", &fields).status, 200);
    assert_eq!(desk.get("/v1/me").status, 401, "its browsers are signed out");
    assert_eq!(sign_in(&desk, PHRASE, &codes[1]).status, 401);
}

#[test]
fn a_pass_signs_in_one_browser_for_a_day_at_most() {
    let server = TestServer::start();
    let (desk, pass) = (Desk::new(&server), pass(&server, Scope::Registrar));
    assert_eq!(desk.post("/pass", &[("pass", &pass)]).status, 303);
    assert_eq!(Desk::new(&server).post("/pass", &[("pass", &pass)]).status, 422, "used");
    assert_eq!(desk.get("/v1/me").json["organisation"]["kind"], "university");
    let phone = Desk::new(&server);
    let made = desk.post_as_oneself("/desk/me/passes");
    let secret = made.text.split("<code class=\"wrap\">").nth(1).unwrap().split('<').next().unwrap();
    assert!(Secret::parse(SecretOf::Pass, secret).is_some(), "{secret}");
    assert_eq!(phone.post("/pass", &[("pass", secret)]).status, 303);
    assert_eq!(phone.get("/v1/me").json["subject"], "registrar");
    let own = desk.get("/desk/me").text;
    let end = own.split("action=\"").find(|rest| rest.contains("/end\"")).unwrap().split('"').next().unwrap();
    assert_eq!(desk.post_as_oneself(end).status, 303);
    assert_eq!(phone.get("/v1/me").status, 401, "ended from the other browser");
    assert_eq!(desk.get("/v1/me").status, 200);
    server.advance(12 * 3_600);
    assert_eq!(desk.get("/v1/me").status, 401);
}

#[test]
fn a_pass_is_too_old_after_its_time() {
    let server = TestServer::start();
    let pass = pass(&server, Scope::Registrar);
    server.advance(600);
    assert_eq!(Desk::new(&server).post("/pass", &[("pass", &pass)]).status, 422);
    assert_eq!(Desk::new(&server).post("/pass", &[("pass", "tp_something")]).status, 422);
}

#[test]
fn guessing_is_slowed_down_and_the_persons_own_browser_is_not() {
    let server = TestServer::start();
    set_up(&server);
    server.advance(30);
    let (desk, guesser) = (Desk::new(&server), Desk::new(&server));
    assert_eq!(sign_in(&desk, PHRASE, &code(&server, Scope::Treasury, 1)).status, 303);
    let guesses: Vec<_> = (0..6).map(|_| sign_in(&guesser, "qwerty qwerty", "000000").status).collect();
    assert_eq!(guesses, [401, 401, 401, 401, 401, 429]);
    server.advance(30);
    let fresh = code(&server, Scope::Treasury, 1);
    let right = sign_in(&guesser, PHRASE, &fresh);
    assert_eq!((right.status, right.header("location")), (429, ""), "not even the right one");
    assert_eq!(sign_in(&desk, PHRASE, &fresh).status, 303, "who signed in here before is not a stranger");
    server.advance(15 * 60);
    assert_eq!(sign_in(&guesser, PHRASE, &code(&server, Scope::Treasury, 1)).status, 303);
}

#[test]
fn other_sites_get_nothing_done() {
    let server = TestServer::start();
    let desk = Desk::new(&server);
    let foreign = |origin: (&'static str, &str), path: &str| {
        desk.send(server.browser("POST", path).header(origin.0, origin.1).form(&[("pass", "x")])).status
    };
    assert_eq!(foreign(("Sec-Fetch-Site", "cross-site"), "/pass"), 403);
    assert_eq!(foreign(("Origin", "https://example.org"), "/pass"), 403);
    assert_eq!(foreign(("X-Nothing", "said"), "/pass"), 403);
    assert_eq!(
        foreign(("Origin", &format!("http://{}", server.address())), "/pass"),
        422,
        "ours, but no pass"
    );
    desk.post("/pass", &[("pass", &pass(&server, Scope::Admin))]);
    assert_eq!(desk.post("/sign-out", &[]).status, 403, "no token");
    assert_eq!(desk.post("/sign-out", &[("csrf_token", "x")]).status, 403, "another token");
    let new = json!({ "subject": "x", "scope": "auditor", "expires_at": server.now().plus_seconds(60) });
    let call = |token: &str| {
        let request = server.browser("POST", "/v1/tokens").header("x-csrf-token", token);
        desk.send(request.header("Idempotency-Key", "k").json(&new))
    };
    assert_eq!(call("").problem(), (403, "not_from_here"));
    let token = desk.get("/v1/me").json["csrf_token"].as_str().unwrap().to_owned();
    assert_eq!(call(&token).status, 201, "our scripts can");
    assert_eq!(
        server.get(desk.cookies.borrow()["session"].as_str(), "/v1/me").status,
        401,
        "a cookie is no token"
    );
}

#[test]
fn pages_speak_both_languages_and_refuse_in_words() {
    let server = TestServer::start();
    let desk = Desk::new(&server);
    desk.post("/pass", &[("pass", &pass(&server, Scope::Agency))]);
    let pages = ["/", "/sign-in", "/pass", "/set-up", "/desk", "/desk/me"];
    for (language, word) in [("ru", "Цифровые сертификаты"), ("en", "Training Vouchers")] {
        let chosen = desk.post("/language", &[("language", language), ("here", "/desk")]);
        assert_eq!((chosen.status, chosen.header("location")), (303, "/desk"));
        for path in pages {
            let page = desk.get(path);
            assert_eq!((page.status, page.header("content-language")), (200, language), "{path}");
            assert!(page.text.contains(word) && !page.text.contains('⟦'), "{path}: {}", page.text);
        }
    }
    let nowhere = desk.get("/desk/nowhere");
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.text.contains("<h1>"), "{}", nowhere.text);
    let style = desk.get("/").text;
    let style =
        style.split("href=\"").find(|rest| rest.starts_with("/assets/") && rest.contains(".css")).unwrap();
    let style = desk.get(style.split('"').next().unwrap());
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(style.header("cache-control").contains("immutable"));
}
