import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { item, MIXED, report } from '../../test/support/sample-report.ts';
import { Failure } from '../core/failure.ts';
import type { CycleReport } from '../core/report.ts';
import { runCli } from './program.ts';
import type { Work } from './work.ts';

class Sink extends EventEmitter {
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text;
  }
}

/** Runs the command line over work that always reports `made`. */
async function tiphys(line: string, made: CycleReport | Error, world: Partial<World> = {}) {
  const stdout = new Sink(world.isTTY);
  const stderr = new Sink(world.isTTY);
  const io = { stdout, stderr, env: world.env ?? {}, version: '0.1.0', signal: new AbortController().signal };
  const argv = line.split(' ').filter(Boolean);
  const exitCode = await runCli(argv, io, world.work?.(stdout) ?? reporting(made));
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

interface World {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly work: (stdout: Sink) => Work;
}

function reporting(made: CycleReport | Error): Work {
  const answer = async () => {
    if (made instanceof Error) throw made;
    return made;
  };
  return {
    plan: answer,
    explain: async (_options, choose) => {
      choose(['argocd/shop', 'argocd/api']);
      return answer();
    },
    run: async ({ given }, happened) => {
      happened({ kind: 'cycle', report: await answer(), tookMs: 1, dryRun: false }, undefined);
      return given.some(({ name }) => name === '--once') ? 'done' : 'stopped';
    },
    runWhenAsked: async (_options, happened) => {
      happened({ kind: 'cycle', report: await answer(), tookMs: 1, dryRun: false }, undefined);
    },
    diff: () => Promise.reject(new Error('not asked for')),
    listRights: async () => [],
    setImage: async () => ({
      files: [],
      remarks: [],
      superseded: [],
      result: { outcome: 'unchanged', commit: undefined, branch: undefined, pullRequestURL: undefined },
    }),
    handOff: () => Promise.reject(new Error('not asked for')),
    appendToFile: async () => {},
    wait: async () => ({ applications: [] }),
    previewTemplate: async () => ({ kind: 'text', text: '' }),
    lint: async () => ({ findings: [], notes: [], isIncomplete: false, applications: 0, imageUpdaters: 0 }),
    auditCredentials: async () => ({ rows: [], failures: [], warnings: [] }),
    testImages: async () => ({ tests: [], failures: [], warnings: [] }),
    checkRegistries: async () => ({ checks: [], failures: [], warnings: [] }),
    checkGit: async () => ({ checks: [], failures: [], warnings: [] }),
    history: async () => ({ entries: [], failures: [], warnings: [] }),
    testPolicies: async () => ({ results: [], failures: [], warnings: [] }),
    migrate: async () => ({ manifests: [], sketch: [], failures: [], notes: [] }),
    demo: async (_options, happened) => happened({ kind: 'cycle', report: await answer(), tookMs: 1 }),
  };
}

const current = report({ items: [item()] });
const changed = report({ items: [item({ outcome: 'update', to: '1.1.0' })] });
const failed = report({ items: [item({ outcome: 'failed' })], failures: MIXED.failures });

describe('exit codes', () => {
  for (const [line, made, expected, why] of [
    ['version', current, 0, ''],
    ['--help', current, 0, ''],
    ['', current, 2, 'a command is missing'],
    ['frobnicate', current, 2, 'no such command'],
    ['plan -f a', changed, 0, 'changes are no failure'],
    ['plan -f a --exit-code', changed, 1, 'changes'],
    ['plan -f a --exit-code', current, 0, 'no changes'],
    ['plan -f a --exit-code', failed, 2, 'a failure outweighs changes'],
    ['plan -f a', failed, 2, 'something failed'],
    ['plan -f a -o json', failed, 2, 'something failed'],
    ['plan -f a', new Failure('NO_APPLICATIONS', 'none', { fix: 'x' }), 2, 'unreadable input'],
    ['plan -f a --exit-code', new TypeError('a bug'), 2, 'a bug is not to be taken for changes'],
    ['explain shop -f a', changed, 0, 'explained'],
    ['explain shp -f a', changed, 2, 'no such Application'],
    ['explain shop wbe -f a', changed, 2, 'no such alias'],
    ['explain shop -f a', failed, 2, 'it failed'],
    ['run --once -f a', changed, 0, 'all handled'],
    ['run --once -f a', failed, 2, 'one failed'],
    ['run --once --dry-run -f a', failed, 2, 'one failed'],
    ['run -f a', failed, 0, 'it was told to stop; the failure was reported in its cycle'],
    ['demo --once', changed, 0, 'one round'],
    ['demo --once', failed, 2, 'one round that failed'],
  ] as const) {
    test(`tiphys ${line} exits ${expected}: ${why}`, async () => {
      const done = await tiphys(line, made);
      expect(done.exitCode).toBe(expected);
      if (expected === 2) expect(done.stderr).toMatch(/^error: /);
    });
  }
});

describe('data goes to stdout, all else to stderr', () => {
  for (const line of ['plan -f a -o json', 'plan -f a -o yaml', 'plan -f a -o diff', 'explain shop -f a -o json']) {
    test(`${line} prints nothing but data`, async () => {
      const { stdout, stderr } = await tiphys(line, MIXED);
      expect(stdout).toMatch(/^(?:\{|apiVersion|diff --git)/);
      expect(stdout).not.toContain('error: ');
      expect(stderr).toContain('REGISTRY_UNREACHABLE');
    });
  }

  test('a plan ends with its summary', async () => {
    const { stdout } = await tiphys('plan -f a', MIXED);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^1 update in 1 file, /);
  });

  test('an Application without images says so', async () => {
    const { stdout } = await tiphys('explain shop -f a', report());
    expect(stdout).toBe('shop names no image to follow\n');
  });

  test('a mistaken argument cannot talk to the terminal', async () => {
    const { stderr } = await tiphys('\u001b[2Jplan', current, { isTTY: true });
    expect(stderr).toContain("unknown command '\\x1b[2Jplan'");
  });

  test('a bug shows its place, a failure does not', async () => {
    expect((await tiphys('plan -f a', new TypeError('a bug'))).stderr).toMatch(/\(INTERNAL\)[\s\S]*\n {4}at /);
    const failure = new Failure('NO_APPLICATIONS', 'there are none', { fix: 'name a folder' });
    expect((await tiphys('plan -f a', failure)).stderr).toBe(
      'error: tiphys: there are none (NO_APPLICATIONS)\n  fix: name a folder\n',
    );
  });
});

describe('colours', () => {
  for (const [line, isTTY, env, expected] of [
    ['plan -f a', true, {}, true],
    ['plan -f a', false, {}, false],
    ['plan -f a --no-color', true, {}, false],
    ['--no-color plan -f a', true, {}, false],
    ['plan -f a', true, { NO_COLOR: '1' }, false],
    ['plan -f a', true, { NO_COLOR: '' }, true],
    ['plan -f a', true, { ENABLE_LOG_COLORS: 'False' }, false],
    ['plan -f a', true, { ENABLE_LOG_COLORS: 'true' }, true],
    ['plan -f a', true, { TERM: 'dumb' }, false],
    ['plan -f a', false, { FORCE_COLOR: '1' }, true],
    ['plan -f a', true, { FORCE_COLOR: '0' }, false],
    ['plan -f a -o diff', true, {}, true],
    ['plan -f a -o diff', false, { FORCE_COLOR: '1' }, false],
    ['plan -f a -o json', true, { FORCE_COLOR: '1' }, false],
  ] as const) {
    test(`${line} ${isTTY ? 'on a terminal' : 'in a pipe'} with ${JSON.stringify(env)}: ${expected ? 'yes' : 'no'}`, async () => {
      const { stdout } = await tiphys(line, MIXED, { isTTY, env });
      expect(stdout.includes('\u001b[')).toBe(expected);
    });
  }
});

describe('a reader that goes away', () => {
  const brokenPipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

  test('ends the run quietly', async () => {
    const work = (stdout: Sink): Work => ({
      ...reporting(current),
      run: async (_options, happened, signal) => {
        happened({ kind: 'cycle', report: current, tookMs: 1, dryRun: false }, undefined);
        stdout.emit('error', brokenPipe);
        happened({ kind: 'cycle', report: changed, tookMs: 1, dryRun: false }, undefined);
        signal.throwIfAborted();
        return 'stopped';
      },
    });
    const { exitCode, stdout, stderr } = await tiphys('run -f a', current, { work });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(2);
  });

  test('but a full disk is not taken for one', async () => {
    const work = (stdout: Sink): Work => ({
      ...reporting(current),
      plan: async () => {
        stdout.emit('error', Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
        return current;
      },
    });
    expect((await tiphys('plan -f a', current, { work })).exitCode).toBe(2);
  });
});

test('a person who interrupts is not told of a bug', async () => {
  const stop = new AbortController();
  const stdout = new Sink();
  const stderr = new Sink();
  const work: Work = {
    ...reporting(current),
    plan: async (_options, signal) => {
      stop.abort();
      signal.throwIfAborted();
      return current;
    },
  };
  const io = { stdout, stderr, env: {}, version: '0.1.0', signal: stop.signal };
  expect(await runCli(['plan', '-f', 'a'], io, work)).toBe(2);
  expect(stderr.text).toBe('interrupted\n');
});
