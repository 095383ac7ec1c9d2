//! Checkpoints and who signed them: the newest, the one that the auditor kept, and all between.

use super::super::name;
use super::super::notes::Notes;
use super::witnesses::Witnesses;
use super::{Checked, Package, Stop, on_all_cores, say};
use crate::ledger::epoch;
use crate::proof::{Checkpoint, ProofError, VerifierKey};
use std::collections::VecDeque;
use std::fs::File;
use std::io::BufReader;

/// Notes whose signatures are checked at once.
const AT_ONCE: usize = 4_096;

/// The checkpoint of a note signed by one of the keys, of whatever log it names.
fn open(note: &str, keys: &[[u8; 32]]) -> Result<Checkpoint, ProofError> {
    let origin = note.lines().next().unwrap_or_default();
    let keys: Vec<_> = keys.iter().filter_map(|key| VerifierKey::new(origin, key).ok()).collect();
    Checkpoint::open_by_any(note, &keys)
}

/// The checkpoint that the package was exported under.
pub(super) fn newest(package: &Package<'_>, keys: &[[u8; 32]]) -> Checked<Checkpoint> {
    let note = package.text(name::CHECKPOINT)?;
    let head = &package.manifest.head;
    let signed = open(&note, keys).map_err(|error| {
        Stop::Wrong(say!(
            "контрольная точка не подписана доверенным ключом журнала: {error}",
            "the checkpoint is not signed by a trusted key of the log: {error}"
        ))
    })?;
    let (origin, size) = (&signed.origin, signed.size);
    let of_programme = epoch::first_name(origin).rsplit('/').next() == Some(head.programme.as_str());
    if note == head.checkpoint && *origin == head.origin && size == head.size && of_programme {
        return Ok(signed);
    }
    Err(Stop::Wrong(say!(
        "оглавление и контрольная точка говорят о разном: подписан журнал {origin} из {size} записей",
        "manifest and checkpoint disagree: what is signed is {origin} with {size} entries"
    )))
}

/// The checkpoints that the auditor kept.
pub(super) fn since(signed: &Checkpoint, keys: &[[u8; 32]], notes: &[String]) -> Checked<Vec<Checkpoint>> {
    let mut kept = Vec::new();
    for note in notes {
        let old = open(note, keys).map_err(|error| {
            Stop::Wrong(say!(
                "прежняя контрольная точка не подписана доверенным ключом журнала: {error}",
                "the earlier checkpoint is not signed by a trusted key of the log: {error}"
            ))
        })?;
        let (origin, of_package) = (&old.origin, &signed.origin);
        if epoch::first_name(origin) != epoch::first_name(of_package) {
            return Err(Stop::Wrong(say!(
                "прежняя контрольная точка — журнала {origin}, а пакет — {of_package}",
                "the earlier checkpoint is of {origin}, the package of {of_package}"
            )));
        }
        let (covers, size) = (old.size, signed.size);
        if covers > size {
            return Err(Stop::Wrong(say!(
                "пакет старше прежней контрольной точки: в нём {size} записей, а подписано было {covers}",
                "the package is older than the earlier checkpoint: it has {size} entries, {covers} were signed"
            )));
        }
        kept.push(old);
    }
    Ok(kept)
}

/// The checkpoints of `checkpoints.txt`, each with a good signature, the sizes rising.
pub(super) struct Stored<'k> {
    notes: Notes<BufReader<File>>,
    keys: &'k [[u8; 32]],
    ready: VecDeque<Checkpoint>,
    /// Leaves of the largest that was read.
    pub(super) newest: Option<u64>,
    pub(super) checked: u64,
    pub(super) witnesses: Witnesses<'k>,
}

impl<'k> Stored<'k> {
    pub(super) fn open(
        package: &Package<'_>,
        keys: &'k [[u8; 32]],
        witnesses: Witnesses<'k>,
    ) -> Checked<Self> {
        let notes = Notes(package.open(name::CHECKPOINTS)?);
        Ok(Self { notes, keys, ready: VecDeque::new(), newest: None, checked: 0, witnesses })
    }

    /// The next one.
    pub(super) fn peek(&mut self) -> Checked<Option<&Checkpoint>> {
        if self.ready.is_empty() {
            self.fill()?;
        }
        Ok(self.ready.front())
    }

    pub(super) fn pop(&mut self) -> Option<Checkpoint> {
        self.ready.pop_front()
    }

    fn fill(&mut self) -> Checked<()> {
        let file = std::path::Path::new(name::CHECKPOINTS);
        let notes: Vec<String> =
            self.notes.by_ref().take(AT_ONCE).collect::<Result<_, _>>().map_err(Stop::reading(file))?;
        for (note, opened) in notes.iter().zip(on_all_cores(&notes, |note| open(note, self.keys))) {
            self.checked += 1;
            let number = self.checked;
            let signed = opened.map_err(|error| {
                Stop::Wrong(say!(
                    "checkpoints.txt, точка {number}: {error}",
                    "checkpoints.txt, note {number}: {error}"
                ))
            })?;
            let size = signed.size;
            if self.newest.replace(size).is_some_and(|before| before >= size) {
                return Err(Stop::Wrong(say!(
                    "checkpoints.txt, точка {number}: размер {size} не больше предыдущего",
                    "checkpoints.txt, note {number}: size {size} is not above the one before"
                )));
            }
            self.witnesses.look(note, size)?;
            self.ready.push_back(signed);
        }
        Ok(())
    }
}
