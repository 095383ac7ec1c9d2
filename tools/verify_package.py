#!/usr/bin/env python3
"""Checks an audit package (docs/audit-package.md) independently of the service and of its own verifier.

    verify_package.py DIR [--since CHECKPOINT_FILE] [--key FILE]

Python 3.9 or later with its standard library and `cryptography` (Debian: python3-cryptography), nothing of ours.
Exit codes: 0 everything holds, 1 something does not, 2 the package cannot be read.
"""
import argparse, base64, datetime, hashlib, json, os, sys
from collections import defaultdict

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from package_books import ACCOUNTS, KINDS, LINE, UNTOLD, Books, Wrong, must

MOSCOW = datetime.timezone(datetime.timedelta(hours=3))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- files, keys, notes

def read_file(root, name):
    try:
        with open(os.path.join(root, name), "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Wrong(f"{name} is not there")


def check_files(root, manifest):
    listed = {}
    for file in manifest["files"]:
        must(file["path"] not in listed, "the manifest lists", file["path"], "twice")
        data = read_file(root, file["path"])
        listed[file["path"]] = len(data)
        must(len(data) == file["bytes"] and sha(data).hex() == file["sha256"], file["path"],
             "is not the file of the manifest")
    walk_of = os.walk(root)
    there = {os.path.relpath(os.path.join(folder, name), root) for folder, _, names in walk_of for name in names}
    must(there == set(listed) | {"manifest.json"}, "files that the manifest does not list:", there - set(listed))
    expected = {"checkpoint", "checkpoints.txt", "keys.json", "facts.jsonl", "postings.csv", "numbers.json"}
    for content, count in [("entries", manifest["size"])] + [(l, manifest["size"] >> 8 * l) for l in range(8)]:
        expected |= {tile_path(content, i, min(256, count - 256 * i)) for i in range((count + 255) // 256)}
    must(expected == set(listed), "the manifest does not list what a log of its size has")
    return len(listed), sum(listed.values())


def tile_path(content, index, width):
    groups = "%03d" % (index % 1000)
    while index >= 1000:
        index //= 1000
        groups = "x%03d/%s" % (index % 1000, groups)
    return f"tile/{content}/{groups}" + (f".p/{width}" if width < 256 else "")


def keys_in(text):
    if text.lstrip().startswith("{"):
        keys = [k for k in json.loads(text)["keys"] if k["purpose"] == "log" and k["state"] != "compromised"]
        return [base64.urlsafe_b64decode(key["x"] + "=") for key in keys]
    return [base64.b64decode(line.split("+", 2)[2])[1:] for line in text.split()]


def open_note(note, keys, what):
    """Origin, size and root of a checkpoint signed by one of the keys, whose name is the origin."""
    try:
        body, signatures = note.split("\n\n")
        origin, size, root = body.split("\n")
        for line in signatures.splitlines():
            dash, name, signature = line.split(" ")
            signature = base64.b64decode(signature, validate=True)
            for key in keys:
                if (dash, name) == ("\u2014", origin) and sha(name.encode(), b"\n\x01", key)[:4] == signature[:4]:
                    Ed25519PublicKey.from_public_bytes(key).verify(signature[4:], body.encode() + b"\n")
                    return origin, int(size), base64.b64decode(root, validate=True)
    except (ValueError, InvalidSignature) as error:
        raise Wrong(f"{what}: not a note as it was signed {error}")
    raise Wrong(f"{what}: not signed by a trusted key of the log")


# --- leaves: deterministic CBOR (RFC 8949 4.2.1), nothing else is taken

def head(data, at):
    major, short = data[at] >> 5, data[at] & 31
    if short < 24:
        return major, short, at + 1
    must(short < 28, "not CBOR of a leaf")
    end = at + 1 + (1 << short - 24)
    value = int.from_bytes(data[at + 1:end], "big")
    must(end <= len(data) and value >= (24, 1 << 8, 1 << 16, 1 << 32)[short - 24], "a number in a longer form")
    return major, value, end


def item(data, at):
    major, value, at = head(data, at)
    if major in (0, 1):
        return (value if major == 0 else -1 - value), at
    if major in (2, 3):
        must(at + value <= len(data), "cut short")
        part = data[at:at + value]
        return (part if major == 2 else part.decode()), at + value
    items, last = [], None
    must(major in (4, 5), "not CBOR of a leaf")
    for _ in range(value):
        start = at
        key, at = item(data, at)
        if major == 5:
            order = (at - start, data[start:at])
            must(last is None or order > last, "keys out of order")
            last, (one, at) = order, item(data, at)
            key = (key, one)
        items.append(key)
    return (items if major == 4 else dict(items)), at


def decode(leaf, index):
    try:
        value, end = item(leaf, 0)
        must(end == len(leaf) and list(value) == list(range(7)) and value[0] == 1, "not a leaf of version 1")
        lines = [(line, account, amount, tuple(map(about.get, range(9)))) for line, account, amount, about in value[6]]
        return value[1], value[2], value[3], value[5], lines
    except (Wrong, IndexError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise Wrong(f"entry {index} cannot be read: {error}")


def entries(tile):
    at = 0
    while at < len(tile):
        length, at = int.from_bytes(tile[at:at + 2], "big"), at + 2
        if length == 0xFFFF:
            length, at = int.from_bytes(tile[at:at + 4], "big"), at + 4
        must(at + length <= len(tile), "a tile of entries is cut short")
        yield tile[at:at + length]
        at += length


# --- the pass over everything

HEADER = ("log_index,kind,effective_on,recorded_at,budget_line,account,debit_roubles,credit_roubles,"
          "agency,voucher,redemption,course_run,session,payee,payment,contract,act")


def compact(facts):
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def roubles(kopecks):
    return f"{abs(kopecks) // 100}.{abs(kopecks) % 100:02}"


def rows_of(index, kind, effective, recorded, lines):
    day = datetime.datetime.fromtimestamp(effective // 1000, MOSCOW).date().isoformat()
    at = datetime.datetime.fromtimestamp(recorded // 1000, datetime.timezone.utc)
    at = f"{at:%Y-%m-%dT%H:%M:%S}.{recorded % 1000:03}Z"
    for line, account, amount, about in lines:
        money = [roubles(amount), ""] if amount > 0 else ["", roubles(amount)]
        fields = [index, KINDS[kind], day, at, line, ACCOUNTS[account], *money, *about]
        yield ",".join("" if field is None else str(field) for field in fields)


def verify(root, since, keys):
    try:
        manifest = json.loads(read_file(root, "manifest.json"))
        must(manifest["format"] == 1, "a package of another version")
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong(f"manifest.json is no manifest: {error}")
    files, size_of_files = check_files(root, manifest)
    print(f"files: {files}, {size_of_files} bytes, as in the manifest")
    keys = keys or keys_in(read_file(root, "keys.json").decode())
    note = read_file(root, "checkpoint").decode()
    signed = open_note(note, keys, "checkpoint")
    agreed = manifest["checkpoint"] == note and (manifest["origin"], manifest["size"]) == signed[:2]
    agreed = agreed and manifest["programme"] == signed[0].split("/")[1]
    must(agreed, "manifest and checkpoint disagree")
    wanted = defaultdict(list)
    text = read_file(root, "checkpoints.txt").decode()
    must(text.endswith("\n\n"), "checkpoints.txt is cut short")
    notes = text[:-2].replace("\n\n\u2014", "\0\u2014").split("\n\n")
    last = -1
    for text in notes:
        one = open_note(text.replace("\0", "\n\n") + "\n", keys, "checkpoints.txt")
        must(last < one[1] <= signed[1], "checkpoints.txt is out of order")
        last = one[1]
        wanted[one[1]].append((one, "checkpoints.txt"))
    must(last == signed[1], "checkpoints.txt ends before the package")
    wanted[signed[1]].append((signed, "checkpoint"))
    for text in since:
        kept = open_note(text, keys, "the earlier checkpoint")
        must(kept[1] <= signed[1], "the package is older than the earlier checkpoint: it has", signed[1], "of", kept[1])
        wanted[kept[1]].append((kept, "the earlier checkpoint"))
    walk(root, signed, wanted, manifest["programme_id"].replace("-", ""))
    print(f"checkpoints: {len(notes)}, all signed by a trusted key and of this tree; earlier ones continued: {len(since)}")
    print("keys (SHA-256):", *(sha(key).hex() for key in keys))


def walk(root, signed, wanted, programme_id):
    size, peaks, levels, books = signed[1], [], defaultdict(list), Books()
    origin = "/".join(signed[0].split("/")[:2])
    text = read_file(root, "facts.jsonl").decode()
    facts = {fact["log_index"]: fact["facts"] for fact in map(json.loads, filter(None, text.split("\n")))}
    spelled = "".join('{"log_index":%d,"facts":%s}\n' % (at, compact(facts[at])) for at in sorted(facts))
    must(spelled == text, "facts.jsonl is out of order, or spelled otherwise")
    table = iter(read_file(root, "postings.csv").decode().split("\n"))
    must(next(table) == HEADER, "postings.csv has other columns")
    numbers = json.loads(read_file(root, "numbers.json"))
    known = {line["number"]: line["budget_line_id"] for line in numbers["budget_lines"]}
    index = rows = 0

    def root_now():
        top = None
        for _, peak in reversed(peaks):
            top = peak if top is None else sha(b"\x01", peak, top)
        return top or sha()

    for tile in range((size + 255) // 256):
        for leaf in entries(read_file(root, tile_path("entries", tile, min(256, size - 256 * tile)))):
            kind, effective, recorded, says, lines = decode(leaf, index)
            if kind == 11:
                before = f"{origin}\n{index}\n{base64.b64encode(root_now()).decode()}\n".encode()
                must(says["checkpoint"] == before, "entry", index, "goes on from another checkpoint")
                origin = "/".join(origin.split("/")[:2]) + "/" + says["epoch"].hex()
            height, node = 0, sha(b"\x00", leaf)
            levels[0].append(node)
            while peaks and peaks[-1][0] == height:
                height, node = height + 1, sha(b"\x01", peaks.pop()[1], node)
                if height % 8 == 0:
                    levels[height // 8].append(node)
            peaks.append((height, node))
            told = facts.pop(index, None)
            digest = None if told is None else sha(compact(told).encode())
            signed = None if kind in UNTOLD else says.get("facts_sha256")
            must(signed == digest, "entry", index, "has other facts than were signed")
            if "programme" in says:
                must(says["programme"].hex() == programme_id, "the manifest names another programme")
            if kind == LINE:
                listed = known.pop(index, "").replace("-", "")
                must(listed == says["budget_line"].hex(), "numbers.json: another budget line", index)
            try:
                books.book(index, kind, says, lines, told)
            except (Wrong, KeyError, TypeError, ValueError, ZeroDivisionError) as error:
                raise Wrong(f"entry {index}: {error if isinstance(error, Wrong) else repr(error)}")
            for row in rows_of(index, kind, effective, recorded, lines):
                rows += 1
                found = next(table, None)
                must(found == row, f"postings.csv, line {rows + 1}: {found}, and in the log {row}")
            index += 1
            for (name, _, tree), what in wanted.pop(index, []):
                must((name, tree) == (origin, root_now()), what, "of", index, "entries is of another tree")
    must(index == size and not any(wanted), "the package does not have the entries that were signed")
    must(not facts and not known and list(table) == [""], "a table has more than the log")
    for level, hashes in levels.items():
        for tile in range((len(hashes) + 255) // 256):
            part = hashes[256 * tile:256 * tile + 256]
            path = tile_path(level, tile, len(part))
            must(read_file(root, path) == b"".join(part), path, "has other hashes than its entries")
    print(f"log {origin}: {size} entries, {rows} postings, all as their rules ask; postings.csv and facts say the same")
    for line, balances in books.lines.items():
        print(f"budget line {line}:", *(f"{name} {roubles(balance)}" for name, balance in zip(ACCOUNTS, balances)))


def not_readable(error):
    print("cannot be read:", repr(error), file=sys.stderr)
    return 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("--since", action="append", default=[], help="a signed checkpoint from earlier, kept elsewhere")
    parser.add_argument("--key", help="the log's public keys: a jwks.json, or verifier keys one a line")
    given = parser.parse_args()
    try:
        texts = [open(path, encoding="utf-8").read() for path in given.since]
        keys = keys_in(open(given.key, encoding="utf-8").read()) if given.key else None
        os.stat(os.path.join(given.directory, "manifest.json"))
    except (OSError, ValueError, KeyError, IndexError) as error:
        sys.exit(not_readable(error))
    if not keys:
        print("the keys come from the package itself: compare them with those you know")
    try:
        verify(given.directory, texts, keys)
    except OSError as error:
        sys.exit(not_readable(error))
    except (Wrong, ValueError, KeyError, TypeError, IndexError) as wrong:
        print("DOES NOT HOLD:", wrong if isinstance(wrong, Wrong) else f"a file is not what it must be: {wrong!r}")
        sys.exit(1)
    print("everything holds")


if __name__ == "__main__":
    main()
