import { describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { makeCertificates } from '../../test/support/certificates.ts';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import { findCheckSubjects, parseCheckTarget, type RegistryCheck } from '../core/registry-check.ts';
import { BUILT_IN_REGISTRIES, type Endpoint } from '../core/registry-endpoint.ts';
import { type Intercepted, type Registry, type RegistryOptions, startRegistry } from '../demo/registry.ts';

const SIGNAL = new AbortController().signal;
const ENV = { GOOD: `bot:${CANARY}`, BAD: `bot:${CANARY}x`, BROKEN: CANARY };
const BASIC = { kind: 'basic', user: 'bot', password: CANARY } as const;
const BEARER = { ...BASIC, kind: 'bearer' } as const;
const LIMIT = { limit: 100, remaining: 76, windowS: 21600 };

interface World {
  readonly registry?: RegistryOptions;
  readonly endpoint?: Partial<Endpoint>;
  /** Texts of credential sources. */
  readonly credentials?: readonly string[];
  /** Behind the host; "" for the host alone. */
  readonly image?: string;
}

async function check(world: World): Promise<RegistryCheck> {
  await using registry = await startRegistry(world.registry ?? {});
  registry.putImage('acme/shop', '1.0', { created: '' });
  registry.putImage('acme/shop', '1.1', { created: '' });
  return await checkAt(registry, world);
}

async function checkAt({ host, url }: Pick<Registry, 'host' | 'url'>, world: World): Promise<RegistryCheck> {
  const { image = '/acme/shop', credentials } = world;
  const sources = credentials?.map(parseCredentialSource).flatMap((read) => (read.ok ? [read.value] : []));
  const endpoint = endpointFor(host, url, { ...(sources && { credentials: sources }), ...world.endpoint });
  const config = { ...BUILT_IN_REGISTRIES, endpoints: [endpoint] };
  const target = parseCheckTarget(`${host}${image}`);
  if (!target.ok) throw new Error(target.problem);
  await using registries = testRegistries({ endpoints: [endpoint], env: ENV, limits: { requestTimeoutMs: 300 } });
  return await registries.check(findCheckSubjects(config, [target.value])[0], SIGNAL);
}

/** "list ok: 2 tags", the address left out. */
function told({ steps }: RegistryCheck): readonly string[] {
  return steps.map(({ step, status, detail }) => {
    return `${step} ${status}: ${detail.replace(/127\.0\.0\.1:\d+/g, 'HOST').replace(/sha256:[0-9a-f]{64}/g, 'DIGEST')}`;
  });
}

describe('all is well', () => {
  test('with an image, a token and limits', async () => {
    const registry = { auth: BEARER, rateLimit: () => LIMIT };
    expect(told(await check({ registry, credentials: ['env:GOOD'] }))).toEqual([
      'endpoint ok: http://HOST',
      'connection ok: plain HTTP',
      'challenge ok: Bearer, tokens from http://HOST/token',
      'credential ok: variable GOOD',
      'token ok: a token for repository:acme/shop:pull',
      'list ok: 2 tags',
      'manifest ok: 1.1 is DIGEST, an image',
      'limits ok: HOST: 76 of 100 requests in 6 h are left',
    ]);
  });

  for (const [why, world, expected] of [
    ['nobody is asked who they are', {}, ['credential ok: none (anonymous)', 'token skipped: none is demanded']],
    ['a password is shown', { registry: { auth: BASIC }, credentials: ['env:GOOD'] }, ['challenge ok: basic']],
    ['a token is for everybody', { registry: { auth: { kind: 'bearer' } } }, ['credential ok: none (anonymous)']],
    ['the tag is named', { image: '/acme/shop:1.0' }, ['manifest ok: 1.0 is DIGEST, an image']],
    [
      'the second of two credentials is good',
      { registry: { auth: BEARER }, credentials: ['env:BAD', 'env:GOOD'] },
      ['credential ok: variable GOOD, after variable BAD', 'list ok: 2 tags'],
    ],
    [
      'the registry is not asked for its demand',
      { registry: { auth: BASIC }, credentials: ['env:GOOD'], endpoint: { ping: false } },
      ['challenge skipped: ping is false; the first question will tell', 'list ok: 2 tags'],
    ],
    [
      'a host is logged in to',
      { registry: { auth: BEARER }, credentials: ['env:GOOD'], image: '' },
      ['token ok: the credentials were not refused (200)', 'list skipped: only an image is checked for this'],
    ],
    [
      'a host has no credentials',
      { registry: { auth: BEARER }, image: '' },
      ['token skipped: there are no credentials to try; give an image for what anybody may read'],
    ],
  ] as const satisfies readonly (readonly [string, World, readonly string[]])[]) {
    test(`when ${why}`, async () => {
      const checked = await check(world);
      expect(told(checked)).toEqual(expect.arrayContaining([...expected]));
      expect(checked.steps.filter(({ status }) => status === 'failed')).toEqual([]);
    });
  }
});

function at(part: string, answer: Intercepted): RegistryOptions {
  return { intercept: ({ path }) => (path.includes(part) ? answer : undefined) };
}

describe('each fault fails its step, with a remedy', () => {
  const elsewhere = { status: 401, headers: { 'WWW-Authenticate': 'Bearer realm="http://example.com/token"' } };
  for (const [fault, world, step, detail, fix] of [
    ['a registry that hangs', { registry: at('/v2/', 'hang') }, 'connection', /in time/, /reachable/],
    ['a certificate file that is not there', caFile(), 'connection', /ca_file.*ENOENT/, /mount it/],
    ['a registry that is broken', { registry: at('/v2/', { status: 503 }) }, 'challenge', /503/, /wait/],
    ['a registry that is too busy', { registry: at('/v2/', { status: 429 }) }, 'challenge', /429/, /./],
    ['a variable that is not set', { credentials: ['env:NONE'] }, 'credential', /variable NONE.*not set/, /set NONE/],
    ['a variable without a colon', { credentials: ['env:BROKEN'] }, 'credential', /variable BROKEN/, /user:password/],
    ['a Secret that is not there', { credentials: ['secret:a/b#c'] }, 'credential', /Secret a\/b/, /-f/],
    [
      'a wrong password, for a token',
      { registry: { auth: BEARER }, credentials: ['env:BAD'] },
      'token',
      /refused.*variable BAD/,
      /check that variable BAD is valid/,
    ],
    [
      'a wrong password, for a host',
      { registry: { auth: BASIC }, credentials: ['env:BAD'], image: '' },
      'token',
      /refused a login/,
      /check that variable BAD is valid/,
    ],
    ['a realm elsewhere', { registry: at('/v2/', elsewhere) }, 'token', /realm example.com/, /realm on its own host/],
    [
      'a wrong password, shown as it is',
      { registry: { auth: BASIC }, credentials: ['env:BAD'] },
      'list',
      /refused the list/,
      /check that variable BAD is valid/,
    ],
    ['no credentials', { registry: { auth: BASIC } }, 'list', /asked anonymously/, /give credentials/],
    ['an unknown repository', { image: '/acme/none' }, 'list', /not there/, /correct the image's name/],
    ['a web page', { registry: at('/tags/', { status: 200, body: '<html>' }) }, 'list', /web page/, /./],
    ['an unknown tag', { image: '/acme/shop:2' }, 'manifest', /no tag 2/, /correct the tag/],
    ['a manifest that is none', { registry: at('/manifests/', { status: 200, body: '{' }) }, 'manifest', /JSON/, /./],
    [
      'a limit that is used up',
      { registry: { rateLimit: () => ({ ...LIMIT, remaining: 0 }) } },
      'limits',
      /0 of 100/,
      /wait/,
    ],
  ] as const satisfies readonly (readonly [string, World, string, RegExp, RegExp])[]) {
    test(`${fault}: ${step}`, async () => {
      const checked = await check(world);
      const failed = checked.steps.filter(({ status }) => status === 'failed');
      expect(failed).toEqual([expect.objectContaining({ step })]);
      expect(failed[0]?.detail).toMatch(detail);
      expect(failed[0]?.fix).toMatch(fix);
      const after = checked.steps.slice(checked.steps.findIndex((one) => one.step === step) + 1);
      expect(after.filter((one) => one.status === 'ok' && one.step !== 'limits')).toEqual([]);
      expect(JSON.stringify(checked)).not.toContain(CANARY);
      expect(JSON.stringify(checked)).not.toContain(btoa(ENV.GOOD).slice(8, -4));
    });
  }

  test('nobody there: connection', async () => {
    const { steps } = await checkAt({ host: '127.0.0.1:1', url: 'http://127.0.0.1:1' }, {});
    expect(steps[1]).toMatchObject({ step: 'connection', status: 'failed', detail: expect.stringContaining('ECONN') });
  });

  test('a port that is none: endpoint', async () => {
    await using registries = testRegistries();
    const target = parseCheckTarget('example.com:99999');
    if (!target.ok) throw new Error(target.problem);
    const [subject] = findCheckSubjects(BUILT_IN_REGISTRIES, [target.value]);
    const { steps } = await registries.check(subject, SIGNAL);
    expect(steps[0]).toMatchObject({ step: 'endpoint', status: 'failed', fix: expect.stringContaining('65535') });
  });
});

const certificates = await makeCertificates();

describe.skipIf(certificates === undefined)('over HTTPS (skipped when openssl is not installed)', () => {
  const registry = certificates === undefined ? {} : { tls: certificates.server };
  const trust = { caData: certificates?.ca ?? '' };

  for (const [why, endpoint, expected] of [
    ['nobody is trusted to have signed', {}, /^connection failed: the certificate of HOST is not trusted/],
    ['who signed is trusted', { trust }, /^connection ok: TLS; the certificate is trusted/],
    ['no one looks', { insecure: true }, /^connection ok: TLS; the certificate is not verified/],
  ] as const) {
    test(`a certificate where ${why}`, async () => {
      expect(told(await check({ registry, endpoint }))[1]).toMatch(expected);
    });
  }
});

test('a check that is stopped throws', async () => {
  await using registry = await startRegistry();
  const endpoint = endpointFor(registry.host, registry.url);
  await using registries = testRegistries({ endpoints: [endpoint] });
  const stopped = registries.check({ registry: endpoint.name, endpoint }, AbortSignal.abort());
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
});

function caFile(): World {
  return { endpoint: { apiUrl: 'https://127.0.0.1:1', trust: { caFile: '/nowhere/ca.pem' } } };
}
