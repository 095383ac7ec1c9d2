//! The files are there, they are those of the manifest to the byte, and there are no others.

use super::super::manifest::{Listed, hex};
use super::super::name;
use super::{Checked, Package, Stop, Words, on_all_cores, say};
use crate::ledger::audit::Progress;
use crate::proof::{tile_path, tiles};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Files between two steps of the progress bar.
const AT_ONCE: usize = 512;

pub(super) fn check(package: &Package<'_>, progress: &mut dyn FnMut(Progress<'_>)) -> Checked<Words> {
    let manifest = &package.manifest;
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    check_names(&listed, manifest.files.len(), manifest.head.size)?;
    check_directory(package.directory, &listed)?;
    let total = manifest.files.len() as u64;
    let mut done = 0;
    let mut bytes = 0;
    for files in manifest.files.chunks(AT_ONCE) {
        progress(Progress { of: "files", done, total });
        for (file, verdict) in files.iter().zip(on_all_cores(files, |file| digest(package, file))) {
            let (path, (found, sha256)) = (&file.path, verdict?);
            if (found, &sha256) != (file.bytes, &file.sha256) {
                return Err(Stop::Wrong(say!(
                    "файл {path} не тот, что в оглавлении (длина или SHA-256)",
                    "{path} is not the file of the manifest (its length or SHA-256)"
                )));
            }
            bytes += found;
        }
        done += files.len() as u64;
    }
    progress(Progress { of: "files", done, total });
    Ok(say!(
        "файлы: {total}, {bytes} байт, длины и SHA-256 как в оглавлении, лишних нет",
        "files: {total}, {bytes} bytes, lengths and SHA-256 as in the manifest, none besides"
    ))
}

/// The manifest lists what a log of this size has.
fn check_names(listed: &BTreeSet<&str>, files: usize, size: u64) -> Checked<()> {
    let mut expected = 0;
    let tiles = tiles(size).map(|(level, index, width)| tile_path(level, index, width));
    for path in name::ALL.into_iter().map(str::to_owned).chain(tiles) {
        expected += 1;
        // A size that lies would name tiles without end.
        if !listed.contains(path.as_str()) {
            return Err(Stop::Wrong(say!("в оглавлении нет {path}", "the manifest lacks {path}")));
        }
    }
    if expected == files {
        return Ok(());
    }
    Err(Stop::Wrong(say!(
        "в оглавлении {files} файлов, а у журнала из {size} записей их {expected}",
        "the manifest has {files} files, a log of {size} entries has {expected}"
    )))
}

/// Nothing else lies in the directory.
fn check_directory(directory: &Path, listed: &BTreeSet<&str>) -> Checked<()> {
    let mut wait = vec![directory.to_owned()];
    while let Some(folder) = wait.pop() {
        let reading = Stop::reading(&folder);
        for entry in fs::read_dir(&folder).map_err(&reading)? {
            let entry = entry.map_err(&reading)?;
            let path = entry.path();
            if entry.file_type().map_err(&reading)?.is_dir() {
                wait.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy();
            if name != name::MANIFEST && !listed.contains(&*name) {
                return Err(Stop::Wrong(say!(
                    "файла {name} нет в оглавлении",
                    "the manifest does not list {name}"
                )));
            }
        }
    }
    Ok(())
}

/// Length and SHA-256 of a file.
fn digest(package: &Package<'_>, file: &Listed) -> Checked<(u64, String)> {
    let path = package.path(&file.path);
    let hash = || -> io::Result<(u64, String)> {
        let (mut file, mut hash, mut bytes) = (File::open(&path)?, Sha256::new(), 0);
        let mut part = vec![0; 64 * 1024];
        loop {
            let read = file.read(&mut part)?;
            if read == 0 {
                return Ok((bytes, hex(&hash.finalize())));
            }
            hash.update(&part[..read]);
            bytes += read as u64;
        }
    };
    hash().map_err(Stop::reading(&path))
}
