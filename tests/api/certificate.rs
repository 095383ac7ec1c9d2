//! Certificates: one as PDF, those of a request as PDF and ZIP; what is on them, whose they are, and that they do not
//! change.

use crate::harness::Reply;
use crate::stage::{Stage, Voucher, because, done, text};
use serde_json::json;
use std::io::{Cursor, Read};
use std::process::Command;
use training_vouchers::credential::Kid;
use training_vouchers::kernel::Scope;

fn path(voucher: &Voucher) -> String {
    format!("/v1/vouchers/{}/certificate.pdf", voucher.id)
}

/// A file as it was sent, with its media type and file name.
fn file(stage: &Stage, scope: Scope, path: &str) -> (Vec<u8>, String, String) {
    let response = stage.server.request("GET", path).bearer_auth(stage.server.token(scope)).send().unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let (media_type, disposition) = (header("content-type"), header("content-disposition"));
    (response.bytes().unwrap().to_vec(), media_type, disposition)
}

fn contains(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}

fn pages(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(file);
    text.matches("/Type/Page").count() - text.matches("/Type/Pages").count()
}

/// A request of new people, approved and issued, with its vouchers.
fn issued(stage: &Stage, people: usize) -> (String, Vec<Voucher>) {
    let rows = stage.rows(people);
    let request_id = stage.request(stage.server.token(Scope::Agency), &stage.programme_id, &rows);
    stage.approve(&request_id);
    let answer = done(stage.post(Scope::Programme, &format!("/v1/requests/{request_id}/issue"), &json!({})));
    let vouchers = answer["vouchers"].as_array().unwrap();
    let vouchers = vouchers.iter().map(|voucher| stage.handed_out(&text(&voucher["voucher_id"]))).collect();
    (request_id, vouchers)
}

#[test]
fn a_certificate_is_an_accessible_document_and_the_same_until_it_is_signed_again() {
    let stage = Stage::start(1);
    let voucher = stage.voucher();
    let (first, media_type, disposition) = file(&stage, Scope::Agency, &path(&voucher));
    assert_eq!(media_type, "application/pdf");
    assert_eq!(disposition, format!("inline; filename=\"{}.pdf\"", voucher.number));
    assert!(first.starts_with(b"%PDF-1.7"));
    for said in ["<pdfuaid:part>1<", "<pdfaid:part>2<", "Цифровой сертификат на обучение", &voucher.number]
    {
        assert!(contains(&first, said), "{said}");
    }
    stage.server.advance(3_600);
    assert_eq!(file(&stage, Scope::Programme, &path(&voucher)).0, first, "for anyone, at any time");
    done(stage.act(&voucher.id, "extend", &json!({ "valid_until": "2020-12-31", "reason": "перенос" })));
    assert_ne!(file(&stage, Scope::Agency, &path(&voucher)).0, first);
}

#[test]
fn what_nobody_would_take_is_not_printed() {
    let stage = Stage::start(4);
    let vouchers = stage.vouchers(3);
    let print = |voucher: &Voucher| -> Reply { stage.get(Scope::Agency, &path(voucher)) };
    done(stage.act(&vouchers[0].id, "suspend", &because("проверка")));
    assert_eq!(print(&vouchers[0]).status, 200, "it may be resumed");
    done(stage.act(&vouchers[0].id, "void", &because("уволен")));
    assert_eq!(print(&vouchers[0]).problem(), (409, "voided"));
    done(stage.act(&vouchers[1].id, "replace", &because("утерян")));
    assert_eq!(print(&vouchers[1]).problem(), (409, "replaced"));
    done(stage.redeem(&vouchers[2]));
    assert_eq!(print(&vouchers[2]).status, 200, "it was good");
    let kid: Kid = text(&stage.shown(&vouchers[2].id)["kid"]).parse().unwrap();
    let compromise = format!("/v1/keys/{kid}/compromise");
    let proposal = done(stage.post(Scope::Admin, &compromise, &because("утечка")));
    done(stage.confirm(&stage.colleague(Scope::Admin), &proposal));
    assert_eq!(print(&vouchers[2]).problem(), (422, "key_compromised"));
}

