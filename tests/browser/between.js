/**
 * What lies between a browser and the service: passes every request and answer on as it is, cookies and Host
 * included. It can be cut, hold an answer back or lose it, and give the files of pages other names, as a deploy does.
 */
import { Agent, createServer, request as ask } from 'node:http';

export class Between {
  /** @param {import('./service.js').Service} service */
  constructor(service) {
    this.service = service;
    this.agent = new Agent({ keepAlive: true });
    this.port = 0;
    this.requests = [];
    this.clear();
  }

  static async to(service) {
    const self = new Between(service);
    await self.up();
    return self;
  }

  /** Passes everything on again. */
  clear() {
    Object.assign(this, { hold: null, lose: null, deploy: null });
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async up() {
    if (this.server?.listening) return;
    this.server = createServer((request, response) => {
      this.pass(request, response).catch(() => response.destroy());
    });
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
  }

  /** No connection is taken, and those there are break. */
  async down() {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  async stop() {
    await this.down();
    this.agent.destroy();
  }

  async pass(request, response) {
    const { method, headers } = request;
    const path = request.url.split('?')[0];
    const body = await bytesOf(request);
    this.requests.push({ method, path, body: body.toString() });
    // A page of before the deploy is no longer what there is.
    const asked = this.deploy ? { ...headers, 'accept-encoding': 'identity', 'if-none-match': '' } : headers;
    const url = this.deploy ? before(request.url, this.deploy) : request.url;
    const { service, agent } = this;
    const answer = await new Promise((resolve, reject) => {
      const passed = ask({ host: '127.0.0.1', port: service.port, agent, method, path: url, headers: asked, setHost: false }, resolve);
      passed.on('error', reject);
      passed.end(body);
    });
    let content = await bytesOf(answer);
    // It is on the service's books, and nobody hears of it.
    if (this.lose?.(method, path)) return response.destroy();
    const told = { ...answer.headers };
    if (this.deploy && /^text\/html/.test(told['content-type'])) {
      content = Buffer.from(content.toString().replaceAll('/assets/', `/assets/${this.deploy}-`));
      told['content-length'] = content.length;
      delete told.etag;
    }
    await this.hold?.(method, path, headers);
    response.writeHead(answer.statusCode, told);
    response.end(content);
  }
}

/** The name that a file has in the service; those from before the deploy lead nowhere. */
function before(url, deploy) {
  if (!url.startsWith('/assets/')) return url;
  const own = `/assets/${deploy}-`;
  return url.startsWith(own) ? `/assets/${url.slice(own.length)}` : '/assets/gone';
}

async function bytesOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
