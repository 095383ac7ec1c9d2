//! `manifest.json`: what the package is of, and every other file with its length and SHA-256.
//!
//! It is written as the files are, under another name, and gets its own when everything else is there: what has no
//! `manifest.json` is no package.

use super::{FORMAT, name};
use crate::kernel::ProgrammeId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the package is of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u32,
    /// The log's name at its end.
    pub(super) origin: String,
    pub(super) programme: String,
    pub(super) programme_id: ProgrammeId,
    /// Leaves.
    pub(super) size: u64,
    /// The signed note that everything was exported under.
    pub(super) checkpoint: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Lower-case hexadecimal.
    pub(super) sha256: String,
}

#[derive(Deserialize)]
pub(super) struct Manifest {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) files: Vec<Listed>,
}

impl Manifest {
    /// None when the bytes are no manifest of this version.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|manifest: &Self| manifest.head.format == FORMAT)
    }
}

/// The directory of a package while it is written.
pub(super) struct Directory {
    path: PathBuf,
    manifest: BufWriter<File>,
    files: u64,
}

fn draft(directory: &Path) -> PathBuf {
    directory.join(format!("{}.part", name::MANIFEST))
}

impl Directory {
    /// Makes the directory, or takes an empty one.
    ///
    /// # Errors
    /// The disk's; [`io::ErrorKind::AlreadyExists`] when something is in it.
    pub(super) fn create(path: &Path, head: &Head) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        if fs::read_dir(path)?.next().is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut manifest = BufWriter::new(File::create_new(draft(path))?);
        let head = serde_json::to_string_pretty(head)?;
        let open = head.strip_suffix("\n}").unwrap_or(&head);
        write!(manifest, "{open},\n  \"files\": [")?;
        Ok(Self { path: path.to_owned(), manifest, files: 0 })
    }

    /// Begins a file, which [`Directory::close`] puts into the manifest.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn open(&self, name: &str) -> io::Result<Writing> {
        let path = self.path.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = BufWriter::new(File::create_new(path)?);
        Ok(Writing { name: name.to_owned(), file, hash: Sha256::new(), bytes: 0 })
    }

    /// # Errors
    /// The disk's.
    pub(super) fn close(&mut self, mut file: Writing) -> io::Result<()> {
        file.file.flush()?;
        let sha256 = hex(&file.hash.finalize());
        let listed = serde_json::to_string(&Listed { path: file.name, bytes: file.bytes, sha256 })?;
        let comma = if self.files > 0 { "," } else { "" };
        self.files += 1;
        write!(self.manifest, "{comma}\n    {listed}")
    }

    /// A whole file.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.open(name)?;
        file.write_all(bytes)?;
        self.close(file)
    }

    /// Everything is there: makes it a package. Gives the number of its files.
    ///
    /// # Errors
    /// The disk's.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        write!(self.manifest, "\n  ]\n}}\n")?;
        self.manifest.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(draft(&self.path), self.path.join(name::MANIFEST))?;
        File::open(&self.path)?.sync_all()?;
        Ok(self.files + 1)
    }
}

/// A file of a package while it is written.
pub(super) struct Writing {
    name: String,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
