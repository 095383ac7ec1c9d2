//! Signing in through a provider of identities: the one in `tests/oidc`, a stranger's (`npm --prefix tests/oidc ci` first).

use crate::harness::{Reply, TestServer};
use crate::installation::Installation;
use crate::login::{Desk, PHRASE, code, pass, set_up_login};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use training_vouchers::kernel::{Scope, Timestamp};
use training_vouchers::login::oidc::IdentityProvider;

const CLIENT: &str = "vouchers";
const SECRET: &str = "a secret: with signs/&";

/// The provider's process. It ends with its input.
struct Provider {
    process: Child,
    issuer: String,
}

impl Provider {
    fn start(back: &str, algorithm: &str) -> Self {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oidc");
        let mut process = Command::new("node")
            .args(["provider.mjs", CLIENT, SECRET, back, algorithm])
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let mut issuer = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut issuer).unwrap();
        assert!(issuer.starts_with("http://127.0.0.1:"), "npm --prefix tests/oidc ci: {issuer}");
        Self { process, issuer: issuer.trim().to_owned() }
    }

    fn control(&self, what: &str) {
        let done = Client::new().get(format!("{}/control/{what}", self.issuer)).send().unwrap();
        assert_eq!(done.status(), 200);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}

struct House {
    server: TestServer,
    provider: Provider,
}

impl House {
    #[expect(clippy::disallowed_methods, reason = "the provider reads the machine's clock too")]
    fn start(algorithm: &str) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let mut provider = None;
        let installation = Installation::new(Timestamp::from_millis(i64::try_from(now).unwrap()));
        let server = TestServer::prepared(installation, |app, base| {
            let started = Provider::start(&format!("{base}/sign-in/provider/back"), algorithm);
            let mut secret = tempfile::NamedTempFile::new().unwrap();
            writeln!(secret, "{SECRET}").unwrap();
            let settings = format!(
                "issuer = '{}'\nclient_id = '{CLIENT}'\nclient_secret_file = '{}'\n\
                 name_ru = 'Портал'\nname_en = 'the portal'\nsecond_factor_amr = ['mfa']",
                started.issuer,
                secret.path().display()
            );
            app.identity_provider = Some(IdentityProvider::open(toml::from_str(&settings).unwrap()).unwrap());
            provider = Some(started);
        });
        Self { server, provider: provider.unwrap() }
    }

    /// Where a browser of this person, sent to the provider, comes back to.
    fn visit(&self, sent: &Reply) -> String {
        assert_eq!(sent.status, 303, "{}", sent.text);
        self.follow(sent.header("location"))
    }

    fn follow(&self, address: &str) -> String {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let cookies = RefCell::new(BTreeMap::<String, String>::new());
        let ours = format!("http://{}", self.server.address());
        let mut address = address.to_owned();
        for _ in 0..10 {
            if let Some(path) = address.strip_prefix(&ours) {
                return path.to_owned();
            }
            if address.starts_with('/') {
                address = format!("{}{address}", self.provider.issuer);
            }
            let jar =
                cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
            let answer = client.get(&address).header("Cookie", jar.join("; ")).send().unwrap();
            for cookie in answer.headers().get_all("set-cookie") {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                cookies.borrow_mut().insert(name.into(), value.into());
            }
            let next = answer.headers().get("location").map(|next| next.to_str().unwrap().to_owned());
            address = next.unwrap_or_else(|| panic!("{address}: {}", answer.text().unwrap()));
        }
        panic!("the provider sends us round and round");
    }

    /// A browser that comes back from the provider as whoever the provider was told.
    fn sign_in(&self) -> (Desk<'_>, Reply) {
        let desk = Desk::new(&self.server);
        let back = self.visit(&desk.get("/sign-in/provider?next=%2Fdesk%2Fme"));
        let answer = desk.get(&back);
        (desk, answer)
    }

    /// Links an account of the provider with the login of this scope's person.
    fn link(&self, scope: Scope, subject: &str) -> (Desk<'_>, Reply) {
        self.provider.control(&format!("person?subject={subject}"));
        set_up_login(&self.server, scope);
        self.server.advance(30);
        let desk = Desk::new(&self.server);
        desk.post("/pass", &[("pass", &pass(&self.server, scope))]);
        let back = self.visit(&desk.get("/desk/me/identity/provider"));
        let shown = desk.get(&back);
        assert_eq!((shown.status, shown.header("location")), (303, "/desk/me/identity"), "{}", shown.text);
        let asked = desk.get("/desk/me/identity").text;
        assert!(asked.contains(subject) && asked.contains(scope.as_str()), "{asked}");
        let linked = desk.fill_in("/desk/me/identity", &[]);
        (desk, linked)
    }

    fn code(&self, scope: Scope) -> String {
        code(&self.server, scope, 1)
    }
}

