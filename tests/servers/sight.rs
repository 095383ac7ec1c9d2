//! What one server changes, another sees within a second or two: tokens, revocations, keys.

use crate::installation::store::shared;
use crate::site::{Site, post, vouchers};
use crate::stage::{because, done, text};
use serde_json::json;
use training_vouchers::kernel::Scope;

#[test]
#[ignore = "needs PostgreSQL 15"]
fn tokens_keys_and_revocations_of_one_server_are_the_others_too() {
    let site = Site::start(2, 1, |_| shared().database());
    let [first, second] = site.servers.as_slice() else { panic!("two servers") };
    let (voucher, body) = site.redemptions(1).pop().unwrap();
    let admin = site.stage.server.token(Scope::Admin);
    let verify = |credential: &str| {
        let body = json!({ "credential": credential });
        post(&second.base, "", "/v1/verify", "", &body)
    };
    done(verify(&voucher.credential));

    let expires_at = site.stage.server.now().plus_seconds(86_400);
    let terms = json!({ "subject": "new-1", "scope": "admin", "expires_at": expires_at });
    let made = done(post(&first.base, admin, "/v1/tokens", "made", &terms));
    let colleague = text(&made["secret"]);
    second.until(&colleague, "/v1/tokens", |reply| reply.status == 200);

    // A new key, made by hand beside the servers, signs on both.
    let installation = &site.stage.server.installation;
    let rotated =
        vouchers(site.database(), &installation.keys(), &["key", "rotate", "--purpose", "credential"]);
    assert!({ rotated }.status().unwrap().success());
    for server in [first, second] {
        server.until("", "/.well-known/jwks.json", |keys| keys.text.matches("\"credential\"").count() == 2);
    }

    // Declared on one server by two people, believed by neither.
    let kid = text(&site.stage.shown(&voucher.id)["kid"]);
    let path = format!("/v1/keys/{kid}/compromise");
    let proposal = done(post(&first.base, admin, &path, "declared", &because("потерян носитель")));
    let path = format!("/v1/proposals/{}/confirm", text(&proposal["proposal_id"]));
    done(post(&first.base, &colleague, &path, "confirmed", &json!({})));
    crate::site::until(|| verify(&voucher.credential), |reply| reply.code() == "key_compromised");
    assert_eq!(site.redeem(1, &body).code(), "key_compromised");

    let path = format!("/v1/tokens/{}", text(&made["token_id"]));
    let client = reqwest::blocking::Client::new();
    let revoked = client.delete(format!("{}{path}", second.base)).bearer_auth(admin).send().unwrap();
    assert_eq!(revoked.status(), 200);
    first.until(&colleague, "/v1/tokens", |reply| reply.problem() == (401, "unauthenticated"));
}
