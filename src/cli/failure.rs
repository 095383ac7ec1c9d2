//! How a command ends when it is not done: words for people, an exit code for scripts.

use super::output;
use crate::app::StartError;
use crate::backup::BackupError;
use crate::config::ConfigError;
use crate::credential::key_files::KeyFileError;
use crate::db::{OpenError, Place};
use crate::demo::DemoError;
use crate::export::ExportError;
use crate::http::{Language, words};
use crate::installation::InstallationError;
use crate::kernel::Refusal;
use crate::login::oidc::SecretFileError;
use crate::moving::MoveError;
use crate::package::export::ExportError as PackageError;
use std::io;
use std::path::Path;
use std::process::ExitCode;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{}", in_words(.0))]
    Refused(Refusal),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Installation(#[from] InstallationError),
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("configuration: {0}")]
    Config(#[from] ConfigError),
    #[error("configuration: {0}")]
    ClientSecret(#[from] SecretFileError),
    #[error("{path}: {error}")]
    File { path: String, error: io::Error },
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Moving(#[from] MoveError),
    #[error(transparent)]
    Package(#[from] PackageError),
    #[error(
        "{0} is copied and brought back by PostgreSQL's own tools: pg_dump --format=custom, or pg_basebackup with an \
         archive of its write-ahead log; after bringing it back: vouchers restore --in-place (docs/operations.md)"
    )]
    ByItsOwnTools(Place),
    #[error("the server cannot run: {0}")]
    Server(io::Error),
    #[error("{0}")]
    Usage(String),
    /// What there is to say has been printed as a result.
    #[error("")]
    Shown,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Failure {
    /// For `map_err`: a file that cannot be read or written.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self::File { path: path.clone(), error }
    }

    /// Prints it to standard error.
    pub(super) fn report(self) -> ExitCode {
        if !matches!(self, Self::Shown) {
            output::remark(&self);
        }
        match self {
            Self::Config(_) | Self::ClientSecret(_) | Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// The code, what is known, and what to do next.
fn in_words(refusal: &Refusal) -> String {
    let words = words::of(refusal, language());
    let field = refusal.field.as_ref().map(|field| format!(" ({field})")).unwrap_or_default();
    let mut text = format!("{}{field}: {}", refusal.code.as_str(), words.title);
    for more in [words.detail, words.remedy] {
        if !more.is_empty() && more != words.title {
            text += "\n  ";
            text += &more;
        }
    }
    text
}

/// The language of messages, from the locale's first variable that is set (POSIX order).
pub(super) fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale {
        Some(locale) if locale.starts_with("ru") => Language::Russian,
        _ => Language::English,
    }
}