fn subject_of(desk: &Desk<'_>) -> Option<String> {
    desk.get("/v1/me").json["subject"].as_str().map(str::to_owned)
}

#[test]
#[ignore = "needs node and npm ci in tests/oidc"]
fn a_linked_account_opens_its_login_until_it_is_unlinked() {
    let house = House::start("ES256");
    let front = Desk::new(&house.server).get("/sign-in").text;
    assert!(front.contains("Войти через Портал"), "{front}");
    let (own, linked) = house.link(Scope::Treasury, "ivanova");
    assert_eq!((linked.status, linked.header("location")), (303, "/desk/me"), "{}", linked.text);
    assert!(own.get("/desk/me").text.contains("Учётная запись связана"));

    let (desk, asked) = house.sign_in();
    assert_eq!((asked.status, asked.header("location")), (303, "/sign-in/provider/code"), "{}", asked.text);
    assert_eq!(subject_of(&desk), None, "our second factor is asked for");
    assert_eq!(desk.get("/sign-in/provider/code").status, 200);
    assert_eq!(desk.post("/sign-in/provider/code", &[("code", "000000")]).status, 401);
    let code = house.code(Scope::Treasury);
    let let_in = desk.post("/sign-in/provider/code", &[("code", &code)]);
    assert_eq!((let_in.status, let_in.header("location")), (303, "/desk/me"), "{}", let_in.text);
    assert_eq!(subject_of(&desk).as_deref(), Some("treasury"));
    assert!(desk.get("/desk/me").text.contains("через организацию"));
    assert_eq!(desk.post("/sign-in/provider/code", &[("code", &code)]).status, 400, "the trip is over");

    house.provider.control("person?subject=ivanova&amr=pwd+mfa");
    let (with_mfa, let_in) = house.sign_in();
    assert_eq!((let_in.status, let_in.header("location")), (303, "/desk/me"), "the provider's factor counts");
    assert_eq!(subject_of(&with_mfa).as_deref(), Some("treasury"));

    assert_eq!(own.fill_in("/desk/me/identity/unlink", &[]).status, 303);
    assert_eq!([subject_of(&desk), subject_of(&with_mfa)], [None, None], "what came in by it goes out");
    assert_eq!(subject_of(&own).as_deref(), Some("treasury"), "what came in otherwise stays");
    let (_, refused) = house.sign_in();
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains("приглашение") && !refused.text.contains('⟦'), "{}", refused.text);
}

