import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { get as getHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { SAMPLES } from '../../../test/support/webhook-samples.ts';
import type { WebhookSettings } from '../../config/settings/server-settings.ts';
import { signJwt } from '../../core/jwt.ts';
import { formatImageName, type ImageName } from '../../core/reference.ts';
import { indexRepositories } from '../../core/repository-index.ts';
import { keepKeys } from '../oidc/key-set.ts';
import { selfSigned } from '../self-signed.ts';
import { webhookKinds } from './index.ts';
import { limitedTo, openLooks } from './looks.ts';
import { MOST_BODY_BYTES } from './receive.ts';
import { serveWebhooks } from './webhook-server.ts';

const SECRET = 's3cret';
const GOOGLE = { audience: 'https://tiphys.example.com/webhook', serviceAccount: 'push@acme.iam.gserviceaccount.com' };
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keySet = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1' }] });
const PLAIN: WebhookSettings = {
  port: 0,
  requireSecret: true,
  secrets: new Map(webhookKinds.filter(({ type }) => type !== 'gar').map(({ type }) => [type, SECRET])),
  googleToken: GOOGLE,
  allowedPerHour: 0,
  tls: undefined,
  http2: false,
};

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tiphys-webhooks-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A server, the looks that it caused, and what it counted. */
async function start(settings: Partial<WebhookSettings> = {}, used: readonly ImageName[] = []) {
  const looks: string[] = [];
  const counts = new Map<string, number>();
  const bugs: unknown[] = [];
  const index = indexRepositories(used);
  const paced = openLooks(
    () => index,
    (image) => looks.push(formatImageName(image)),
    limitedTo(settings.allowedPerHour ?? 0),
  );
  const server = await serveWebhooks({
    settings: { ...PLAIN, ...settings },
    tlsFolder: folder,
    looks: paced,
    googleKeys: keepKeys(
      async () => keySet,
      () => performance.now(),
    ),
    observe: (kind, outcome) => counts.set(`${kind} ${outcome}`, (counts.get(`${kind} ${outcome}`) ?? 0) + 1),
    now: Date.now,
    onBug: (error) => bugs.push(error),
  });
  onTestFinished(async () => {
    paced[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
    expect(bugs).toEqual([]);
  });
  return { url: `http://127.0.0.1:${server.port}`, server, looks, counts };
}

const token = (claims: object = {}, key: KeyObject = privateKey, header: object = { kid: 'k1' }) => {
  const seconds = Math.floor(Date.now() / 1000);
  const usual = { iss: 'https://accounts.google.com', aud: GOOGLE.audience, iat: seconds, exp: seconds + 3600 };
  return signJwt(header, { ...usual, email: GOOGLE.serviceAccount, email_verified: true, ...claims }, key);
};

/** How each kind shows a secret. */
function proof(type: string, secret: string, body: string): { headers: Record<string, string>; query: string } {
  const hmac = (algorithm: string) => createHmac(algorithm, secret).update(body).digest('hex');
  const asHeader = (name: string, value: string) => ({ headers: { [name]: value }, query: '' });
  switch (type) {
    case 'ghcr.io':
      return asHeader('x-hub-signature-256', `sha256=${hmac('sha256')}`);
    case 'nexus':
      return asHeader('x-nexus-webhook-signature', hmac('sha1'));
    case 'jfrog':
      return asHeader('x-jfrog-event-auth', hmac('sha256'));
    case 'harbor':
    case 'acr':
      return asHeader('authorization', secret);
    case 'distribution':
    case 'generic':
      return asHeader('authorization', `Bearer ${secret}`);
    case 'gar':
      return asHeader('authorization', `Bearer ${secret === SECRET ? token() : token({ aud: 'another' })}`);
    default:
      return { headers: {}, query: `&secret=${secret}` };
  }
}

async function send(url: string, sample: (typeof SAMPLES)[number], secret: string | undefined) {
  const body = JSON.stringify(sample.body);
  const { headers, query } = secret === undefined ? { headers: {}, query: '' } : proof(sample.type, secret, body);
  const named = new URLSearchParams({ type: sample.type, ...sample.query });
  const answer = await fetch(`${url}/webhook?${named}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sample.headers, ...headers },
    body,
  });
  return { status: answer.status, text: await answer.text() };
}

describe('over HTTP', () => {
  for (const { type, insists } of webhookKinds) {
    const samples = SAMPLES.filter((sample) => sample.type === type);
    const push = samples.find(({ expected }) => typeof expected !== 'string');
    if (push === undefined) throw new Error(`${type} has no sample`);

    test(`${type}: a push with the secret is taken, and one without or with another is not`, async () => {
      const { url, counts } = await start();
      expect(await send(url, push, SECRET)).toEqual({ status: 200, text: 'Webhook received and processing' });
      expect(await send(url, push, 'wrong')).toMatchObject({
        status: 400,
        text: expect.stringMatching(/^invalid webhook/),
      });
      expect(await send(url, push, undefined)).toMatchObject({ status: 400, text: expect.stringMatching(/^missing /) });
      expect(Object.fromEntries(counts)).toEqual({ [`${type} unused`]: push.expected.length, [`${type} refused`]: 2 });
    });

    for (const sample of samples.filter(({ expected }) => typeof expected === 'string')) {
      test(`${type}: ${sample.why} is answered with the reason`, async () => {
        const { url, counts } = await start();
        const { status, text: reason } = await send(url, sample, SECRET);
        const isIgnored = counts.has(`${type} ignored`);
        expect(reason).toBe(`${sample.expected}\n`);
        expect(status).toBe(insists && isIgnored ? 200 : 400);
      });
    }
  }

  const hub = SAMPLES[0];
  if (hub === undefined) throw new Error('no samples');
  const types = webhookKinds
    .map(({ type }) => type)
    .toSorted()
    .join(', ');

  test("upstream's statuses and words, in its order", async () => {
    const { url } = await start();
    const ask = async (path: string, init?: RequestInit) => {
      const answer = await fetch(`${url}${path}`, init);
      return `${answer.status} ${answer.headers.get('content-type')} ${await answer.text()}`;
    };
    const plain = 'text/plain; charset=utf-8';
    expect(await ask('/webhook')).toBe(`400 ${plain} missing registry type parameter. Supported types: ${types}\n`);
    expect(await ask('/webhook?type=x')).toBe(`400 ${plain} invalid registry type: x. Supported types: ${types}\n`);
    expect(await ask('/webhook?type=harbor')).toBe(`400 ${plain} invalid HTTP method: GET\n`);
    expect(await ask('/webhook?type=quay.io', { method: 'POST' })).toBe(`400 ${plain} missing webhook secret\n`);
    expect(await ask('/webhook?type=ghcr.io', { method: 'POST' })).toBe(`400 ${plain} missing webhook signature\n`);
    const header = 'missing Authorization header when secret is configured';
    expect(await ask('/webhook?type=harbor', { method: 'POST' })).toBe(`400 ${plain} ${header}\n`);
    expect(await ask('/healthz', { method: 'DELETE' })).toBe(`200 ${plain} OK`);
    expect(await ask('/other')).toBe(`404 ${plain} 404 page not found\n`);
    expect(await ask('/constructor')).toMatch(/^404 /);
  });

  test('the type may stand in a header', async () => {
    const { url } = await start();
    const headers = { 'x-registry-type': 'harbor' };
    expect(await (await fetch(`${url}/webhook`, { headers })).text()).toBe('invalid HTTP method: GET\n');
  });

  test('a body over 1 MiB is refused, after the secret was asked for', async () => {
    const { url, counts } = await start();
    const body = ' '.repeat(1024 * 1024 + 1);
    const post = (secret: string) => fetch(`${url}/webhook?type=quay.io&secret=${secret}`, { method: 'POST', body });
    const large = await post(SECRET);
    expect([large.status, await large.text()]).toEqual([413, 'request body too large\n']);
    expect((await post('x')).status).toBe(400);
    expect(counts.get('quay.io too-large')).toBe(1);
  });

  test('a body that never ends is not read to its end', async () => {
    const { server } = await start();
    const sent = request({ port: server.port, path: `/webhook?type=quay.io&secret=${SECRET}`, method: 'POST' });
    sent.on('error', () => {}); // the server hangs up
    const answered = once(sent, 'response');
    sent.write(Buffer.alloc(MOST_BODY_BYTES + 1));
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    sent.destroy();
  });

  test("a body that breaks off is nobody's bug", async () => {
    const { server } = await start();
    const path = `/webhook?type=quay.io&secret=${SECRET}`;
    const sent = request({ port: server.port, path, method: 'POST', headers: { 'content-length': '100' } });
    sent.on('error', () => {}); // we hang up ourselves
    sent.write('{"repo');
    await new Promise((resolve) => setTimeout(resolve, 50));
    sent.destroy();
    const secure = await start({
      tls: { minVersion: '1.3', maxVersion: '1.3', ciphers: [], ignoresCiphers: false },
      http2: true,
    });
    const session = connectHttp2(`https://127.0.0.1:${secure.server.port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': path, ':method': 'POST' });
    stream.on('error', () => {});
    stream.write('{"repo');
    await new Promise((resolve) => setTimeout(resolve, 50));
    session.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test('a secret is required unless that is switched off, and then only where one is set', async () => {
    const strict = await start({ secrets: new Map(), googleToken: undefined });
    expect(await send(strict.url, hub, undefined)).toMatchObject({
      status: 400,
      text: expect.stringMatching(/^no webhook handlers are registered; /),
    });
    expect(strict.server.warnings).toMatchObject([{ code: 'SETTING_UNUSED' }]);
    const lax = await start({ secrets: new Map([['quay.io', SECRET]]), requireSecret: false });
    expect(await send(lax.url, hub, undefined)).toMatchObject({ status: 200 });
    expect((await fetch(`${lax.url}/webhook?type=quay.io`, { method: 'POST' })).status).toBe(400);
  });

  test('a content type that cannot be right is refused', async () => {
    const { url } = await start();
    const init = { method: 'POST', headers: { authorization: SECRET, 'content-type': 'text/html' }, body: '{}' };
    const answer = await fetch(`${url}/webhook?type=harbor`, init);
    expect([answer.status, await answer.text()]).toEqual([400, 'invalid content type: text/html\n']);
  });

  for (const body of ['', 'x', '[]', 'null', '{"a"', '\xff']) {
    test(`the body ${JSON.stringify(body)} is no payload`, async () => {
      const { url, counts } = await start();
      const init = { method: 'POST', body: Buffer.from(body, 'latin1') };
      expect((await fetch(`${url}/webhook?type=quay.io&secret=${SECRET}`, init)).status).toBe(400);
      expect(counts.get('quay.io invalid')).toBe(1);
    });
  }

  test('an answer repeats what was sent on one line only', async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/webhook?type=${encodeURIComponent('a\nb\u0007')}`);
    expect(await answer.text()).toMatch(/^invalid registry type: a\?b\?\. Supported types: .*\n$/);
  });
});

describe('what a push makes happen', () => {
  const used = [{ registry: '', repository: 'acme/web' }];
  const push = (repository: string) => ({
    type: 'generic',
    why: '',
    body: { image: `docker.io/${repository}:1` },
    expected: [],
  });

  test('one look, however many say so; none for what nobody uses', async () => {
    const { url, looks, counts } = await start({}, used);
    for (let count = 0; count < 20; count++) await send(url, push('acme/web'), SECRET);
    await send(url, push('acme/other'), SECRET);
    expect(looks).toEqual(['acme/web']);
    expect(Object.fromEntries(counts)).toEqual({
      'generic look': 1,
      'generic delayed': 1,
      'generic joined': 18,
      'generic unused': 1,
    });
  });

  test("upstream's limit for each hour delays looks", async () => {
    const images = ['a', 'b'].map((name) => ({ registry: '', repository: `acme/${name}` }));
    const { url, looks, counts } = await start({ allowedPerHour: 1 }, images);
    await send(url, push('acme/a'), SECRET);
    await send(url, push('acme/b'), SECRET);
    expect(looks).toEqual(['acme/a']);
    expect(counts.get('generic delayed')).toBe(1);
  });

  test('many at once, some forged and some malformed: bounded work, right outcomes', async () => {
    const images = Array.from({ length: 10 }, (_, index) => ({ registry: 'ghcr.io', repository: `acme/app${index}` }));
    const { url, looks, counts } = await start({}, images);
    const shots = Array.from({ length: 600 }, async (_, index) => {
      const sample = { type: 'generic', why: '', body: { image: `ghcr.io/acme/app${index % 20}` }, expected: [] };
      if (index % 20 === 0) return send(url, sample, 'forged');
      if (index % 20 === 1) return send(url, { ...sample, body: {} }, SECRET);
      return send(url, sample, SECRET);
    });
    const statuses = Map.groupBy(await Promise.all(shots), ({ status }) => status);
    expect([statuses.get(200)?.length, statuses.get(400)?.length]).toEqual([540, 60]);
    expect(looks).toHaveLength(8);
    expect(counts.get('generic refused')).toBe(30);
    expect(counts.get('generic invalid')).toBe(30);
    expect(counts.get('generic unused')).toBe(300);
    expect(counts.get('generic look')).toBe(8);
  });
});

describe("Google's token", () => {
  const sample = SAMPLES.find(({ type }) => type === 'gar');
  if (sample === undefined) throw new Error('no sample');
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const seconds = Math.floor(Date.now() / 1000);
  for (const [why, jwt, reason] of [
    ['another key', token({}, other), 'the signature is wrong'],
    ['a key that nobody knows', token({}, privateKey, { kid: 'k2' }), 'its key is unknown'],
    ['another issuer', token({ iss: 'https://evil.example' }), 'it is of another issuer'],
    ['another audience', token({ aud: 'https://other.example' }), 'it is meant for another audience'],
    ['another account', token({ email: 'x@acme.iam.gserviceaccount.com' }), 'it is of another service account'],
    ['an address that was not verified', token({ email_verified: false }), 'it is of another service account'],
    ['expired', token({ exp: seconds - 120 }), 'it has expired'],
    ['without an end', token({ exp: undefined }), 'its exp is missing'],
    ['from the future', token({ iat: seconds + 3600 }), 'it is from the future'],
  ] as const) {
    test(`${why}: ${reason}`, async () => {
      const { url } = await start();
      const headers = { authorization: `Bearer ${jwt}` };
      const init = { method: 'POST', headers, body: JSON.stringify(sample.body) };
      const answer = await fetch(`${url}/webhook?type=gar`, init);
      expect([answer.status, await answer.text()]).toEqual([400, `invalid webhook token: ${reason}\n`]);
    });
  }

  test('an algorithm of its own choice is no token', async () => {
    const { url } = await start();
    const [, claims] = token().split('.');
    for (const alg of ['none', 'HS256']) {
      const header = Buffer.from(JSON.stringify({ alg, kid: 'k1' })).toString('base64url');
      const signature = createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' })).update(
        `${header}.${claims}`,
      );
      const forged = `${header}.${claims}.${signature.digest('base64url')}`;
      const answer = await fetch(`${url}/webhook?type=gar`, {
        method: 'POST',
        headers: { authorization: `Bearer ${forged}` },
        body: '{}',
      });
      expect(await answer.text()).toBe('missing webhook token\n');
    }
  });

  test('keys are fetched once, again for an unknown one after a minute, and kept while Google is down', async () => {
    let nowMs = 0;
    let fetched = 0;
    let isDown = false;
    const keys = keepKeys(
      async () => {
        fetched += 1;
        if (isDown) throw new Error('down');
        return keySet;
      },
      () => nowMs,
    );
    expect((await Promise.all([keys.find('k1'), keys.find('k1')])).every(Boolean)).toBe(true);
    for (let count = 0; count < 10; count++) expect(await keys.find(`x${count}`)).toBeUndefined();
    expect(fetched).toBe(1);
    nowMs = 61_000;
    await keys.find('x');
    expect(fetched).toBe(2);
    isDown = true;
    nowMs += 2 * 3_600_000;
    expect(await keys.find('k1')).toBeDefined();
    nowMs += 61_000;
    await expect(keys.find('x')).rejects.toThrow('down');
    expect(fetched).toBe(4);
  });
});

describe('TLS', () => {
  const tls = {
    minVersion: '1.2',
    maxVersion: '1.3',
    ciphers: ['ECDHE-ECDSA-AES256-GCM-SHA384'],
    ignoresCiphers: false,
  };
  const spoken = (port: number, options: ConnectionOptions) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
      socket.destroy();
    });
    socket.once('error', reject);
    return promise;
  };

  test('with a certificate of its own making, the versions and the ciphers that were asked for', async () => {
    const { server } = await start({ tls });
    expect(server.warnings).toMatchObject([{ object: folder }]);
    expect(await spoken(server.port, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384');
    expect(await spoken(server.port, {})).toMatch(/^TLSv1.3 /);
    const others = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
    await expect(spoken(server.port, others)).rejects.toThrow();
  });

  test('of 1.3 only by default, of 1.1 when it is asked for', async () => {
    const strict = await start({ tls: { minVersion: '1.3', maxVersion: '1.3', ciphers: [], ignoresCiphers: true } });
    await expect(spoken(strict.server.port, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(strict.server.warnings).toMatchObject([{ object: folder }, { object: '--tlsciphers' }]);
    const old = await start({ tls: { minVersion: '1.1', maxVersion: '1.1', ciphers: [], ignoresCiphers: false } });
    const asked = { minVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;
    expect(await spoken(old.server.port, asked)).toMatch(/^TLSv1.1 /);
  });

  test('with the certificate in the folder; what is wrong with it stops the start', async () => {
    const own = await mkdtemp(join(tmpdir(), 'tiphys-webhooks-'));
    onTestFinished(() => rm(own, { recursive: true }));
    const write = async (pair: { cert: string; key: string }) => {
      await writeFile(join(own, 'tls.crt'), pair.cert);
      await writeFile(join(own, 'tls.key'), pair.key);
    };
    const pair = selfSigned(Date.now());
    await write(pair);
    const open = () =>
      serveWebhooks({
        settings: { ...PLAIN, tls },
        tlsFolder: own,
        looks: { repositoryPushed: () => 'unused' },
        googleKeys: { find: async () => undefined },
        observe: () => {},
        now: Date.now,
        onBug: () => {},
      });
    {
      await using server = await open();
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      getHttps({ port: server.port, host: 'localhost', path: '/healthz', ca: pair.cert, agent: false }, (response) =>
        resolve(text(response)),
      ).once('error', reject);
      expect(await promise).toBe('OK');
      expect(server.warnings).toEqual([]);
    }
    await write(selfSigned(Date.now() - 400 * 86_400_000));
    await expect(open()).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: expect.stringContaining('expired'),
    });
    await write({ cert: pair.cert, key: selfSigned(0).key });
    await expect(open()).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' });
  });

  test('HTTP/2 only when it is allowed', async () => {
    const { server } = await start({ tls, http2: true });
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
    const stream = session.request({
      ':path': `/webhook?type=generic`,
      ':method': 'POST',
      authorization: `Bearer ${SECRET}`,
    });
    stream.end(JSON.stringify({ image: 'acme/web' }));
    expect(await text(stream)).toBe('Webhook received and processing');
    session.close();
    expect(await spoken(server.port, { ALPNProtocols: ['http/1.1'] })).toMatch(/^TLSv1.3 /);
    const plain = await start({ tls });
    const refused = connectHttp2(`https://127.0.0.1:${plain.server.port}`, { rejectUnauthorized: false });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    refused.once('error', resolve);
    expect(await promise).toBeInstanceOf(Error);
  });
});

test('an address that is taken is a failure that names it', async () => {
  const { server } = await start();
  await expect(start({ port: server.port })).rejects.toMatchObject({
    code: 'ADDRESS_UNUSABLE',
    object: `:${server.port}`,
  });
});
