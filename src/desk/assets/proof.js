// Checks the proof of a journal entry in the browser: what the page claims is fetched anew and computed here.
//
// Leaf and inclusion path by RFC 6962, the receipt's form by C2SP tlog-proof, the checkpoint's by tlog-checkpoint (a signed note),
// the keys from /.well-known/jwks.json. Nothing is reported that was not computed.

const encoder = new TextEncoder();

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function fromBase64Url(text) {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

function toBase64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function fromHexadecimal(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function join(...parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

const node = (left, right) => sha256(join(Uint8Array.of(1), left, right));

// RFC 9162 §2.1.3.2. Numbers are BigInt: a log may have more than 2^32 leaves.
export async function isIncluded(leaf, index, size, path, root) {
  if (index >= size) return false;
  let [fn, sn, hash] = [index, size - 1n, leaf];
  for (const sibling of path) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      hash = await node(sibling, hash);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else {
      hash = await node(hash, sibling);
    }
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  return sn === 0n && equal(hash, root);
}

// RFC 9162 §2.1.4.2: the tree of `to` leaves continues that of `from`, which is not empty.
export async function continues(from, fromRoot, to, toRoot, path) {
  if (from === to) return path.length === 0 && equal(fromRoot, toRoot);
  if (from > to || from === 0n || path.length === 0) return false;
  const hashes = (from & (from - 1n)) === 0n ? [fromRoot, ...path] : [...path];
  let [fn, sn] = [from - 1n, to - 1n];
  while (fn % 2n === 1n) [fn, sn] = [fn / 2n, sn / 2n];
  let [fr, sr] = [hashes[0], hashes[0]];
  for (const hash of hashes.slice(1)) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      fr = await node(hash, fr);
      sr = await node(hash, sr);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else {
      sr = await node(sr, hash);
    }
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  return sn === 0n && equal(fr, fromRoot) && equal(sr, toRoot);
}

// A checkpoint: its signed text, name, size, root and signatures.
export function readNote(note) {
  const end = note.indexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  const lines = note.slice(end + 2).split("\n").filter((line) => line.startsWith("— "));
  const signatures = lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return { name: line.slice(2, at), bytes: fromBase64(line.slice(at + 1)) };
  });
  return { text, origin, size: BigInt(size), root: fromBase64(root), signatures };
}

export function readReceipt(receipt) {
  const end = receipt.indexOf("\n\n");
  const lines = receipt.slice(0, end).split("\n").filter((line) => !line.startsWith("extra "));
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || !lines[1]?.startsWith("index ")) throw new Error("no receipt");
  return { index: BigInt(lines[1].slice(6)), path: lines.slice(2).map(fromBase64), note: receipt.slice(end + 2) };
}

// Whether a key of the log has signed the note; null when this browser knows no Ed25519.
export async function isSigned(note, jwks) {
  const message = encoder.encode(note.text);
  const keys = jwks.keys.filter((key) => key.purpose === "log" && key.crv === "Ed25519" && key.state !== "compromised");
  for (const key of keys) {
    const bytes = fromBase64Url(key.x);
    const id = (await sha256(join(encoder.encode(`${note.origin}\n`), Uint8Array.of(1), bytes))).slice(0, 4);
    const signature = note.signatures.find((one) => one.name === note.origin && equal(one.bytes.slice(0, 4), id));
    if (!signature) continue;
    let imported;
    try {
      imported = await crypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
    } catch {
      return null;
    }
    if (await crypto.subtle.verify({ name: "Ed25519" }, imported, signature.bytes.slice(4), message)) return true;
  }
  return false;
}

async function get(path) {
  const response = await fetch(path, { headers: { accept: "application/json, text/plain" }, cache: "no-store" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

// Checks an entry step by step; each step is true, false, or null when it was not checked.
async function check({ programme, index, shownHash, mayProve }) {
  const log = `/v1/programmes/${programme}`;
  const [entry, jwks, newestNote] = await Promise.all([
    get(`${log}/ledger/transactions/${index}`).then((response) => response.json()),
    get("/.well-known/jwks.json").then((response) => response.json()),
    get(`${log}/log/checkpoint`).then((response) => response.text()),
  ]);
  const leaf = await sha256(join(Uint8Array.of(0), fromHexadecimal(entry.leaf)));
  const receipt = readReceipt(entry.receipt);
  const [note, newest] = [readNote(receipt.note), readNote(newestNote)];
  const steps = {
    leaf: toBase64(leaf) === shownHash,
    path: receipt.index === BigInt(index) && (await isIncluded(leaf, receipt.index, note.size, receipt.path, note.root)),
    signature: await isSigned(note, jwks),
    newest: null,
  };
  // A log that was restored from a copy goes on under another name: proofs between the two are for the audit package.
  if (mayProve && newest.origin === note.origin) {
    const proof = await get(`${log}/log/proofs/consistency?from=${note.size}&to=${newest.size}`);
    const path = (await proof.json()).hashes.map(fromBase64);
    const signed = await isSigned(newest, jwks);
    steps.newest = signed && (await continues(note.size, note.root, newest.size, newest.root, path));
  }
  return steps;
}

function show(section, steps) {
  for (const [name, holds] of Object.entries(steps)) {
    const verdict = section.querySelector(`[data-check="${name}"] [data-verdict]`);
    const word = holds === null ? "skipped" : holds ? "good" : "bad";
    verdict.className = `badge ${holds === null ? "" : word}`;
    verdict.textContent = section.dataset[word];
  }
  const all = Object.values(steps);
  if (all.includes(false)) return ["bad", "failed"];
  return all.includes(null) ? ["warn", "notAll"] : ["good", "allGood"];
}

const section = globalThis.document?.querySelector("[data-proof]");
if (section && globalThis.crypto?.subtle) {
  const button = section.querySelector("[data-verify]");
  const outcome = section.querySelector("[data-outcome]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    let said;
    try {
      const { programme, index } = section.dataset;
      const shownHash = section.querySelector("[data-leaf-hash]").textContent;
      said = show(section, await check({ programme, index, shownHash, mayProve: "mayProve" in section.dataset }));
    } catch {
      said = ["warn", "unreachable"];
    }
    const [tone, word] = said;
    outcome.className = `notice ${tone}`;
    outcome.textContent = outcome.dataset[word];
    outcome.hidden = false;
    button.disabled = false;
  });
}
