import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { known } from '../../../test/policy.ts';
import { type OidcIssuer, startIssuer } from '../../../test/support/oidc-issuer.ts';
import { parseGoGlob } from '../../core/deciding/go-glob.ts';
import { Failure } from '../../core/failure.ts';
import { JUST_ACCEPTED } from '../../core/handoff/operation.ts';
import type { HandoffIssuer, HandoffRule } from '../../core/handoff/rules.ts';
import { isUntyped, textAt, type Untyped } from '../../core/untyped.ts';
import type { FollowedHandoff, HandoffAnswer, HandoffDesk, HandoffRequest } from '../../ports/handoffs.ts';
import { serveHandoffs } from './handoff-server.ts';
import { openIssuers } from './issuers.ts';
import { openRates } from './rates.ts';
import type { ObservedHandoff } from './receive.ts';

const AUDIENCE = 'https://tiphys.example.com';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const CLAIMS = { aud: AUDIENCE, project_id: '42', ref_protected: 'true', pipeline_id: '7', pipeline_source: 'push' };
const BODY = { images: [{ image: 'registry.example.com/acme/shop:1.1', digest: DIGEST }] };

let issuer: OidcIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer[Symbol.asyncDispose]());

const HANDOFF: Omit<FollowedHandoff, 'id' | 'token' | 'secret'> = {
  createdMs: 0,
  order: undefined,
  isFinal: false,
  targets: [
    {
      ...{
        application: 'argocd/shop',
        alias: 'web',
        image: 'registry.example.com/acme/shop',
        tag: '1.1',
        digest: DIGEST,
      },
      ...JUST_ACCEPTED,
      ...{ state: 'committed', commit: 'c0ffee', branch: 'main', health: 'Progressing' },
    },
  ],
};

interface LabOptions {
  readonly answer?: (request: HandoffRequest) => HandoffAnswer;
  readonly issuer?: Partial<HandoffIssuer>;
  readonly rule?: Partial<HandoffRule>;
  readonly burst?: number;
  readonly strangers?: { readonly each: number; readonly all: number };
}

