/**
 * A provider of identities on a free port of this machine, for tests: oidc-provider, with a person who never has to type
 * anything. Its address is the first line of the output; it ends when its input does.
 *
 *   GET /control/person?subject=…[&amr=…]   who signs in from now on
 *   GET /control/rotate                     other keys from now on; those of before are gone
 *   GET /control/down, /control/up          answers nothing but 503, or everything again
 */
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const server = createServer((request, response) => answer(request, response));
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;
const [, , client, secret, back, algorithm] = process.argv;

let person = { subject: 'nobody', amr: undefined };
let isDown = false;
let provider = start();

function key() {
  const [type, options] = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] }[algorithm];
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: algorithm };
}

function start() {
  return new Provider(issuer, {
    clients: [
      {
        client_id: client,
        client_secret: secret,
        redirect_uris: [back],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        id_token_signed_response_alg: algorithm,
      },
    ],
    jwks: { keys: [key()] },
    cookies: { keys: [randomUUID()] },
    features: { devInteractions: { enabled: false } },
    claims: { openid: ['sub', 'amr', 'acr'] },
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
}

async function interact(request, response) {
  const { params, session } = await provider.interactionDetails(request, response);
  const accountId = session?.accountId ?? person.subject;
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope('openid');
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId, amr: person.amr }, consent });
}

async function answer(request, response) {
  const { pathname, searchParams } = new URL(request.url, issuer);
  const done = () => response.end('done\n');
  if (pathname === '/control/person') {
    person = { subject: searchParams.get('subject'), amr: searchParams.get('amr')?.split(' ') };
    return done();
  }
  if (pathname === '/control/rotate') {
    provider = start();
    return done();
  }
  if (pathname === '/control/down' || pathname === '/control/up') {
    isDown = pathname.endsWith('down');
    return done();
  }
  if (isDown) {
    response.statusCode = 503;
    return response.end();
  }
  if (pathname.startsWith('/interaction/')) return interact(request, response);
  return provider.callback()(request, response);
}

process.stdin.resume().on('end', () => process.exit(0));
console.log(issuer);