#[test]
fn the_certificates_of_a_request_come_as_pages_and_as_files() {
    let stage = Stage::start(5);
    let (request_id, vouchers) = issued(&stage, 4);
    done(stage.act(&vouchers[1].id, "void", &because("уволен")));
    let path_of = |ending: &str| format!("/v1/requests/{request_id}/certificates.{ending}");
    let (pdf, media_type, _) = file(&stage, Scope::Agency, &path_of("pdf"));
    assert_eq!((media_type.as_str(), pages(&pdf)), ("application/pdf", 3));
    let (zip, media_type, disposition) = file(&stage, Scope::Programme, &path_of("zip"));
    assert_eq!(media_type, "application/zip");
    assert_eq!(disposition, "attachment; filename=\"certificates.zip\"");
    assert_eq!(file(&stage, Scope::Agency, &path_of("zip")).0, zip);
    let mut zip = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    assert_eq!(zip.len(), 3);
    for (index, voucher) in [&vouchers[0], &vouchers[2], &vouchers[3]].into_iter().enumerate() {
        let mut entry = zip.by_index(index).unwrap();
        assert_eq!(entry.name().unwrap(), format!("{}.pdf", voucher.number));
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(content, file(&stage, Scope::Agency, &path(voucher)).0);
    }
}

#[test]
fn an_agency_prints_its_own_and_nothing_is_printed_of_a_request_that_was_not_issued() {
    let stage = Stage::start(1);
    let (request_id, vouchers) = issued(&stage, 1);
    let other = &stage.server.other_agency;
    for path in [
        path(&vouchers[0]),
        format!("/v1/requests/{request_id}/certificates.pdf"),
        format!("/v1/requests/{request_id}/certificates.zip"),
    ] {
        assert_eq!(stage.server.get(other, &path).problem(), (404, "not_found"), "{path}");
    }
    let agency = stage.server.token(Scope::Agency);
    let request_id = stage.request(agency, &stage.programme_id, &stage.rows(1));
    for ending in ["pdf", "zip"] {
        let reply = stage.get(Scope::Agency, &format!("/v1/requests/{request_id}/certificates.{ending}"));
        assert_eq!((reply.problem(), &reply.json["facts"]["what"]), ((404, "not_found"), &json!("voucher")));
    }
}

/// What a tool of others writes to its standard output.
fn said(tool: &str, arguments: &[&str]) -> String {
    let run = Command::new(tool).args(arguments).output().unwrap_or_else(|error| panic!("{tool}: {error}"));
    assert!(run.status.success(), "{tool}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
#[ignore = "needs poppler-utils and zbarimg"]
fn others_read_the_text_and_the_code_of_a_certificate() {
    let stage = Stage::with(1, |form| {
        form["illustrative"] = json!(true);
        form["course_hours"] = json!(72);
    });
    let voucher = stage.voucher();
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(place("c.pdf"), file(&stage, Scope::Agency, &path(&voucher)).0).unwrap();
    std::fs::copy(place("c.pdf"), "/tmp/wb-c.pdf").unwrap();
    let text = said("pdftotext", &["-layout", &place("c.pdf"), "-"]).replace('\u{a0}', " ");
    for words in [
        "Цифровой сертификат на обучение",
        "Digital certificate for training",
        "ОБРАЗЕЦ",
        &voucher.number,
        "Иванова А. П.",
        "Орган PSK-S01",
        "«Переквалификация органов госвласти»",
        "ПсковГУ",
        "72 часа",
        "6 500,00 ₽",
        "по 15 декабря 2020 г. включительно",
        "Возьмите с собой документ",
        "/.well-known/jwks.json",
        "Выдан 17 марта 2020 г. · версия 1",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let info = said("pdfinfo", &[&place("c.pdf")]);
    for line in ["Tagged:          yes", "Pages:           1", "Page size:       595.276 x 841.89 pts (A4)"] {
        assert!(info.contains(line), "{line}: {info}");
    }
    said("pdftoppm", &["-png", "-r", "150", "-gray", &place("c.pdf"), &place("page")]);
    let read = said("zbarimg", &["--quiet", "--raw", &place("page-1.png")]);
    assert_eq!(read.trim_end_matches('\n'), voucher.credential);
}