/** A server over the issuer, and what reached the desk behind it. */
async function start({ answer, issuer: more, rule, burst = 100, strangers }: LabOptions = {}) {
  const requests: HandoffRequest[] = [];
  const observed: ObservedHandoff[] = [];
  const failures: unknown[] = [];
  const clock = { nowMs: Date.now(), steadyMs: 0 };
  const believed: HandoffIssuer = {
    url: issuer.url,
    kind: 'gitlab',
    audience: AUDIENCE,
    caFile: issuer.caFile,
    ...more,
  };
  const desk: HandoffDesk = {
    async submit(request) {
      requests.push(request);
      return answer?.(request) ?? { kind: 'accepted', id: request.id, isNew: true };
    },
    async find(id, isOwn) {
      const [request] = requests.filter((one) => one.id === id);
      return request && isOwn(request) ? { ...HANDOFF, id, token: request.token, secret: request.secret } : undefined;
    },
  };
  const policy = {
    issuers: openIssuers([believed], () => clock.steadyMs),
    rules: [
      {
        ...{ issuer: issuer.url, claims: { project_id: '42', ref_protected: 'true' } },
        ...{ pullRequests: false, bodyOrder: false, names: [known(parseGoGlob('argocd/*'))], labels: [] },
        ...rule,
      },
    ],
  };
  const server = await serveHandoffs({
    settings: { port: 0, tls: undefined, http2: false },
    tlsFolder: '/nowhere',
    policy: async () => policy,
    desk,
    rates: openRates({ burst, everyMs: 1_000 }),
    strangers: {
      each: openRates({ burst: strangers?.each ?? 1_000, everyMs: 1_000 }),
      all: openRates({ burst: strangers?.all ?? 1_000, everyMs: 1_000 }),
    },
    now: () => clock.nowMs,
    steadyNow: () => clock.steadyMs,
    observe: (one) => observed.push(one),
    failed: (error) => failures.push(error),
    onBug: (error) => failures.push(error),
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const url = `http://127.0.0.1:${server.port}/api/v1/handoff`;
  return {
    url,
    requests,
    observed,
    failures,
    clock,
    async post(token: string | undefined, body: unknown = BODY) {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(url, { method: 'POST', headers, body: text });
      return { status: response.status, headers: response.headers, body: bodyOf(await response.json()) };
    },
    async get(id: string, proof: string) {
      const response = await fetch(`${url}/${id}`, { headers: { authorization: `Bearer ${proof}` } });
      return { status: response.status, body: bodyOf(await response.json()) };
    },
  };
}

function bodyOf(value: unknown): Untyped {
  if (!isUntyped(value)) throw new Error('the answer is no object');
  return value;
}

const idOf = (body: Untyped) => textAt(body, 'id') ?? '';
const secretOf = (body: Untyped) => textAt(body, 'secret') ?? '';

describe('a hand-off', () => {
  for (const algorithm of ['RS256', 'ES256'] as const) {
    test(`is taken with a token by ${algorithm}`, async () => {
      const { post, requests, observed } = await start();
      const { status, headers, body } = await post(issuer.token(CLAIMS, { algorithm }), {
        ...BODY,
        applications: ['shop'],
      });
      expect([status, body]).toEqual([
        202,
        { id: expect.any(String), operation: headers.get('location'), secret: expect.any(String), state: 'accepted' },
      ]);
      expect(body['operation']).toBe(`/api/v1/handoff/${idOf(body)}`);
      expect(requests).toMatchObject([
        {
          images: [
            { image: { registry: 'registry.example.com', repository: 'acme/shop' }, tag: '1.1', digest: DIGEST },
          ],
          applications: ['shop'],
          grant: { order: { scope: `gitlab-id:${new URL(issuer.url).host}/42`, number: 7 } },
        },
      ]);
      expect(observed).toEqual([{ outcome: 'accepted', issuer: issuer.url, subject: 'a job', operation: idOf(body) }]);
    });
  }

  for (const [kind, claims, order] of [
    [
      'github',
      {
        ...{ repository_id: '7', repository: 'acme/shop', run_number: '5', environment: 'production' },
        workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
      },
      { scope: expect.stringMatching(/^github-run:.*\/7\/.github\/workflows\/deploy.yml$/), number: 5 },
    ],
    ['generic', { repositoryUuid: '{x}', branchName: 'main', run_number: '5' }, undefined],
  ] as const) {
    test(`of an issuer of kind ${kind} is taken in the order that its claims say`, async () => {
      const rule = { claims: Object.fromEntries(Object.entries(claims).slice(0, 1)) };
      const { post, requests } = await start({ issuer: { kind }, rule });
      expect((await post(issuer.token({ aud: [AUDIENCE], ...claims }))).status).toBe(202);
      expect(requests.map(({ grant }) => grant.order)).toEqual([order]);
      expect((await post(issuer.token(CLAIMS))).status).toBe(403);
    });
  }

  test('is taken while the clocks of both differ by less than a minute', async () => {
    const { post } = await start();
    const seconds = Math.floor(Date.now() / 1000);
    const skewed = [
      { exp: seconds - 30, iat: seconds - 300 },
      { iat: seconds + 30, nbf: seconds + 30 },
    ];
    for (const times of skewed) expect((await post(issuer.token({ ...CLAIMS, ...times }))).status).toBe(202);
  });

  test('is remembered for as long as its token is taken, in whole milliseconds', async () => {
    const { post, requests } = await start();
    const seconds = Math.floor(Date.now() / 1000);
    await post(issuer.token({ ...CLAIMS, iat: seconds - 0.0001, exp: seconds + 90.0001 }));
    const [{ issuedMs = 0, expiresMs = 0 } = {}] = requests;
    expect([issuedMs - seconds * 1000, expiresMs - seconds * 1000]).toEqual([-1, 150_001]);
    expect(requests).toMatchObject([{ project: `${issuer.url} 42` }]);
  });

  test('can be asked about with its token or its secret, and with nothing else', async () => {
    const { post, get } = await start();
    const token = issuer.token(CLAIMS);
    const { body } = await post(token);
    const found = {
      ...{ id: idOf(body), state: 'committed', final: false, createdAt: '1970-01-01T00:00:00.000Z' },
      ...{ commit: 'c0ffee', branch: 'main', pullRequest: null, targets: HANDOFF.targets },
    };
    expect(await get(idOf(body), token)).toEqual({ status: 200, body: found });
    expect(await get(idOf(body), secretOf(body))).toEqual({ status: 200, body: found });
    const nothing = { status: 404, body: { error: 'there is no such hand-off of yours' } };
    expect(await get(idOf(body), issuer.token(CLAIMS))).toEqual(nothing);
    expect(await get(idOf(body), 'guessed')).toEqual(nothing);
    expect(await get('A'.repeat(22), secretOf(body))).toEqual(nothing);
    expect(await get(idOf(body), issuer.token({ ...CLAIMS, aud: 'other' }))).toMatchObject({ status: 401 });
  });

  test('has the same secret when it is sent again, so that a lost answer costs nothing', async () => {
    const { post, requests } = await start();
    const token = issuer.token(CLAIMS);
    const [first, again, other] = [await post(token), await post(token), await post(issuer.token(CLAIMS))];
    expect(secretOf(again.body)).toBe(secretOf(first.body));
    expect(secretOf(other.body)).not.toBe(secretOf(first.body));
    const [a, b, c] = requests;
    expect([a?.token === b?.token, a?.body === b?.body, a?.token === c?.token]).toEqual([true, true, false]);
  });

  test('is bound to the id of its token, however often that is issued and signed anew', async () => {
    const { post, requests } = await start();
    const other = { ...BODY, applications: ['shop'] };
    const claims = { ...CLAIMS, jti: 'the same' };
    const [first, anew] = [issuer.token(claims, { algorithm: 'ES256' }), issuer.token(claims, { algorithm: 'ES256' })];
    expect(first).not.toBe(anew);
    expect(first.split('.').slice(0, 2)).toEqual(anew.split('.').slice(0, 2));
    await post(first);
    await post(anew, other);
    await post(issuer.token({ ...claims, job_id: '9' }), other);
    const [a, b, c] = requests;
    expect([a?.token === b?.token, a?.token === c?.token, a?.body === b?.body]).toEqual([true, true, false]);
  });

  test('is told apart by what is signed, where the issuer numbers no tokens', async () => {
    const { post, requests } = await start();
    const token = issuer.token({ ...CLAIMS, jti: undefined });
    for (const one of [token, token, issuer.token({ ...CLAIMS, jti: undefined, job_id: '9' })]) await post(one);
    for (const id of [1, 2]) await post(issuer.token({ ...CLAIMS, jti: '', job_id: `${id}` }));
    const [a, b, c, d, e] = requests;
    expect([a?.token === b?.token, a?.token === c?.token, d?.token === e?.token]).toEqual([true, false, false]);
  });
});

describe('a token is refused', () => {
  const NO_TOKEN = 'a token signed by one of the issuers is missing';
  const doubt = (reason: string) => `the token is not taken: ${reason}`;
  const seconds = Math.floor(Date.now() / 1000);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  for (const [why, make, reason] of [
    ['that is none', () => undefined, NO_TOKEN],
    ['that is no token', () => 'x.y.z', NO_TOKEN],
    [
      'of another issuer',
      () => issuer.token({ ...CLAIMS, iss: 'https://evil.example' }),
      'the token is of an issuer that handoff.yaml does not name',
    ],
    [
      'of an issuer of the same beginning',
      () => issuer.token({ ...CLAIMS, iss: `${issuer.url}/` }),
      'the token is of an issuer that handoff.yaml does not name',
    ],
    [
      'for another audience',
      () => issuer.token({ ...CLAIMS, aud: 'https://other.example' }),
      doubt('it is meant for another audience'),
    ],
    ['without an audience', () => issuer.token({ ...CLAIMS, aud: undefined }), doubt('its aud is missing')],
    ['signed by a stranger', () => issuer.token(CLAIMS, { key: stranger }), doubt('the signature is wrong')],
    [
      'of a key that is not published',
      () => issuer.token(CLAIMS, { header: { kid: 'other' } }),
      'the token is signed with a key that its issuer does not publish',
    ],
    ['of no named key', () => issuer.token(CLAIMS, { header: { kid: undefined } }), NO_TOKEN],
    ['by no algorithm', () => issuer.token(CLAIMS, { algorithm: 'none' }), NO_TOKEN],
    [
      'that takes the public key for a secret',
      () => issuer.token(CLAIMS, { algorithm: 'HS256', key: createSecretKey(Buffer.from(issuer.publicKey)) }),
      NO_TOKEN,
    ],
    [
      'by an algorithm that its key has not',
      () => issuer.token(CLAIMS, { header: { alg: 'ES256' } }),
      doubt('its key is not one for such a signature'),
    ],
    [
      'that brings its key along',
      () =>
        issuer.token(CLAIMS, {
          key: stranger,
          header: { jwk: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) },
        }),
      doubt('the signature is wrong'),
    ],
    [
      'that points to its keys',
      () =>
        issuer.token(CLAIMS, { key: stranger, header: { jku: `${issuer.url}/other-keys`, x5u: `${issuer.url}/x5u` } }),
      doubt('the signature is wrong'),
    ],
    [
      'with what nobody here understands',
      () => issuer.token(CLAIMS, { header: { crit: ['b64'], b64: false } }),
      doubt('its key is not one for such a signature'),
    ],
    ['that has expired', () => issuer.token({ ...CLAIMS, exp: seconds - 120 }), doubt('it has expired')],
    ['without an end', () => issuer.token({ ...CLAIMS, exp: undefined }), doubt('its exp is missing')],
    ['whose end is a text', () => issuer.token({ ...CLAIMS, exp: `${seconds + 60}` }), doubt('its exp is invalid')],
    [
      'from the future',
      () => issuer.token({ ...CLAIMS, iat: seconds + 600, nbf: undefined }),
      doubt('it is from the future'),
    ],
    ['that is not valid yet', () => issuer.token({ ...CLAIMS, nbf: seconds + 600 }), doubt('it is from the future')],
    ['without a beginning', () => issuer.token({ ...CLAIMS, iat: undefined }), doubt('its iat is missing')],
    ['whose beginning is a text', () => issuer.token({ ...CLAIMS, iat: 'now' }), doubt('its iat is invalid')],
    [
      'that works for ever',
      () => issuer.token({ ...CLAIMS, exp: seconds + 10 * 365 * 86_400 }),
      'the token works for more than 31 days',
    ],
    ['that is huge', () => issuer.token({ ...CLAIMS, groups: 'x'.repeat(9_500) }), NO_TOKEN],
    [
      'that is nested',
      () => issuer.token({ ...CLAIMS, deep: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) }),
      NO_TOKEN,
    ],
    [
      'that holds another token',
      () =>
        issuer
          .token(CLAIMS)
          .split('.')
          .with(1, Buffer.from(issuer.token(CLAIMS)).toString('base64url'))
          .join('.'),
      NO_TOKEN,
    ],
  ] as const) {
    test(why, async () => {
      const { post, requests, observed } = await start();
      const { status, headers, body } = await post(make());
      expect([status, body]).toEqual([401, { error: reason }]);
      expect(headers.get('www-authenticate')).toBe('Bearer');
      expect([requests, observed]).toEqual([[], [{ outcome: 'unauthenticated', reason }]]);
    });
  }

  test('of more than a header can hold, by the server itself', async () => {
    const { url } = await start();
    const headers = { authorization: `Bearer ${'x'.repeat(20_000)}` };
    expect((await fetch(url, { method: 'POST', headers })).status).toBe(431);
  });

  test('and no address that it names is asked', () => {
    expect([...issuer.asked.keys()].sort()).toEqual(['/.well-known/openid-configuration', '/keys']);
  });
});

