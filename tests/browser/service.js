/**
 * The real service with its demo, in a directory of its own.
 *
 *   VOUCHERS=target/release/vouchers   the program
 */
import { randomUUID } from 'node:crypto';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.VOUCHERS ?? join(ROOT, 'target/release/vouchers');

export class Service {
  /** Plays the demo into a new directory and serves it. */
  static async start() {
    const self = new Service();
    self.data = mkdtempSync(join(tmpdir(), 'desk-'));
    self.port = await freePort();
    const listen = `127.0.0.1:${self.port}`;
    execFileSync(PROGRAM, ['--data', self.data, 'demo', '--no-serve', '--listen', listen], { stdio: 'pipe' });
    self.demo = JSON.parse(readFileSync(join(self.data, 'demo.json'), 'utf8'));
    self.run = self.demo.open_course_run_id;
    self.process = spawn(PROGRAM, ['--data', self.data, 'serve', '--listen', listen], { stdio: 'ignore' });
    // Nothing outlives a run that is broken off.
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => {
        self.process.kill();
        process.exit(1);
      });
    }
    try {
      await until(() => fetch(`${self.origin}/readyz`).then((answer) => answer.ok, () => false));
    } catch (error) {
      await self.stop();
      throw error;
    }
    return self;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = once(this.process, 'exit');
      this.process.kill();
      await gone;
    }
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Vouchers of a status as the demo left them. */
  vouchers(status = 'issued') {
    return this.demo.vouchers.filter((voucher) => voucher.status === status);
  }

  /** A new pass that signs one browser in, once. */
  pass(role) {
    return execFileSync(PROGRAM, ['--data', this.data, 'token', 'pass', role], { encoding: 'utf8', stdio: 'pipe' }).trim();
  }

  /** As a program of that role. */
  async call(role, method, path, body) {
    const headers = { authorization: `Bearer ${this.demo.tokens[role]}`, 'accept-language': 'ru' };
    if (body) Object.assign(headers, { 'content-type': 'application/json', 'idempotency-key': randomUUID() });
    const answer = await fetch(`${this.origin}${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async get(role, path) {
    return (await this.call(role, 'GET', path)).json();
  }

  /** Redemptions of the open run. */
  async redemptions() {
    return (await this.get('registrar', `/v1/redemptions?course_run_id=${this.run}&limit=500`)).items;
  }

  /** The service's own picture of a voucher's code. */
  async picture({ voucher_id }) {
    return Buffer.from(await (await this.call('programme', 'GET', `/v1/vouchers/${voucher_id}/qr.png`)).arrayBuffer());
  }

  /** Another desk was quicker. */
  redeemElsewhere({ credential }) {
    const body = { redemption_id: randomUUID(), credential, course_run_id: this.run, identity_checked: true };
    return this.call('registrar', 'POST', '/v1/redemptions', body);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function until(check, milliseconds = 60_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
