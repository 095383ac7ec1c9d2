/**
 * A stand-in for the doors that the enrolment desk needs and the service may not have yet: the page itself,
 * the session, devices with their items, the status list. Everything else is the service: it is asked with a
 * registrar's token. Vouchers, keys, previews, redemptions and reversals are therefore real.
 *
 *   VOUCHERS=target/release/vouchers   the program
 */
import { createHash, createPrivateKey, createPublicKey, randomBytes, randomUUID, sign, verify } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, deflateSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.VOUCHERS ?? join(ROOT, 'target/release/vouchers');
const CSP = [
  "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob: data:",
  "connect-src 'self'", "font-src 'self'", "media-src 'self' blob:", "worker-src 'self'", "manifest-src 'self'",
  "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
].join('; ');
const TYPES = {
  js: 'text/javascript', css: 'text/css', wasm: 'application/wasm', ftl: 'text/plain; charset=utf-8', svg: 'image/svg+xml',
};

export class StandIn {
  /** Plays the demo into a new directory and serves it. */
  static async start() {
    const self = new StandIn();
    self.data = mkdtempSync(join(tmpdir(), 'desk-'));
    self.servicePort = await freePort();
    const listen = `127.0.0.1:${self.servicePort}`;
    execFileSync(PROGRAM, ['--data', self.data, 'demo', '--no-serve', '--listen', listen], { stdio: 'pipe' });
    self.demo = JSON.parse(readFileSync(join(self.data, 'demo.json'), 'utf8'));
    self.service = spawn(PROGRAM, ['--data', self.data, 'serve', '--listen', listen], { stdio: 'ignore' });
    await until(() => fetch(`http://${listen}/readyz`).then((answer) => answer.ok, () => false));
    self.keys = await (await fetch(`http://${listen}/.well-known/jwks.json`)).json();
    self.university = JSON.parse((await self.toService('GET', `/v1/universities/${self.demo.university_id}`, {}, null)).body);
    self.signer = credentialKey(join(self.data, 'keys'), self.keys);
    await self.up();
    return self;
  }