describe("an issuer's keys", () => {
  const NOT_PUBLISHED = 'the token is signed with a key that its issuer does not publish';
  const NOT_FOR_IT = 'the token is not taken: its key is not one for such a signature';
  const oddKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const shortKey = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const publicJwk = ({ publicKey }: typeof oddKey) => publicKey.export({ format: 'jwk' });
  const asked = () => issuer.asked.get('/keys') ?? 0;

  test('are asked for once in a minute, however many tokens come', async () => {
    const { post, clock } = await start();
    const before = asked();
    const strange = () => issuer.token(CLAIMS, { header: { kid: 'other' } });
    await Promise.all(Array.from({ length: 50 }, () => post(strange())));
    expect(asked()).toBe(before + 1);
    clock.steadyMs += 59_000;
    await post(strange());
    expect(asked()).toBe(before + 1);
    clock.steadyMs += 2_000;
    await post(strange());
    expect(asked()).toBe(before + 2);
  });

  test('are not asked for by strangers', async () => {
    const { post } = await start();
    const before = asked();
    await post(issuer.token({ ...CLAIMS, iss: 'https://evil.example' }));
    await post('x.y.z');
    expect(asked()).toBe(before);
  });

  test('are found of an issuer whose name ends with a slash', async () => {
    const url = `${issuer.url}/`;
    const body = JSON.stringify({ issuer: url, jwks_uri: `${url}keys` });
    issuer.answers.set('/.well-known/openid-configuration', { status: 200, body });
    onTestFinished(() => issuer.answers.clear());
    const { post } = await start({ issuer: { url, kind: 'generic' }, rule: { issuer: url } });
    expect((await post(issuer.token({ ...CLAIMS, iss: url }))).status).toBe(202);
    expect((await post(issuer.token(CLAIMS))).status).toBe(401);
  });

  test('can be in a file', async () => {
    const keysFile = join(issuer.caFile, '../keys.json');
    await writeFile(keysFile, JSON.stringify(issuer.keys));
    const { post } = await start({ issuer: { keysFile } });
    const before = asked();
    expect((await post(issuer.token(CLAIMS))).status).toBe(202);
    expect(asked()).toBe(before);
  });

  for (const [why, reason, { privateKey }, published] of [
    ['that is a shared secret', NOT_PUBLISHED, oddKey, { kty: 'oct', k: 'c2VjcmV0' }],
    ['that is for encryption', NOT_PUBLISHED, oddKey, { ...publicJwk(oddKey), use: 'enc' }],
    ['for an algorithm that is not taken', NOT_PUBLISHED, oddKey, { ...publicJwk(oddKey), alg: 'HS256' }],
    ['for another algorithm', NOT_FOR_IT, oddKey, { ...publicJwk(oddKey), alg: 'PS256' }],
    ['that is too short', NOT_FOR_IT, shortKey, publicJwk(shortKey)],
  ] as const) {
    test(`count only where they are right: one ${why} opens nothing`, async () => {
      const { post } = await start();
      const body = JSON.stringify({ keys: [{ ...published, kid: 'odd' }, 'nonsense', { kid: 7 }] });
      issuer.answers.set('/keys', { status: 200, body });
      onTestFinished(() => issuer.answers.clear());
      const { status, body: told } = await post(issuer.token(CLAIMS, { key: privateKey, header: { kid: 'odd' } }));
      expect([status, told]).toEqual([401, { error: reason }]);
    });
  }

  for (const [why, path, told, failure] of [
    ['by a redirect', '/keys', { status: 302, body: '', location: '/other' }, 'answered 302'],
    ['by an answer that is too long', '/keys', { status: 200, body: 'x'.repeat(300_000) }, 'exceeded max size'],
    ['by what is no JSON', '/keys', { status: 200, body: '<html>' }, 'not valid JSON'],
    [
      'by another issuer',
      '/.well-known/openid-configuration',
      { status: 200, body: JSON.stringify({ issuer: 'https://evil.example', jwks_uri: 'https://localhost/keys' }) },
      'does not say by its own name where its keys are',
    ],
    [
      'from another host',
      '/.well-known/openid-configuration',
      { status: 200, body: 'ELSEWHERE' },
      'does not say by its own name where its keys are',
    ],
  ] as const) {
    test(`are not taken ${why}, which says nothing of the token`, async () => {
      const { post, failures, observed, clock } = await start();
      const elsewhere = JSON.stringify({ issuer: issuer.url, jwks_uri: 'https://evil.example/keys' });
      issuer.answers.set(path, { ...told, body: told.body === 'ELSEWHERE' ? elsewhere : told.body });
      onTestFinished(() => issuer.answers.clear());
      for (const _ of [1, 2]) {
        const { status, headers } = await post(issuer.token(CLAIMS));
        expect([status, headers.get('retry-after')]).toEqual([503, '10']);
      }
      expect(String(failures[0])).toContain(failure);
      expect(observed).toEqual([{ outcome: 'unavailable' }, { outcome: 'unavailable' }]);
      issuer.answers.clear();
      clock.steadyMs += 61_000;
      expect((await post(issuer.token(CLAIMS))).status).toBe(202);
    });
  }
});

