import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { CANARY } from '../../../test/support/canary.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { makePrograms } from '../../../test/support/programs.ts';
import { endpointFor, fakeTime, testRegistries } from '../../../test/support/registries.ts';
import { type RegistryOptions, startRegistry } from '../../demo/registry.ts';
import { askScript } from './script.ts';

const SIGNAL = new AbortController().signal;
const ENV = { PATH: process.env['PATH'], HUB_PASSWORD: 'planted-canary' };

async function failureOf(work: Promise<unknown>): Promise<{ code: string; message: string; fix: string; all: string }> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (thrown) => thrown,
  );
  if (!(error instanceof Error) || !('code' in error) || !('fix' in error)) throw error;
  return {
    code: String(error.code),
    message: error.message,
    fix: String(error.fix),
    all: inspect(error, { depth: 9, showHidden: true }),
  };
}

for (const [lines, message, why] of [
  [['echo bot:canary1; echo "denied for canary1" >&2; exit 3'], /: it ended with 3: denied for \*\*\*$/, 'its output'],
  [['echo first >&2; echo "token=canary2" >&2; exit 1'], /it ended with 1: token=\*\*\*$/, 'what it calls a token'],
  [['echo "rejected $HUB_PASSWORD" >&2; exit 1'], /it ended with 1: rejected \*\*\*$/, 'its environment'],
  [['exit 7'], /: it ended with 7$/, 'nothing said'],
  [['echo canary3-without-colon'], /it does not read user:password, on its standard output/, 'no colon'],
  [['head -c 200000 /dev/zero'], /prints far more than credentials/, 'no end'],
  [['kill -9 $$'], /: it was killed$/, 'a signal'],
] as const) {
  test(`a script that fails is told by its exit and last line, without secrets: ${why}`, async () => {
    await using programs = await makePrograms();
    const path = await programs.write('login.sh', ...lines);
    const run = askScript({ path, env: ENV, lifetimeMs: undefined, now: Date.now }, SIGNAL);
    const { code, message: said, all } = await failureOf(run);
    expect(code).toBe('CREDENTIALS_INVALID');
    expect(said).toMatch(message);
    expect(all).not.toMatch(/canary/);
  });
}

test.skipIf(process.platform !== 'linux')(
  'a script that hangs is ended with everything it has started (needs /proc)',
  async () => {
    await using programs = await makePrograms();
    const path = await programs.write('login.sh', 'sleep 60 &', `echo $! > ${programs.folder}/child`, 'sleep 60');
    const began = performance.now();
    const run = askScript({ path, env: ENV, lifetimeMs: undefined, now: Date.now, timeoutMs: 2_000 }, SIGNAL);
    expect((await failureOf(run)).message).toMatch(/it was ended after 2 s/);
    expect(performance.now() - began).toBeLessThan(30_000);
    const child = (await readFile(`${programs.folder}/child`, 'utf8')).trim();
    await eventually(async () => {
      const state = await readFile(`/proc/${child}/stat`, 'utf8').then(
        (stat) => stat.split(' ')[2],
        () => 'gone',
      );
      // "Z" has ended too: nobody has asked how yet.
      expect(['gone', 'Z']).toContain(state);
    });
  },
);

test('a script runs without arguments, in the environment of the process', async () => {
  await using programs = await makePrograms();
  const path = await programs.write('login.sh', 'echo "$#:$HUB_PASSWORD"');
  const lease = await askScript({ path, env: ENV, lifetimeMs: 1_000, now: () => 5 }, SIGNAL);
  expect(lease).toEqual({
    credential: { kind: 'password', user: '0', password: 'planted-canary' },
    expiresMs: 1_005,
  });
});

test('only the final line end is no part of the password', async () => {
  await using programs = await makePrograms();
  const path = await programs.write('login.sh', "printf 'bot: two\\nlines \\n\\n'");
  const lease = await askScript({ path, env: ENV, lifetimeMs: undefined, now: Date.now }, SIGNAL);
  expect(lease).toEqual({ credential: { kind: 'password', user: 'bot', password: ' two\nlines \n' } });
});

/** A registry, and a script that prints what it wants or not. */
async function startScripted(options: RegistryOptions, lifetimeMs: number | undefined, ...lines: readonly string[]) {
  await using stack = new AsyncDisposableStack();
  const programs = stack.use(await makePrograms());
  const path = await programs.write('ecr-login.sh', programs.count, ...lines);
  const registry = stack.use(await startRegistry(options));
  registry.putImage('acme/shop', '1.0', { created: '' });
  registry.putImage('acme/web', '1.0', { created: '' });
  const time = fakeTime();
  const endpoint = endpointFor(registry.host, registry.url, {
    credentials: [{ kind: 'ext', path }],
    ...(lifetimeMs === undefined ? {} : { credentialsLifetimeMs: lifetimeMs }),
  });
  const env = { PATH: process.env['PATH'], FOLDER: programs.folder };
  const registries = stack.use(testRegistries({ ...time, endpoints: [endpoint], env }));
  const list = (repository = 'acme/shop') =>
    registries.scan().listTags({ registry: registry.host, repository }, SIGNAL);
  const owned = stack.move();
  return { programs, registry, time, list, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const BASIC = { kind: 'basic', user: 'AWS', password: CANARY } as const;

test('one run serves all repositories and cycles until credsexpire', async () => {
  await using world = await startScripted({ auth: BASIC }, 9 * 3_600_000, `echo AWS:${CANARY}`);
  await Promise.all([world.list('acme/shop'), world.list('acme/web')]);
  await world.time.sleep(8 * 3_600_000);
  expect(await world.list()).toEqual(['1.0']);
  expect(await world.programs.runs()).toBe(1);
  await world.time.sleep(3_599_000);
  expect(await world.list()).toEqual(['1.0']);
  expect(await world.programs.runs()).toBe(2);
});

for (const status of [401, 403]) {
  test(`credentials that are refused with ${status} are asked for again, once`, async () => {
    const auth = { kind: 'basic', user: 'AWS', password: '2' } as const;
    const right = `Basic ${btoa('AWS:2')}`;
    await using world = await startScripted(
      {
        auth,
        intercept: ({ headers }) => (headers.authorization && headers.authorization !== right ? { status } : undefined),
      },
      undefined,
      'echo "AWS:$(wc -l < $FOLDER/runs | tr -d " ")"',
    );
    expect(await world.list()).toEqual(['1.0']);
    expect(await world.programs.runs()).toBe(2);
    expect(await world.list('acme/web')).toEqual(['1.0']);
    expect(await world.programs.runs()).toBe(2);
  });
}

test('also when it is the realm that refuses them', async () => {
  const auth = { kind: 'bearer', user: 'AWS', password: '2' } as const;
  await using world = await startScripted({ auth }, undefined, 'echo "AWS:$(wc -l < $FOLDER/runs | tr -d " ")"');
  expect(await world.list()).toEqual(['1.0']);
  expect(await world.programs.runs()).toBe(2);
});

test('a registry that refuses everything makes the script run twice, not for each repository', async () => {
  await using world = await startScripted({ auth: BASIC }, undefined, 'echo AWS:wrong');
  const lists = await Promise.allSettled([world.list('acme/shop'), world.list('acme/web'), world.list()]);
  expect(lists.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await expect(world.list()).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
  expect(await world.programs.runs()).toBe(2);
});