  constructor() {
    Object.assign(this, { language: 'ru', signedIn: true, version: '1', requests: [], devices: new Map(), pairings: new Set() });
    Object.assign(this, { delay: 0, lose: null, standing: new Map(), listAge: 0, revoked: false, port: 0 });
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async up() {
    if (this.server?.listening) return;
    this.server = createServer((request, response) => this.answer(request, response).catch((error) => {
      response.writeHead(500).end(String(error.stack));
    }));
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
  }

  /** No connection is taken, and those there are break. */
  async down() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async stop() {
    await this.down().catch(() => {});
    this.service.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Vouchers of a status as the demo left them. */
  vouchers(status = 'issued') {
    return this.demo.vouchers.filter((voucher) => voucher.status === status);
  }

  pairing() {
    const secret = randomBytes(32).toString('base64url');
    this.pairings.add(secret);
    return secret;
  }

  async answer(request, response) {
    const { pathname } = new URL(request.url, this.origin);
    const body = await bytesOf(request);
    this.requests.push({ method: request.method, path: pathname, body: body.toString() });
    if (this.delay) await new Promise((resolve) => setTimeout(resolve, this.delay));
    const send = (status, content, headers = {}) => {
      const isJson = typeof content === 'object' && !Buffer.isBuffer(content);
      response.writeHead(status, {
        'content-security-policy': CSP, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
        'content-type': isJson ? (status < 400 ? 'application/json' : 'application/problem+json') : 'text/plain', ...headers,
      });
      response.end(isJson ? JSON.stringify(content) : content);
    };
    if (pathname === '/desk/enrolment') return send(200, this.page(), { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    if (pathname === '/desk/enrolment/worker.js') return send(200, asset('worker.js'), { 'content-type': TYPES.js, 'cache-control': 'no-cache', 'service-worker-allowed': '/desk/enrolment' });
    if (pathname === '/desk/enrolment/manifest.webmanifest') return send(200, MANIFEST, { 'content-type': 'application/manifest+json' });
    if (pathname.startsWith('/assets/')) return this.asset(request, pathname, send);
    if (pathname === '/v1/me') return this.signedIn ? send(200, this.me()) : send(401, { code: 'unauthenticated' });
    if (pathname.startsWith('/s/')) return send(200, this.statusList(pathname), { 'content-type': 'application/statuslist+jwt' });
    if (request.method === 'POST' && pathname === '/v1/devices') return this.pair(JSON.parse(body), send);
    const items = /^\/v1\/devices\/([^/]+)\/items$/.exec(pathname);
    if (items) return this.items(items[1], JSON.parse(body), send);
    if (!this.signedIn && pathname.startsWith('/v1/')) return send(401, { code: 'unauthenticated', detail: 'Сеанс завершён.' });
    if (request.method !== 'GET' && request.headers['x-csrf-token'] !== 'csrf') return send(403, { code: 'forbidden', detail: 'no CSRF token' });
    const reply = await this.toService(request.method, request.url, request.headers, body);
    if (this.lose?.(request.method, pathname)) return response.destroy();
    send(reply.status, reply.body, { 'content-type': reply.type });
  }

  page() {
    const named = (name, from = 'assets') => `/assets/${this.version}.${from === 'assets' ? name : `words-${name}`}`;
    const words = named(`scan.${this.language}.ftl`, 'words');
    const of = {
      language: this.language, title: 'Стол зачисления', no_script: 'Нужен JavaScript.', words, script: named('desk.js'),
      decoder: named('decoder-worker.js'), wasm: named('zxing_reader.wasm'), style: named('enrolment.css'),
      base: named('base.css'), icon: named('icon.svg'), sign_in: '/desk/sign-in',
    };
    of.files = [words, of.script, of.decoder, of.wasm, of.style, of.base, of.icon, '/desk/enrolment/manifest.webmanifest'].join(' ');
    const template = readFileSync(join(ROOT, 'src/desk/pages/enrolment.html'), 'utf8').replace(/\{#[\s\S]*?#\}\s*/, '');
    return template.replace(/\{\{ (\w+) \}\}/g, (_, name) => of[name]);
  }

  asset(request, pathname, send) {
    const name = pathname.slice('/assets/'.length + this.version.length + 1);
    if (!pathname.startsWith(`/assets/${this.version}.`)) return send(404, { code: 'not_found' });
    const content = name === 'base.css' ? '' : name === 'icon.svg' ? ICON : asset(name);
    const headers = { 'content-type': TYPES[name.split('.').pop()], 'cache-control': 'public, max-age=31536000, immutable' };
    if (!/\bbr\b/.test(request.headers['accept-encoding'] ?? '')) return send(200, content, headers);
    send(200, compressed(content), { ...headers, 'content-encoding': 'br' });
  }

  me() {
    const organisation = { kind: 'university', id: this.demo.university_id, code: this.university.code, name: this.university.name };
    return { subject: 'registrar', scope: 'registrar', organisation, csrf_token: 'csrf', language: this.language, device_id: null };
  }

  statusList(path) {
    const bytes = Buffer.alloc(1 << 16);
    for (const [index, value] of this.standing) bytes[index >> 2] |= value << ((index & 3) * 2);
    const now = Math.floor(Date.now() / 1000) - this.listAge;
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const list = { bits: 2, lst: deflateSync(bytes).toString('base64url') };
    const head = part({ alg: 'EdDSA', kid: this.signer.kid, typ: 'statuslist+jwt' });
    const body = part({ sub: `https://${this.keys.issuer}${path}`, iat: now, exp: now + 3600, ttl: 900, status_list: list });
    return `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), this.signer.key).toString('base64url')}`;
  }

  pair({ secret, name, public_key }, send) {
    if (!this.pairings.delete(secret)) return send(422, { code: 'invalid_field', detail: 'Код привязки уже использован или устарел.' });
    const device_id = randomUUID();
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: public_key }, format: 'jwk' });
    this.devices.set(device_id, { key, next: 1, previous: null, done: new Map() });
    send(201, { device_id, name, university: 'ПсковГУ', registrar: 'registrar', service_time: new Date().toISOString() });
  }

  async items(id, { items }, send) {
    const device = this.devices.get(id);
    if (!device || this.revoked) return send(403, { code: 'device_revoked', detail: 'Устройство отозвано.' });
    const results = [];
    for (const { item, signature } of items) {
      const signed = Buffer.from(`training-vouchers/offline-item/v1\n${item}`);
      if (!verify(null, signed, device.key, Buffer.from(signature, 'base64url'))) return send(422, { code: 'bad_signature' });
      const told = JSON.parse(item);
      const earlier = device.done.get(told.sequence);
      if (earlier && earlier.item !== item) return send(409, { code: 'out_of_sequence', facts: { next_sequence: device.next } });
      if (earlier) {
        results.push({ ...earlier.result, outcome: 'replayed', first_outcome: earlier.result.outcome });
        continue;
      }
      if (told.sequence !== device.next || told.previous !== device.previous) return send(409, { code: 'out_of_sequence', facts: { next_sequence: device.next } });
      const result = await this.perform(told);
      device.done.set(told.sequence, { item, result });
      device.next += 1;
      device.previous = createHash('sha256').update(item).digest('base64url');
      results.push(result);
    }
    if (this.lose?.('POST', '/items')) return send(503, { code: 'outcome_unknown' });
    send(200, { service_time: new Date().toISOString(), next_sequence: device.next, results });
  }

  async perform(told) {
    const { sequence, redemption_id } = told;
    const of = told.action === 'undo'
      ? [`/v1/redemptions/${redemption_id}/reverse`, { voucher: 'issued', reason: told.reason }]
      : ['/v1/redemptions', { redemption_id, credential: told.credential, course_run_id: told.course_run_id, identity_checked: true }];
    const headers = { 'content-type': 'application/json', 'accept-language': 'ru', 'idempotency-key': randomUUID() };
    const reply = await this.toService('POST', of[0], headers, Buffer.from(JSON.stringify(of[1])));
    const answer = JSON.parse(reply.body);
    const outcome = reply.status < 300 ? 'final' : answer.code === 'already_redeemed' ? 'conflict' : 'rejected';
    const receipt = answer.receipt ?? 'a receipt of the stand-in';
    return {
      sequence, redemption_id, outcome, code: answer.code ?? null, detail: answer.detail ?? null,
      redemption: outcome === 'final' ? answer : null, conflict_id: outcome === 'conflict' ? randomUUID() : null, receipt,
    };
  }

  /** Redemptions of the run, by the service itself. */
  async redemptions(courseRunId = this.demo.open_course_run_id) {
    const reply = await this.toService('GET', `/v1/redemptions?course_run_id=${courseRunId}&limit=500`, {}, null);
    return JSON.parse(reply.body).items;
  }

  /** The service's own picture of a voucher's code. */
  async picture({ voucher_id }) {
    const headers = { authorization: `Bearer ${this.demo.tokens.programme}` };
    const answer = await fetch(`http://127.0.0.1:${this.servicePort}/v1/vouchers/${voucher_id}/qr.png`, { headers });
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Another desk was quicker. */
  async redeemElsewhere({ credential }) {
    const body = { redemption_id: randomUUID(), credential, course_run_id: this.demo.open_course_run_id, identity_checked: true };
    const reply = await this.toService('POST', '/v1/redemptions', { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(body)));
    if (reply.status !== 201) throw new Error(reply.body.toString());
  }

  toService(method, path, headers, body) {
    const passed = { authorization: `Bearer ${this.demo.tokens.registrar}` };
    for (const name of ['content-type', 'accept-language', 'idempotency-key', 'accept']) if (headers[name]) passed[name] = headers[name];
    return new Promise((resolve, reject) => {
      const request = ask({ port: this.servicePort, host: '127.0.0.1', method, path, headers: passed }, async (answer) => {
        resolve({ status: answer.statusCode, type: answer.headers['content-type'] ?? 'text/plain', body: await bytesOf(answer) });
      });
      request.on('error', reject);
      request.end(body?.length ? body : undefined);
    });
  }
}

const ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b4f8a"/></svg>';
const MANIFEST = {
  name: 'Стол зачисления', start_url: '/desk/enrolment', scope: '/desk/enrolment', display: 'standalone',
  icons: [{ src: '/assets/1.icon.svg', sizes: 'any', type: 'image/svg+xml' }],
};

function asset(name) {
  const path = name.startsWith('words-') ? `src/desk/words/${name.slice('words-'.length)}` : `src/desk/assets/${name}`;
  return readFileSync(join(ROOT, path));
}

const kept = new Map();
function compressed(content) {
  const name = createHash('sha256').update(content).digest('hex');
  if (!kept.has(name)) kept.set(name, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
  return kept.get(name);
}

/** The key that signs credentials, from the demo's directory. */
function credentialKey(directory, { keys }) {
  const wanted = keys.find(({ purpose, state }) => purpose === 'credential' && state === 'active');
  for (const name of readdirSync(directory).filter((name) => name.endsWith('.pem') && !name.endsWith('.pub.pem'))) {
    const key = privateKey(readFileSync(join(directory, name), 'utf8'));
    if (createPublicKey(key).export({ format: 'jwk' }).x === wanted.x) return { key, kid: wanted.kid };
  }
  throw new Error('no credential key');
}

/** PKCS#8 of version 2 (RFC 5958) carries the public key too, which OpenSSL does not read: the secret alone. */
function privateKey(pem) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const at = der.indexOf(Buffer.from('04220420', 'hex')) + 4;
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({ key: Buffer.concat([head, der.subarray(at, at + 32)]), format: 'der', type: 'pkcs8' });
}

async function bytesOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function until(check, milliseconds = 30_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
