//! The files of pages: style sheets, scripts, pictures. Part of the program, under names that change with their content, so
//! that browsers keep them for ever and never mix those of two versions.

use crate::http::Problem;
use crate::kernel::Refusal;
use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, VARY};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{LazyLock, OnceLock};

#[derive(RustEmbed)]
#[folder = "src/desk/assets"]
struct Files;

/// The words, for scripts that put them together themselves.
#[derive(RustEmbed)]
#[folder = "src/desk/words"]
struct Words;

struct Asset {
    address: String,
    media_type: &'static str,
    bytes: Bytes,
    compressed: OnceLock<Bytes>,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let read = |name: std::borrow::Cow<'static, str>| {
        let found = Files::get(&name).or_else(|| Words::get(&name))?;
        let bytes = Bytes::from(found.data.into_owned());
        let hash: String = Sha256::digest(&bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        let address = format!("/assets/{hash}-{name}");
        let asset = Asset { address, media_type: media_type(&name), bytes, compressed: OnceLock::new() };
        Some((name.into_owned(), asset))
    };
    Files::iter().chain(Words::iter()).filter_map(read).collect()
});

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "ftl" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Where a file is served.
///
/// # Panics
/// For a file that is not there: pages name files of the program, and tests ask for every page.
pub fn address(name: &str) -> String {
    named(name).address.clone()
}

/// A file as it is.
///
/// # Panics
/// As [`address`].
pub fn bytes(name: &str) -> Bytes {
    named(name).bytes.clone()
}

fn named(name: &str) -> &'static Asset {
    ASSETS.get(name).unwrap_or_else(|| panic!("no asset {name}"))
}

/// A file by its address.
#[get("/assets/{name}")]
pub async fn file(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Problem> {
    let asset = name.split_once('-').and_then(|(_, plain)| ASSETS.get(plain));
    let asset =
        asset.filter(|asset| asset.address == request.path()).ok_or_else(|| Refusal::not_found("address"))?;
    let mut response = HttpResponse::Ok();
    response.content_type(asset.media_type).insert_header((VARY, "Accept-Encoding"));
    response.insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
    let accepts = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    if accepts.contains("gzip") {
        let compressed = asset.compressed.get_or_init(|| compress(&asset.bytes));
        return Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(compressed.clone()));
    }
    Ok(response.body(asset.bytes.clone()))
}

fn compress(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").into()
}
