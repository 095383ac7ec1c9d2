//! The log in tiles: whoever has them rebuilds the tree under the checkpoint.

use crate::harness::Reply;
use crate::stage::Stage;
use training_vouchers::kernel::Scope;
use training_vouchers::proof::{Appender, Frontier, Hash, leaf_hash};

struct Log<'s>(&'s Stage);

impl Log<'_> {
    fn path(&self, rest: &str) -> String {
        format!("/v1/programmes/{}/log/{rest}", self.0.programme_id)
    }

    /// Status, caching and bytes.
    fn tile(&self, tile: &str) -> (u16, String, Vec<u8>) {
        let request = self.0.server.request("GET", &self.path(&format!("tile/{tile}")));
        let reply = request.bearer_auth(self.0.server.token(Scope::Auditor)).send().unwrap();
        let caching = reply.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned());
        (reply.status().as_u16(), caching.unwrap_or_default(), reply.bytes().unwrap().to_vec())
    }

    fn found(&self, tile: &str) -> Vec<u8> {
        let (status, _, bytes) = self.tile(tile);
        assert_eq!(status, 200, "{tile}");
        bytes
    }
}

fn leaves(mut bundle: &[u8]) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk() {
        let (leaf, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        leaves.push(leaf.to_vec());
        bundle = rest;
    }
    leaves
}

fn hashes(tile: &[u8]) -> Vec<Hash> {
    tile.chunks(32).map(|hash| Hash(hash.try_into().unwrap())).collect()
}

fn root(hashes: &[Hash]) -> Hash {
    let mut appender = Appender::new(Frontier::default());
    for hash in hashes {
        appender.append(*hash);
    }
    appender.finish().root()
}

#[test]
fn tiles_rebuild_the_tree_under_the_checkpoint() {
    let stage = Stage::start(300);
    stage.set_quota(&stage.programme_id, &stage.server.agency_id.to_string(), 300);
    stage.vouchers(300);
    let log = Log(&stage);
    let checkpoint = stage.checkpoint();
    let rest = checkpoint.size - 256;
    assert!((1..256).contains(&rest), "a full tile and a part: {}", checkpoint.size);

    let part = |tile: &str| format!("{tile}/001.p/{rest}");
    let all: Vec<_> = [log.found("entries/000"), log.found(&part("entries"))].concat();
    let of_leaves: Vec<_> = leaves(&all).iter().map(|leaf| leaf_hash(leaf)).collect();
    assert_eq!(of_leaves.len() as u64, checkpoint.size);
    assert_eq!(root(&of_leaves), checkpoint.root);

    let of_tiles = hashes(&[log.found("0/000"), log.found(&part("0"))].concat());
    assert_eq!(of_tiles, of_leaves);
    assert_eq!(hashes(&log.found("1/000.p/1")), [root(&of_leaves[..256])]);
    assert_eq!(log.found("0/000.p/7"), log.found("0/000")[..7 * 32], "a part that has been filled since");

    assert_eq!(log.tile("0/000").1, "private, max-age=31536000, immutable");
    assert_eq!(log.tile(&part("0")).1, "private, no-cache");
}

#[test]
fn what_has_not_grown_or_is_no_tile_is_not_found() {
    let stage = Stage::start(1);
    let log = Log(&stage);
    let size = stage.checkpoint().size;
    for tile in ["0/000", &format!("0/000.p/{}", size + 1), "1/000.p/1", "entries/000", "0/0", "x", ""] {
        assert_eq!(log.tile(tile).0, 404, "{tile}");
    }
    let reply: Reply = stage.server.request("GET", &log.path("tile/0/000.p/1")).send().unwrap().into();
    assert_eq!(reply.status, 401);
}