#[test]
#[ignore = "needs node and npm ci in tests/oidc"]
fn an_answer_is_of_its_browser_and_its_request_and_good_once() {
    let house = House::start("ES256");
    house.link(Scope::Treasury, "ivanova");
    house.provider.control("person?subject=ivanova&amr=mfa");
    let (desk, other) = (Desk::new(&house.server), Desk::new(&house.server));
    let back = house.visit(&desk.get("/sign-in/provider"));
    assert_eq!(other.get(&back).status, 400, "a browser that has begun nothing");
    other.get("/sign-in/provider");
    assert_eq!(other.get(&back).status, 400, "the state of another trip");
    assert_eq!(desk.get(&back.replace("iss=http", "iss=https")).status, 400, "another issuer");

    let [mine, theirs] =
        [&desk, &other].map(|desk| desk.get("/sign-in/provider").header("location").to_owned());
    let value = |address: &str, name: &str| {
        let rest = address.split(&format!("{name}=")).nth(1).unwrap();
        rest.split('&').next().unwrap().to_owned()
    };
    let swapped = mine.replace(&value(&mine, "nonce"), &value(&theirs, "nonce"));
    let refused = desk.get(&house.follow(&swapped));
    assert_eq!((refused.status, subject_of(&desk)), (503, None), "an ID token of another request");
    let mine = desk.get("/sign-in/provider").header("location").to_owned();
    let swapped = mine.replace(&value(&mine, "code_challenge"), &value(&theirs, "code_challenge"));
    assert_eq!(desk.get(&house.follow(&swapped)).status, 401, "a code for another verifier");

    let sent = desk.get("/sign-in/provider");
    let trip = desk.cookie("provider");
    let back = house.visit(&sent);
    assert_eq!(desk.get(&back).status, 303);
    assert_eq!(desk.get(&back).status, 400, "the trip is over");
    let thief = Desk::new(&house.server);
    thief.keep_cookie("provider", &trip);
    let replayed = thief.get(&back);
    assert_eq!((replayed.status, subject_of(&thief)), (401, None), "a code is good once: {}", replayed.text);
    let cross = house.server.browser("GET", "/sign-in/provider").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(
        Reply::from(cross.send().unwrap()).header("location"),
        "/sign-in",
        "other sites begin nothing"
    );
    house.server.advance(600);
    let late = Desk::new(&house.server);
    late.keep_cookie("provider", &trip);
    assert_eq!(late.get(&back).status, 400, "ten minutes");
}

#[test]
#[ignore = "needs node and npm ci in tests/oidc"]
fn keys_change_and_the_provider_goes_and_passwords_work_on() {
    let house = House::start("RS256");
    house.link(Scope::Treasury, "ivanova");
    house.provider.control("person?subject=ivanova&amr=mfa");
    assert_eq!(house.sign_in().1.status, 303);
    house.provider.control("rotate");
    assert_eq!(house.sign_in().1.status, 303, "signed with the new key");

    let desk = Desk::new(&house.server);
    let back = house.visit(&desk.get("/sign-in/provider"));
    house.provider.control("down");
    for told in [desk.get(&back), Desk::new(&house.server).get("/sign-in/provider")] {
        assert_eq!(told.status, 503);
        assert!(
            told.text.contains("не отвечает") && told.text.contains("name=\"password\""),
            "{}",
            told.text
        );
    }
    let code = house.code(Scope::Treasury);
    let typed = [("login", "treasury"), ("password", PHRASE), ("code", code.as_str())];
    assert_eq!(desk.post("/sign-in", &typed).status, 303);
    house.provider.control("up");
    assert_eq!(house.sign_in().1.status, 303);
}

#[test]
#[ignore = "needs node and npm ci in tests/oidc"]
fn an_account_opens_one_login_and_a_new_invitation_unlinks_it() {
    let house = House::start("ES256");
    house.link(Scope::Treasury, "ivanova");
    let (_, taken) = house.link(Scope::Programme, "ivanova");
    assert_eq!(taken.status, 409);
    assert!(taken.text.contains("уже связана") && !taken.text.contains('⟦'), "{}", taken.text);
    house.provider.control("person?subject=ivanova&amr=mfa");
    let (desk, _) = house.sign_in();
    assert_eq!(subject_of(&desk).as_deref(), Some("treasury"));
    let registrar = Desk::new(&house.server);
    registrar.post("/pass", &[("pass", &pass(&house.server, Scope::Registrar))]);
    assert!(registrar.get("/desk/me").text.contains("Сначала настройте вход"), "nothing to fall back to");
    crate::login::set_up_again(&house.server, Scope::Treasury);
    assert_eq!(house.sign_in().1.status, 403, "set up anew, it is linked with nothing");
}
