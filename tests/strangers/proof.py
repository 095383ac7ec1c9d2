"""Checks our log's proofs with other people's code: PyPI `pymerkle` 7 and `cryptography`.

    PROOF_CASES=/tmp/cases.json cargo test --lib proof::strangers
    python tests/strangers/proof.py /tmp/cases.json

Trees, roots and inclusion paths are pymerkle's. Its consistency proofs are cut finer than
RFC 6962's, so ours are checked by RFC 9162 section 2.1.4.2 over its hashes and its roots.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InclusionProof, InmemoryTree, InvalidProof, verify_inclusion


def check_inclusion(tree, leaf, case, index, path):
    expected = tree.prove_inclusion(index + 1, case["size"])  # pymerkle counts from one
    path = [leaf] + [bytes.fromhex(digest) for digest in path]
    assert path == expected.path, f"path of leaf {index} of {case['size']}"
    ours = InclusionProof("sha256", True, case["size"], index + 1, expected.rule, path)
    root = bytes.fromhex(case["root"])
    verify_inclusion(leaf, root, ours, index=index + 1, size=case["size"])
    try:
        verify_inclusion(leaf, hashlib.sha256(root).digest(), ours)
    except InvalidProof:
        return
    raise AssertionError("a wrong root was accepted")


def check_consistency(tree, case):
    old, new = case["old_size"], case["size"]
    path = [bytes.fromhex(digest) for digest in case["consistency"]]
    if old in (0, new):
        assert path == []
        return
    if old & (old - 1) == 0:
        path.insert(0, tree.get_root(old))
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_hash = new_hash = path[0]
    for digest in path[1:]:
        assert last != 0
        if node & 1 or node == last:
            old_hash = tree.hash_pair(digest, old_hash)
            new_hash = tree.hash_pair(digest, new_hash)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_hash = tree.hash_pair(new_hash, digest)
        node, last = node >> 1, last >> 1
    assert last == 0 and (old_hash, new_hash) == (tree.get_root(old), tree.get_root(new))


def check_checkpoint(case):
    name, key_id, key = case["verifier_key"].split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 1 and hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id
    body, signatures = case["checkpoint"].rsplit("\n\n", 1)
    body += "\n"
    root = base64.b64encode(bytes.fromhex(case["root"])).decode()
    assert body == f"{name}\n{case['size']}\n{root}\n"
    dash, signer, signature = signatures.removesuffix("\n").split(" ")
    signature = base64.b64decode(signature, validate=True)
    assert (dash, signer, signature[:4].hex()) == ("\u2014", name, key_id)
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], body.encode())


def check_cosignature(case):
    name, key_id, key = case["witness_key"].split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 4 and hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id
    assert case["cosigned"].startswith(case["checkpoint"])
    dash, signer, signature = case["cosigned"].removeprefix(case["checkpoint"]).removesuffix("\n").split(" ")
    signature = base64.b64decode(signature, validate=True)
    assert (dash, signer, signature[:4].hex(), len(signature)) == ("\u2014", name, key_id, 76)
    body = case["checkpoint"].rsplit("\n\n", 1)[0] + "\n"
    message = f"cosignature/v1\ntime {int.from_bytes(signature[4:12], 'big')}\n{body}"
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[12:], message.encode())


def check_receipt(case, inclusion):
    head, checkpoint = inclusion["receipt"].split("\n\n", 1)
    path = [base64.b64encode(bytes.fromhex(digest)).decode() for digest in inclusion["path"]]
    assert head.split("\n") == ["c2sp.org/tlog-proof@v1", f"index {inclusion['index']}"] + path
    assert checkpoint == case["checkpoint"]


def main():
    cases = json.load(open(sys.argv[1], encoding="utf-8"))
    proofs = cosignatures = 0
    for case in cases:
        leaves = [bytes.fromhex(leaf) for leaf in case["leaves"]]
        tree = InmemoryTree.init_from_entries(leaves)
        assert tree.get_root(case["size"]).hex() == case["root"]
        assert tree.get_root(case["old_size"]).hex() == case["old_root"]
        for inclusion in case["inclusions"]:
            index = inclusion["index"]
            check_inclusion(tree, tree.hash_buff(leaves[index]), case, index, inclusion["path"])
            check_receipt(case, inclusion)
            proofs += 1
        check_consistency(tree, case)
        check_checkpoint(case)
        if "cosigned" in case:
            check_cosignature(case)
            cosignatures += 1
    assert proofs
    print(f"{len(cases)} trees, {proofs} inclusion proofs, {cosignatures} cosignatures, consistency and signatures: good")


if __name__ == "__main__":
    main()