describe('a pipeline may not move', () => {
  for (const [why, claims, more] of [
    ['what no rule names it for', { ...CLAIMS, project_id: '43' }, {}],
    ['anything from a branch that is not protected', { ...CLAIMS, ref_protected: 'false' }, {}],
    ['anything from a merge request', { ...CLAIMS, pipeline_source: 'merge_request_event' }, {}],
    ['anything by an order of its own', CLAIMS, { order: 3 }],
  ] as const) {
    test(why, async () => {
      const { post, requests } = await start();
      const { status, body } = await post(issuer.token(claims), { ...BODY, ...more });
      expect([status, body]).toEqual([
        403,
        {
          error:
            'no rule of handoff.yaml lets this pipeline move these images in these Applications, or there are none',
          claims: expect.objectContaining({ ...claims, iss: issuer.url, sub: 'a job' }),
        },
      ]);
      expect(requests).toEqual([]);
    });
  }
});

describe('the desk says', () => {
  for (const [answer, status, error] of [
    [{ kind: 'forbidden' }, 403, expect.stringContaining('no rule')],
    [{ kind: 'used' }, 409, 'the token was used for another hand-off; get one for each'],
    [{ kind: 'forgotten' }, 401, expect.stringContaining('older than what is remembered')],
    [{ kind: 'full', of: 'project' }, 429, 'too many hand-offs of this project are remembered; try again later'],
    [{ kind: 'full', of: 'all' }, 503, 'too many hand-offs are remembered; try again later'],
    [{ kind: 'too-many', most: 5 }, 400, 'more than 5 images of Applications are meant; name fewer'],
  ] as const) {
    test(`${Object.values(answer).join(' ')}: ${status}`, async () => {
      const { post, observed } = await start({ answer: () => answer });
      const { status: told, body } = await post(issuer.token(CLAIMS));
      expect([told, body['error']]).toEqual([status, error]);
      expect(observed).toMatchObject([{ outcome: answer.kind }]);
    });
  }

  test('that its store is away: 503, and why is for the log', async () => {
    const { post, failures } = await start({
      answer: () => {
        throw new Failure('STATE_UNUSABLE', 'the disk is full', { fix: 'make room' });
      },
    });
    const { status, body } = await post(issuer.token(CLAIMS));
    expect([status, body]).toEqual([503, { error: 'Tiphys cannot answer this now; try again' }]);
    expect(failures).toMatchObject([{ message: 'the disk is full' }]);
  });
});

