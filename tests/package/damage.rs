//! Five hundred damages to a package, the same every time, and each is found with keys and a checkpoint kept elsewhere.

use crate::fixture::{FIXTURE, Fixture, sha256, verified, write};
use ed25519_dalek::{Signer, SigningKey};
use std::collections::BTreeMap;
use training_vouchers::credential::key_files;
use training_vouchers::kernel::Kopecks;
use training_vouchers::kernel::Timestamp;
use training_vouchers::ledger::leaf;
use training_vouchers::ledger::model::{Event, Kind, Posting, Postings, Side};
use training_vouchers::package::verify::Brought;
use training_vouchers::proof::{
    Appender, Checkpoint, Frontier, Hash, entries, leaf_hash, put_entry, tile_path, tiles,
};

const DAMAGES: u64 = 500;

pub type Files = BTreeMap<String, Vec<u8>>;

pub struct Damage {
    pub what: String,
    pub files: Files,
    /// The checkpoint that was kept elsewhere.
    pub kept: String,
}

/// SplitMix64: a number is a damage, today and tomorrow.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// The manifest of files that were altered, as if they had been exported so.
fn make_manifest_fit(files: &mut Files) {
    let mut manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let listed: Vec<_> = files
        .iter()
        .filter(|(name, _)| *name != "manifest.json")
        .map(|(name, bytes)| {
            serde_json::json!({ "path": name, "bytes": bytes.len(), "sha256": sha256(bytes) })
        })
        .collect();
    manifest["files"] = listed.into();
    let note = String::from_utf8_lossy(&files["checkpoint"]).into_owned();
    if let Some(size) = note.lines().nth(1).and_then(|size| size.parse::<u64>().ok()) {
        manifest["size"] = size.into();
    }
    manifest["checkpoint"] = note.into();
    files.insert("manifest.json".into(), manifest.to_string().into_bytes());
}

pub fn leaves_of(files: &Files, size: u64) -> Vec<Vec<u8>> {
    let paths = tiles(size).filter(|(level, ..)| level.is_none());
    let bundles = paths.map(|(level, index, width)| &files[&tile_path(level, index, width)]);
    bundles.flat_map(|bundle| entries(bundle).unwrap()).map(<[u8]>::to_vec).collect()
}

/// The leaf of an altered event, as the service would write it.
pub fn leaf_again(old: &[u8], lines: &[Posting]) -> Vec<u8> {
    let read = leaf::decode(old).unwrap();
    let mut postings = Postings::none();
    for pair in lines.as_chunks::<2>().0 {
        let [debit, credit] = pair;
        let side = |line: &Posting| Side { account: line.account, dimensions: line.dimensions };
        postings.transfer(debit.amount, debit.budget_line_no, side(debit), side(credit));
    }
    let mut event = Event::new(Kind::from_number(read.kind).unwrap(), read.effective_at, read.recorded_by);
    // The names live as long as the program, which is a test.
    for (name, value) in read.subjects {
        event = event.about(name.leak(), &value);
    }
    leaf::encode(&event.moving(postings), Timestamp::from_millis(read.recorded_at.millis()))
}

/// Tiles and entries of these leaves instead of the old ones; their root.
fn put_leaves(files: &mut Files, leaves: &[Vec<u8>]) -> Hash {
    files.retain(|name, _| !name.starts_with("tile/"));
    let mut appender = Appender::new(Frontier::default());
    leaves.iter().for_each(|leaf| _ = appender.append(leaf_hash(leaf)));
    let grown = appender.finish();
    for (level, index, width) in tiles(leaves.len() as u64) {
        let places = 256 * index..256 * index + width;
        let bytes = match level {
            None => {
                let mut tile = Vec::new();
                places.for_each(|place| put_entry(&mut tile, &leaves[place as usize]).unwrap());
                tile
            }
            Some(0) => places.flat_map(|place| leaf_hash(&leaves[place as usize]).0).collect(),
            Some(level) => {
                let of_level =
                    grown.tile_hashes.iter().filter(|(at, index, _)| *at == level && places.contains(index));
                of_level.flat_map(|(_, _, hash)| hash.0).collect()
            }
        };
        files.insert(tile_path(level, index, width), bytes);
    }
    grown.root()
}

