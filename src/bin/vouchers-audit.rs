//! The program `vouchers-audit`: checks an audit package without the service, its database or its keys.
//!
//! Everything it knows is in `package/verify`. Exit codes: 0 everything holds, 1 something does not, 2 the package or
//! what was brought along cannot be read.

use clap::{Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use training_vouchers::ledger::audit::Progress;
use training_vouchers::package::verify::{Brought, Verdict, Words, keys_in, verify};
use training_vouchers::proof::WitnessKey;

/// Checks audit packages of training vouchers (проверка аудиторских пакетов), offline.
#[derive(Parser)]
#[command(name = "vouchers-audit", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks every file, signature, entry and posting of a package
    Verify {
        /// The package
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// A signed checkpoint from earlier, kept elsewhere: the package must go on from it; may be repeated
        #[arg(long, value_name = "CHECKPOINT_FILE")]
        since: Vec<PathBuf>,
        /// The log's public keys, from elsewhere: a jwks.json, or verifier keys one a line [default: the package's own]
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// A witness' verifier key: it must have cosigned a checkpoint of the package; may be repeated
        #[arg(long, value_name = "VKEY")]
        witness: Vec<WitnessKey>,
        /// The language of the report
        #[arg(long, value_enum, default_value_t = Language::Both)]
        lang: Language,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Русский
    Ru,
    /// English
    En,
    /// Russian, then English
    Both,
}

/// What cannot be read, and why.
type Unreadable = String;

fn main() -> ExitCode {
    let Command::Verify { directory, since, key, witness, lang } = Cli::parse().command;
    let checked = brought(&since, key.as_deref(), witness).and_then(|brought| {
        let bar = bar();
        let mut show = |progress: Progress<'_>| {
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(progress.of.to_owned());
        };
        let verdict = verify(&directory, &brought, &mut show).map_err(|unreadable| unreadable.to_string());
        bar.finish_and_clear();
        verdict
    });
    let verdict = match checked {
        Ok(verdict) => verdict,
        Err(unreadable) => {
            let _ = writeln!(io::stderr(), "vouchers-audit: {unreadable}");
            return ExitCode::from(2);
        }
    };
    // Nobody may be reading any more; the exit code says it too.
    let _ = io::stdout().lock().write_all(report(&verdict, lang).as_bytes());
    if verdict.wrong.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").ok();
    bar.set_style(style.unwrap_or_else(ProgressStyle::default_bar));
    bar
}

fn brought(since: &[PathBuf], key: Option<&Path>, witnesses: Vec<WitnessKey>) -> Result<Brought, Unreadable> {
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let keys = key.map(|path| {
        let no_keys = || format!("{}: neither a jwks.json nor verifier keys", path.display());
        keys_in(&read(path)?).ok_or_else(no_keys)
    });
    let since = since.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
    Ok(Brought { keys: keys.transpose()?, since, witnesses })
}

fn report(verdict: &Verdict, lang: Language) -> String {
    let russian = |words: &Words| words.russian.clone();
    let english = |words: &Words| words.english.clone();
    let mut text = String::new();
    if lang != Language::En {
        text += &in_language(verdict, russian, &RUSSIAN);
    }
    if lang == Language::Both {
        text += "\n";
    }
    if lang != Language::Ru {
        text += &in_language(verdict, english, &ENGLISH);
    }
    text
}

struct Phrases {
    clean: &'static str,
    wrong: &'static str,
    own_keys: &'static str,
    brought_keys: &'static str,
}

const RUSSIAN: Phrases = Phrases {
    clean: "Всё сходится.",
    wrong: "НЕ СХОДИТСЯ",
    own_keys: "Ключи журнала взяты из самого пакета: это доказывает лишь, что он не противоречит себе. Сверьте их SHA-256 \
               с известными вам или передайте свои (--key):",
    brought_keys: "Ключи журнала — ваши, их SHA-256:",
};

const ENGLISH: Phrases = Phrases {
    clean: "Everything holds.",
    wrong: "DOES NOT HOLD",
    own_keys: "The log's keys come from the package itself, which proves only that it does not contradict itself. Compare \
               their SHA-256 with those you know, or bring your own (--key):",
    brought_keys: "The log's keys are yours, their SHA-256:",
};

fn in_language(verdict: &Verdict, say: impl Fn(&Words) -> String, phrases: &Phrases) -> String {
    let mut text = String::new();
    for words in &verdict.holds {
        text += &format!("+ {}\n", say(words));
    }
    match &verdict.wrong {
        Some(words) => text += &format!("{}: {}\n", phrases.wrong, say(words)),
        None => text += &format!("{}\n", phrases.clean),
    }
    if !verdict.fingerprints.is_empty() {
        let whose = if verdict.are_its_own { phrases.own_keys } else { phrases.brought_keys };
        text += &format!("{whose}\n");
    }
    for fingerprint in &verdict.fingerprints {
        text += &format!("  {fingerprint}\n");
    }
    text
}