describe('a body is refused', () => {
  const image = BODY.images[0];
  for (const [body, error] of [
    ['nonsense', 'the body is not a JSON object'],
    ['[]', 'the body is not a JSON object'],
    [{}, 'images is not a list of one or more'],
    [{ images: [] }, 'images is not a list of one or more'],
    [{ images: Array.from({ length: 51 }, () => image) }, 'images has more than 50 items'],
    [{ images: [image, image] }, 'images names registry.example.com/acme/shop twice'],
    [{ images: [{ image: 'shop', digest: DIGEST }] }, 'images[0]: image has no tag'],
    [
      { images: [{ image: `shop:1@${DIGEST}`, digest: DIGEST }] },
      'images[0]: image has a digest in it, which stands beside it',
    ],
    [{ images: [{ image: 'shop:1' }] }, 'images[0]: digest is not a text; it is what the push printed'],
    [{ images: [{ ...image, tag: '1' }] }, 'images[0]: there is no "tag", only image, digest'],
    [{ ...BODY, image: 'x' }, 'there is no "image"; write images'],
    [{ ...BODY, order: -1 }, 'order is not a whole number of 0 or more'],
    [{ ...BODY, order: '7' }, 'order is not a whole number of 0 or more'],
    [{ ...BODY, applications: [] }, 'applications is not a list of 1 to 1000 names'],
    [{ ...BODY, applications: [7] }, 'applications is not a list of 1 to 1000 names'],
    [{ ...BODY, selector: '' }, 'selector is not a text such as "team=shop"'],
    [{ ...BODY, selector: '=x' }, 'selector: there is no requirement at character 1'],
    [{ ...BODY, applications: ['shop'], selector: 'a=b' }, 'applications and selector cannot be given together'],
  ] as const) {
    test(error, async () => {
      const { post, requests } = await start();
      const { status, body: told } = await post(issuer.token(CLAIMS), body);
      expect([status, told, requests]).toEqual([400, { error }, []]);
    });
  }

  test('that is too long', async () => {
    const { post } = await start();
    const { status, body } = await post(issuer.token(CLAIMS), ' '.repeat(300_000));
    expect([status, body]).toEqual([413, { error: 'the body has more than 262144 bytes' }]);
  });
});