/// Signs one checkpoint over everything with a key of the forger's own, and puts that into the key set.
fn sign_as_forger(fixture: &Fixture, files: &mut Files, size: u64, root: Hash) {
    let forger = SigningKey::from_bytes(&[66; 32]);
    let origin = fixture.kept_tree().origin;
    let signed = Checkpoint { origin, size, root }
        .sign(forger.verifying_key().as_bytes(), |bytes| forger.sign(bytes).to_bytes())
        .unwrap();
    files.insert("checkpoint".into(), signed.0.clone().into_bytes());
    files.insert("checkpoints.txt".into(), format!("{signed}\n").into_bytes());
    let mut keys: serde_json::Value = serde_json::from_slice(&files["keys.json"]).unwrap();
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    keys["keys"][0]["x"] = URL_SAFE_NO_PAD.encode(forger.verifying_key().as_bytes()).into();
    files.insert("keys.json".into(), keys.to_string().into_bytes());
}

/// A line with an amount, moved by a kopeck.
fn move_a_kopeck(csv: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    let place = 1 + dice.below(lines.len() - 1);
    let mut fields: Vec<String> = lines[place].split(',').map(str::to_owned).collect();
    let amount = if fields[6].is_empty() { 7 } else { 6 };
    let kopecks: i64 = fields[amount].replace('.', "").parse().unwrap();
    let kopecks = if dice.roll().is_multiple_of(2) { kopecks + 1 } else { kopecks - 1 };
    fields[amount] = format!("{}.{:02}", kopecks / 100, kopecks % 100);
    lines[place] = fields.join(",");
    lines.join("\n") + "\n"
}

/// Leaves that somebody would like better.
fn rewrite(leaves: &mut Vec<Vec<u8>>, dice: &mut Dice) -> &'static str {
    let place = dice.below(leaves.len() - 1);
    match dice.below(4) {
        0 => {
            let moving: Vec<usize> = (0..leaves.len())
                .filter(|at| !leaf::decode(&leaves[*at]).unwrap().postings.is_empty())
                .collect();
            let place = *dice.pick(&moving);
            let mut lines = leaf::decode(&leaves[place]).unwrap().postings;
            let pair = 2 * dice.below(lines.len() / 2);
            let kopeck = if dice.roll().is_multiple_of(2) { 1 } else { -1 };
            lines[pair].amount = Kopecks::new(lines[pair].amount.get() + kopeck);
            lines[pair + 1].amount = Kopecks::new(-lines[pair].amount.get());
            leaves[place] = leaf_again(&leaves[place], &lines);
            "a kopeck in an entry"
        }
        1 => {
            leaves.remove(place);
            "an entry deleted"
        }
        2 => {
            leaves.swap(place, place + 1);
            "two entries swapped"
        }
        _ => {
            let again = leaves[place].clone();
            leaves.insert(place + 1, again);
            "an entry inserted"
        }
    }
}

