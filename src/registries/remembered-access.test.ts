import { describe, expect, test } from 'vitest';
import { CANARY } from '../../test/support/canary.ts';
import { endpointFor, testRegistries } from '../../test/support/registries.ts';
import type { CredentialOutcome } from '../core/credentials/credential-outcome.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import { type Registry, type RegistryOptions, startRegistry } from '../demo/registry.ts';
import { openMemoryStore } from '../store/open-store.ts';

const SIGNAL = new AbortController().signal;
const START_MS = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const BOT = { user: 'bot', password: CANARY };
const ENV = { GOOD: `bot:${CANARY}`, BAD: 'bot:wrong', BROKEN: 'no colon' };

/** A registry, a memory that tells what is written to it of credentials, and looks by a process of its own each. */
async function openLab(options: RegistryOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const registry = stack.use(await startRegistry({ etags: true, ...options }));
  for (const name of ['acme/shop', 'acme/web', 'acme/api']) registry.putImage(name, '1.0', { created: '' });
  const store = stack.use(openMemoryStore());
  const owned = stack.move();
  const noted: CredentialOutcome[] = [];
  const keep = store.keepOutcome.bind(store);
  const keepOutcome: typeof keep = (place, outcome, nowMs) => {
    noted.push(outcome);
    return keep(place, outcome, nowMs);
  };
  const memory = Object.assign(store, { keepOutcome });
  const clock = { nowMs: START_MS };
  return {
    registry,
    store,
    noted,
    clock,
    open(credentials: string | undefined, more: Partial<Endpoint> = {}) {
      const source = parseCredentialSource(credentials ?? '');
      const endpoint = endpointFor(registry.host, registry.url, {
        ...(source.ok ? { credentials: [source.value] } : {}),
        ...more,
      });
      return testRegistries({ endpoints: [endpoint], env: ENV, memory, now: () => clock.nowMs });
    },
    /** Statuses of what was asked for. */
    async look(credentials: string | undefined, repositories: readonly string[] = ['acme/shop']) {
      await using registries = this.open(credentials);
      const before = registry.requests.length;
      await lookAt(registries.scan(), registry, repositories);
      return registry.requests.slice(before).map(({ path, status }) => `${path.replace(/\?.*/, '')} ${status}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Source = Pick<ReturnType<ReturnType<typeof testRegistries>['scan']>, 'list'>;

async function lookAt(source: Source, { host }: Registry, repositories: readonly string[]): Promise<void> {
  const lists = repositories.map((repository) => source.list({ registry: host, repository }, SIGNAL));
  await Promise.allSettled(lists);
}

describe('how a credential fared is remembered', () => {
  for (const kind of ['basic', 'bearer'] as const) {
    test(`when it was let in, and when it was refused: ${kind}`, async () => {
      await using lab = await openLab({ auth: { kind, ...BOT } });
      await lab.look('env:GOOD');
      lab.clock.nowMs += HOUR_MS;
      await lab.look('env:BAD');
      const { host } = lab.registry;
      expect(await lab.store.outcomes()).toEqual([
        {
          credential: 'variable BAD',
          host,
          lastSuccessMs: undefined,
          lastFailure: { atMs: START_MS + HOUR_MS, code: 'REGISTRY_UNAUTHORIZED' },
        },
        { credential: 'variable GOOD', host, lastSuccessMs: START_MS, lastFailure: undefined },
      ]);
    });
  }

  test('a credential that works again keeps its last failure', async () => {
    let isRefusing = true;
    const intercept: RegistryOptions['intercept'] = ({ path }) =>
      isRefusing && path.includes('/tags/') ? { status: 403 } : undefined;
    await using lab = await openLab({ auth: { kind: 'basic', ...BOT }, intercept });
    await lab.look('env:GOOD');
    isRefusing = false;
    lab.clock.nowMs += HOUR_MS;
    await lab.look('env:GOOD');
    expect(await lab.store.outcomes()).toMatchObject([
      {
        lastSuccessMs: START_MS + HOUR_MS,
        lastFailure: { atMs: START_MS, code: 'REGISTRY_UNAUTHORIZED' },
      },
    ]);
  });

  test('a script that fails is a failure of the credential', async () => {
    await using lab = await openLab({ auth: { kind: 'basic', ...BOT } });
    await lab.look('ext:/nowhere/login.sh');
    expect(await lab.store.outcomes()).toMatchObject([
      { credential: 'script /nowhere/login.sh', lastFailure: { code: 'CREDENTIALS_INVALID' } },
    ]);
  });

  for (const [why, options, credentials] of [
    ['it was never shown', {}, 'env:GOOD'],
    ['there is none', { auth: { kind: 'bearer' } }, undefined],
    ['the registry is down', { intercept: () => ({ status: 503 }) }, 'env:GOOD'],
    [
      'the repository is not there',
      {
        auth: { kind: 'basic', ...BOT },
        intercept: ({ path }) => (path.includes('/tags/') ? { status: 404 } : undefined),
      },
      'env:GOOD',
    ],
  ] as const satisfies readonly (readonly [string, RegistryOptions, string | undefined])[]) {
    test(`nothing is when ${why}`, async () => {
      await using lab = await openLab(options);
      await lab.look(credentials);
      expect(await lab.store.outcomes()).toEqual([]);
    });
  }

  test('once in a cycle, however many repositories are asked for', async () => {
    await using lab = await openLab({ auth: { kind: 'bearer', ...BOT } });
    await using registries = lab.open('env:GOOD');
    for (let cycle = 0; cycle < 3; cycle += 1) {
      await lookAt(registries.scan(), lab.registry, ['acme/shop', 'acme/web', 'acme/api']);
      lab.clock.nowMs += 2 * 60_000;
    }
    expect(lab.noted).toEqual(['accepted', 'accepted', 'accepted']);
  });
});

describe('that a registry demands nothing is remembered', () => {
  const REPOSITORIES = ['acme/shop', 'acme/web', 'acme/api'];

  test('by the next process, which asks for the lists alone', async () => {
    await using lab = await openLab();
    expect(await lab.look(undefined, REPOSITORIES)).toHaveLength(4);
    expect(await lab.look(undefined, REPOSITORIES)).toEqual(REPOSITORIES.map((name) => `/v2/${name}/tags/list 304`));
  });

  test('for a day', async () => {
    await using lab = await openLab();
    await lab.look(undefined);
    lab.clock.nowMs += 24 * HOUR_MS;
    expect(await lab.look(undefined)).toEqual(['/v2/ 200', '/v2/acme/shop/tags/list 304']);
  });

  test('until it answers 401, which is heeded at once', async () => {
    let isClosed = false;
    const challenge = { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="registry"' } };
    const intercept: RegistryOptions['intercept'] = ({ headers }) =>
      isClosed && headers.authorization === undefined ? challenge : undefined;
    await using lab = await openLab({ intercept });
    await lab.look('env:GOOD');
    isClosed = true;
    const list = '/v2/acme/shop/tags/list';
    expect(await lab.look('env:GOOD')).toEqual([`${list} 401`, `${list} 304`]);
    expect(await lab.look('env:GOOD')).toEqual(['/v2/ 401', `${list} 304`]);
  });

  for (const [what, options] of [
    ['one that demands a token', { auth: { kind: 'bearer' } }],
    ['one whose /v2/ is not there', { intercept: ({ path }) => (path === '/v2/' ? { status: 404 } : undefined) }],
  ] as const satisfies readonly (readonly [string, RegistryOptions])[]) {
    test(`but not of ${what}`, async () => {
      await using lab = await openLab(options);
      await lab.look(undefined);
      expect((await lab.look(undefined))[0]).toMatch(/^\/v2\/ /);
    });
  }
});