test('a project that asks too often has to wait, and others do not', async () => {
  const { post, get, clock, observed } = await start({ burst: 3 });
  const other = { ...CLAIMS, project_id: '43' };
  const statuses = [];
  for (const claims of [CLAIMS, CLAIMS, CLAIMS, CLAIMS, other])
    statuses.push((await post(issuer.token(claims))).status);
  expect(statuses).toEqual([202, 202, 202, 429, 403]);
  expect(observed.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted', 'accepted', 'limited', 'forbidden']);
  clock.steadyMs += 1_000;
  const { status, body } = await post(issuer.token(CLAIMS));
  expect(status).toBe(202);
  const asked = [];
  for (const _ of [1, 2, 3, 4]) asked.push((await get(idOf(body), 'guessed')).status);
  for (const _ of [1, 2, 3, 4]) asked.push((await get(idOf(body), secretOf(body))).status);
  expect(asked).toEqual([404, 404, 404, 429, 200, 200, 200, 429]);
});

describe('who proves nothing', () => {
  const LIMITED = { status: 429, error: 'this is asked too often; try again later' };

  for (const [which, strangers] of [
    ['from one address', { each: 4, all: 100 }],
    ['from all addresses together', { each: 100, all: 4 }],
  ] as const) {
    test(`is turned away after a while ${which}, and told apart again later`, async () => {
      const { url, post, get, clock, observed } = await start({ strangers });
      const [wrong, unnamed] = [
        issuer.token({ ...CLAIMS, aud: 'other' }),
        issuer.token({ ...CLAIMS, project_id: '43' }),
      ];
      const statuses = async () => [
        (await post(wrong)).status,
        (await post(unnamed)).status,
        (await get('A'.repeat(22), 'guessed')).status,
        (await fetch(`${url}/nowhere`)).status,
      ];
      expect(await statuses()).toEqual([401, 403, 404, 404]);
      expect(await statuses()).toEqual([429, 429, 429, 429]);
      const { status, headers, body } = await post(unnamed);
      expect([{ status, error: body['error'] }, headers.get('retry-after')]).toEqual([LIMITED, '10']);
      expect((await fetch(new URL('/healthz', url))).status).toBe(200);
      const limited = Array.from({ length: 5 }, () => 'limited');
      expect(observed.map(({ outcome }) => outcome)).toEqual(['unauthenticated', 'forbidden', ...limited]);
      clock.steadyMs += 1_000;
      expect((await post(wrong)).status).toBe(401);
    });
  }

  test('keeps nobody off who proves who he is, nor from what he has handed off', async () => {
    const { post, get, observed } = await start({ strangers: { each: 1, all: 1 } });
    await post(undefined);
    const { status, body } = await post(issuer.token(CLAIMS));
    expect(status).toBe(202);
    expect((await get(idOf(body), secretOf(body))).status).toBe(200);
    expect((await get('A'.repeat(22), secretOf(body))).status).toBe(429);
    expect(observed.map(({ outcome }) => outcome)).toEqual(['unauthenticated', 'accepted', 'limited']);
  });

  test('keeps nobody off who is let in, however often', async () => {
    const { post, get } = await start({ strangers: { each: 2, all: 2 } });
    const { body } = await post(issuer.token(CLAIMS));
    for (const _ of [1, 2, 3, 4]) expect((await post(issuer.token(CLAIMS))).status).toBe(202);
    for (const _ of [1, 2, 3, 4]) expect((await get(idOf(body), secretOf(body))).status).toBe(200);
  });
});

test('other paths and methods are refused', async () => {
  const { url } = await start();
  const statusOf = async (path: string, method: string) => (await fetch(`${url}${path}`, { method })).status;
  expect(await statusOf('', 'GET')).toBe(405);
  expect(await statusOf(`/${'A'.repeat(22)}`, 'POST')).toBe(405);
  expect(await statusOf('/short', 'GET')).toBe(404);
  expect(await statusOf('/../../../healthz', 'GET')).toBe(200);
});