fn damage(fixture: &Fixture, clean: &Files, number: u64) -> Damage {
    let mut dice = Dice(number);
    let mut files = clean.clone();
    let mut kept = fixture.kept.clone();
    let names: Vec<String> = files.keys().cloned().collect();
    // Keys and numbers are not bound by the log: see docs/audit-package.md.
    let bound: Vec<String> = names
        .iter()
        .filter(|name| !["keys.json", "numbers.json", "manifest.json"].contains(&name.as_str()))
        .cloned()
        .collect();
    let what = match dice.below(11) {
        0 => {
            let name = dice.pick(&names).clone();
            flip(files.get_mut(&name).unwrap(), &mut dice);
            format!("a byte of {name}")
        }
        1 => {
            let name = dice.pick(&names[..]).clone();
            let name = if name == "manifest.json" { "postings.csv".into() } else { name };
            files.remove(&name);
            format!("{name} deleted")
        }
        2 => {
            let name = dice.pick(&bound).clone();
            let bytes = files.get_mut(&name).unwrap();
            bytes.truncate(dice.below(bytes.len()));
            make_manifest_fit(&mut files);
            format!("{name} cut short, the manifest fits")
        }
        3 | 4 => {
            let name = dice.pick(&bound).clone();
            flip(files.get_mut(&name).unwrap(), &mut dice);
            make_manifest_fit(&mut files);
            format!("a byte of {name}, the manifest fits")
        }
        5 => {
            let csv = String::from_utf8(files["postings.csv"].clone()).unwrap();
            files.insert("postings.csv".into(), move_a_kopeck(&csv, &mut dice).into_bytes());
            make_manifest_fit(&mut files);
            "a kopeck in postings.csv, the manifest fits".into()
        }
        6 => {
            let mut leaves = leaves_of(&files, fixture.size);
            let what = rewrite(&mut leaves, &mut dice);
            put_leaves(&mut files, &leaves);
            make_manifest_fit(&mut files);
            format!("{what}, tree and manifest fit, the checkpoint stays")
        }
        7 | 8 => {
            let mut leaves = leaves_of(&files, fixture.size);
            let what = rewrite(&mut leaves, &mut dice);
            let root = put_leaves(&mut files, &leaves);
            sign_as_forger(fixture, &mut files, leaves.len() as u64, root);
            make_manifest_fit(&mut files);
            format!("{what}, signed anew with another key")
        }
        9 => {
            // Back to an older tree; signed by the right key then, so the newer checkpoint tells.
            let mut leaves = leaves_of(&files, fixture.size);
            let notes = String::from_utf8(files["checkpoints.txt"].clone()).unwrap();
            let notes: Vec<&str> = notes.split_inclusive("\n\n").collect();
            let notes: Vec<String> = notes.chunks(2).map(<[&str]>::concat).collect();
            let back = dice.below(notes.len() - 1);
            let note = notes[back].strip_suffix('\n').unwrap();
            leaves.truncate(crate::fixture::size_of(note) as usize);
            put_leaves(&mut files, &leaves);
            files.insert("checkpoint".into(), note.as_bytes().to_vec());
            files.insert("checkpoints.txt".into(), notes[..=back].concat().into_bytes());
            make_manifest_fit(&mut files);
            kept = fixture.newest.clone();
            format!("rolled back to {} entries", leaves.len())
        }
        _ => {
            // Whoever holds the log's key rewrote the history before the kept checkpoint: that one is of another tree.
            let signers = key_files::read_private_keys(&fixture.world.installation.keys(), None).unwrap();
            let signer = signers.iter().find(|signer| signer.public_key() == fixture.keys[0]).unwrap();
            let mut tree = fixture.kept_tree();
            tree.size = 1 + dice.roll() % fixture.size;
            tree.root = leaf_hash(&dice.roll().to_be_bytes());
            kept = tree.sign(&fixture.keys[0], |bytes| signer.sign(bytes)).unwrap().0;
            "another history than the kept checkpoint's".into()
        }
    };
    Damage { what: format!("{number}: {what}"), files, kept }
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
}

/// All of them, made when asked for.
pub fn all(fixture: &Fixture) -> impl Iterator<Item = Damage> {
    let clean = fixture.files();
    (0..DAMAGES).map(move |number| damage(fixture, &clean, number))
}

#[test]
fn every_damage_is_found() {
    let fixture = &*FIXTURE;
    let mut found = BTreeMap::new();
    for damage in all(fixture) {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &damage.files);
        let brought =
            Brought { keys: Some(fixture.keys.clone()), since: vec![damage.kept.clone()], witnesses: vec![] };
        let verdict = verified(directory.path(), &brought);
        let wrong = verdict.wrong.unwrap_or_else(|| panic!("{} is not found", damage.what));
        assert!(!wrong.russian.is_empty() && !wrong.english.is_empty());
        *found.entry(damage.what.split(": ").nth(1).unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!(found.len() > 40, "the damages are of many kinds: {found:#?}");
}
