//! Settings of the command line and the server: a TOML file, the environment over it, flags over both.
//!
//! Flags and environment are read by `cli` (clap); this file adds what neither says. The passphrase of
//! the keys comes from the environment only: files are copied and command lines are seen by others.

use crate::cosigning::WitnessAddress;
use crate::db::Place;
use crate::login::oidc::OidcSettings;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// How logs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// What the flags and the environment say.
#[derive(Clone, Debug, Default)]
pub struct Given {
    pub data: Option<PathBuf>,
    pub keys: Option<PathBuf>,
    pub database: Option<Place>,
    pub database_read: Option<Place>,
    pub log_format: Option<LogFormat>,
    pub witnesses: Option<Vec<WitnessAddress>>,
}

/// What everything starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The data directory.
    pub data: PathBuf,
    /// The keys' directory.
    pub keys: PathBuf,
    /// The database: unless one is named, a file of SQLite in the data directory.
    pub database: Place,
    /// Where auditors are answered from, when not from the same database: a replica.
    pub database_read: Option<Place>,
    /// `None`: text on a terminal, JSON elsewhere.
    pub log_format: Option<LogFormat>,
    /// Where the server listens, unless its flag says otherwise.
    pub listen: SocketAddr,
    /// Threads that answer requests; `None`: one for each core.
    pub workers: Option<usize>,
    /// Who cosigns the logs' checkpoints.
    pub witnesses: Vec<WitnessAddress>,
    /// Through whom people may sign in, if they may.
    pub oidc: Option<OidcSettings>,
}

/// Why the configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error("{}: {error}", .path.display())]
    Toml { path: PathBuf, error: toml::de::Error },
}

/// The file. Paths in it are relative to the working directory.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    keys: Option<PathBuf>,
    database_url: Option<Place>,
    database_read_url: Option<Place>,
    log_format: Option<LogFormat>,
    listen: Option<SocketAddr>,
    workers: Option<usize>,
    witnesses: Option<Vec<WitnessAddress>>,
    oidc: Option<OidcSettings>,
}

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

impl Config {
    /// Puts together what is given and what the file says.
    ///
    /// # Errors
    /// A file that cannot be read; one with a key that is not known or a value that cannot be taken.
    pub fn resolve(given: Given, file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = file.map(read).transpose()?.unwrap_or_default();
        let data = given.data.or(file.data).unwrap_or_else(|| "data".into());
        let keys = given.keys.or(file.keys).unwrap_or_else(|| keys_of(&data));
        let database = given.database.or(file.database_url);
        Ok(Self {
            database: database.unwrap_or_else(|| Place::in_directory(&data)),
            database_read: given.database_read.or(file.database_read_url),
            data,
            keys,
            log_format: given.log_format.or(file.log_format),
            listen: file.listen.unwrap_or(DEFAULT_LISTEN),
            workers: file.workers,
            witnesses: given.witnesses.or(file.witnesses).unwrap_or_default(),
            oidc: file.oidc,
        })
    }
}

/// A data directory may hold keys of its own, as the demo's does.
fn keys_of(data: &Path) -> PathBuf {
    let own = data.join("keys");
    if own.is_dir() { own } else { "keys".into() }
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::File { path: path.to_owned(), error })?;
    toml::from_str(&text).map_err(|error| ConfigError::Toml { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(given: Given, toml: &str) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vouchers.toml");
        std::fs::write(&path, toml).unwrap();
        Config::resolve(given, Some(&path))
    }

    #[test]
    fn what_is_given_wins_over_the_file_and_the_file_over_defaults() {
        let toml = "data = \"from-file\"\nlisten = \"0.0.0.0:9000\"\nlog_format = \"json\"\nworkers = 3\n";
        let config = resolve(Given::default(), toml).unwrap();
        assert_eq!(
            (config.data.as_path(), config.keys.as_path()),
            (Path::new("from-file"), Path::new("keys"))
        );
        assert_eq!((config.listen.port(), config.workers), (9000, Some(3)));
        assert_eq!(config.log_format, Some(LogFormat::Json));
        let given = Given { data: Some("given".into()), ..Given::default() };
        assert_eq!(resolve(given, toml).unwrap().data, Path::new("given"));
        let config = Config::resolve(Given::default(), None).unwrap();
        assert_eq!((config.data.as_path(), config.listen), (Path::new("data"), DEFAULT_LISTEN));
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = resolve(Given::default(), "lisen = \"0.0.0.0:9000\"").unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains("vouchers.toml"), "{error}");
    }

    #[test]
    fn a_provider_of_identities_is_asked_in_private() {
        let toml = |issuer: &str| {
            format!(
                "[oidc]\nissuer = \"{issuer}\"\nclient_id = \"vouchers\"\nclient_secret_file = \"secret\"\n\
                 name_ru = \"Портал\"\nname_en = \"the portal\"\nsecond_factor_amr = [\"mfa\"]\n"
            )
        };
        let oidc = resolve(Given::default(), &toml("https://id.example.ru/realms/a")).unwrap().oidc.unwrap();
        assert_eq!(
            (oidc.issuer.as_str(), oidc.name_ru.as_str()),
            ("https://id.example.ru/realms/a", "Портал")
        );
        let error = resolve(Given::default(), &toml("http://id.example.ru")).unwrap_err().to_string();
        assert!(error.contains("https"), "{error}");
        assert_eq!(Config::resolve(Given::default(), None).unwrap().oidc, None);
    }

    #[test]
    fn keys_inside_the_data_directory_are_its_own() {
        let data = tempfile::tempdir().unwrap();
        let given = || Given { data: Some(data.path().to_owned()), ..Given::default() };
        assert_eq!(Config::resolve(given(), None).unwrap().keys, Path::new("keys"));
        std::fs::create_dir(data.path().join("keys")).unwrap();
        assert_eq!(Config::resolve(given(), None).unwrap().keys, data.path().join("keys"));
    }
}
