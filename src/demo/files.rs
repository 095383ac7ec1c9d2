//! What the demo leaves on disk beside the installation: the marker, the QR pictures, `demo.json`.

use super::run::DemoError;
use crate::credential::qr;
use crate::kernel::{CourseRunId, ProgrammeId, UniversityId, VoucherId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Says that the installation beside it is a demo's, and may be deleted by `--reset`.
const MARKER: &str = "demo.marker";
const FOR_SCRIPTS: &str = "demo.json";
const PICTURES: &str = "qr";
const KEYS: &str = "keys";
const DATABASE_PREFIX: &str = "vouchers.sqlite";

/// `demo.json`: everything a script needs to go on where the demo ended. Holds secrets and credentials.
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct ForScripts {
    pub base_url: String,
    /// The secret of each role's token.
    pub tokens: BTreeMap<String, String>,
    /// A one-time pass of each role, which signs a browser in.
    pub passes: BTreeMap<String, String>,
    pub programme_id: ProgrammeId,
    pub university_id: UniversityId,
    pub open_course_run_id: CourseRunId,
    pub vouchers: Vec<VoucherForScripts>,
}

#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct VoucherForScripts {
    pub voucher_id: VoucherId,
    pub number: String,
    pub status: String,
    /// The text of the QR code.
    pub credential: String,
}

/// Where the demo keeps its keys.
pub fn keys(data: &Path) -> PathBuf {
    data.join(KEYS)
}

/// Where the pictures are.
pub fn pictures(data: &Path) -> PathBuf {
    data.join(PICTURES)
}

/// Where `demo.json` is.
pub fn for_scripts(data: &Path) -> PathBuf {
    data.join(FOR_SCRIPTS)
}

/// Makes the directory ready for a new play and marks it.
///
/// # Errors
/// [`DemoError::Played`] when a demo is there and `reset` is not asked for; [`DemoError::NotADemo`] when
/// another installation is.
pub fn prepare(data: &Path, reset: bool) -> Result<(), DemoError> {
    let marker = data.join(MARKER);
    match (marker.exists(), reset) {
        (true, false) => return Err(DemoError::Played(data.to_owned())),
        (true, true) => delete(data)?,
        (false, _) if !installed(data)?.is_empty() => return Err(DemoError::NotADemo(data.to_owned())),
        (false, _) => fs::create_dir_all(data).map_err(at(data))?,
    }
    write(&marker, b"Made by `vouchers demo`; `vouchers demo --reset` deletes it and plays again.\n")
}

/// Deletes what a demo makes, and nothing else that may lie there; the marker last, so that a deletion
/// that was cut short can be repeated.
fn delete(data: &Path) -> Result<(), DemoError> {
    for path in installed(data)? {
        let is_directory = fs::symlink_metadata(&path).map_err(at(&path))?.is_dir();
        let deleted = if is_directory { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        deleted.map_err(at(&path))?;
    }
    let marker = data.join(MARKER);
    fs::remove_file(&marker).map_err(at(&marker))
}

/// Everything in the directory that an installation or a demo leaves there, but the marker.
fn installed(data: &Path) -> Result<Vec<PathBuf>, DemoError> {
    let entries = match fs::read_dir(data) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(data))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(at(data))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_ours = [KEYS, PICTURES, FOR_SCRIPTS].contains(&&*name) || name.starts_with(DATABASE_PREFIX);
        found.extend(is_ours.then(|| entry.path()));
    }
    Ok(found)
}

/// Draws the voucher's QR code as PNG and SVG, and reads the picture back.
///
/// # Errors
/// The disk's; [`DemoError::Mismatch`] when the picture does not give the credential again.
pub fn draw(data: &Path, voucher: &VoucherForScripts) -> Result<(), DemoError> {
    let directory = pictures(data);
    fs::create_dir_all(&directory).map_err(at(&directory))?;
    let refused = super::stage::refused("drawing a QR code");
    let picture = qr::png(&voucher.credential, 8).map_err(&refused)?;
    if qr::read(&picture).map_err(&refused)? != [voucher.credential.as_str()] {
        return Err(DemoError::Mismatch(format!("the picture of {} reads differently", voucher.number)));
    }
    write(&directory.join(format!("{}.png", voucher.number)), &picture)?;
    let drawing = qr::svg(&voucher.credential).map_err(&refused)?;
    write(&directory.join(format!("{}.svg", voucher.number)), drawing.as_bytes())
}

/// Writes `demo.json`.
///
/// # Errors
/// The disk's.
pub fn write_for_scripts(data: &Path, content: &ForScripts) -> Result<(), DemoError> {
    let path = for_scripts(data);
    let json = serde_json::to_vec_pretty(content).map_err(|error| at(&path)(error.into()))?;
    write(&path, &json)
}

/// Writes a file whole or not at all, readable by its owner only: it holds secrets, or the surname in
/// a credential.
fn write(path: &Path, content: &[u8]) -> Result<(), DemoError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let unfinished = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    let mut file = file.map_err(at(&unfinished))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(at(&unfinished))?;
    fs::rename(&unfinished, path).map_err(at(path))
}

fn at(path: &Path) -> impl Fn(io::Error) -> DemoError {
    move |error| DemoError::File { path: path.to_owned(), error }
}
