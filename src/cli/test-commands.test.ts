import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { policyOf } from '../../test/policy.ts';
import { decide } from '../core/deciding/decide.ts';
import type { ImageTestReport } from '../core/deciding/image-test.ts';
import { scanOf } from '../core/deciding/listed-tag.ts';
import { type PolicyTestReport, type PolicyTestResult, runPolicyTest } from '../core/deciding/policy-test.ts';
import type { GitCheck, GitCheckReport } from '../core/git-check.ts';
import type { HistoryEntry, HistoryReport } from '../core/history.ts';
import { formatPlatform } from '../core/platform.ts';
import { formatImageName } from '../core/reference.ts';
import type { RegistryCheck, RegistryCheckReport } from '../core/registry-check.ts';
import { runCli } from './program.ts';
import type { GitCheckOptions, HistoryOptions, ImageTestOptions, RegistryCheckOptions, Work } from './work.ts';

class Sink extends EventEmitter {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

const PROBLEM = { code: 'INPUT_UNREADABLE', object: 't.yaml', message: 'cannot be read', fix: 'mend it' } as const;

/** What the work is made of that a test does not speak of. */
const nothing: Work = {
  plan: () => Promise.reject(new Error('not asked for')),
  explain: () => Promise.reject(new Error('not asked for')),
  run: () => Promise.reject(new Error('not asked for')),
  runWhenAsked: () => Promise.reject(new Error('not asked for')),
  demo: () => Promise.reject(new Error('not asked for')),
  auditCredentials: () => Promise.reject(new Error('not asked for')),
  lint: () => Promise.reject(new Error('not asked for')),
  diff: () => Promise.reject(new Error('not asked for')),
  listRights: () => Promise.reject(new Error('not asked for')),
  setImage: () => Promise.reject(new Error('not asked for')),
  handOff: () => Promise.reject(new Error('not asked for')),
  appendToFile: () => Promise.reject(new Error('not asked for')),
  wait: () => Promise.reject(new Error('not asked for')),
  previewTemplate: () => Promise.reject(new Error('not asked for')),
  testImages: () => Promise.reject(new Error('not asked for')),
  checkRegistries: () => Promise.reject(new Error('not asked for')),
  checkGit: () => Promise.reject(new Error('not asked for')),
  history: () => Promise.reject(new Error('not asked for')),
  testPolicies: () => Promise.reject(new Error('not asked for')),
  migrate: () => Promise.reject(new Error('not asked for')),
};

async function tiphys(line: readonly string[], work: Partial<Work>) {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const io = { stdout, stderr, env: {}, version: '0.1.0', signal: new AbortController().signal };
  const exitCode = await runCli(line, io, { ...nothing, ...work });
  return { exitCode, stdout: stdout.text, stderr: stderr.text };
}

describe('tiphys test-policy', () => {
  const result = (name: string, expected: PolicyTestResult['expected']): PolicyTestResult => {
    const origin = { file: 't.yaml', positionOf: () => ({ line: 7, column: 3 }) };
    const policy = { kind: 'policy', policy: policyOf({ constraint: '~1.2' }) } as const;
    const tags = ['1.2.0', '1.2.1'].map((tag) => ({ name: tag }));
    return runPolicyTest({ name, location: { origin, path: [] }, policy, current: undefined, tags, expected });
  };
  const report = (different: Partial<PolicyTestReport>): Partial<Work> => {
    return { testPolicies: async () => ({ results: [], failures: [], warnings: [], ...different }) };
  };
  const passed = result('patches only', '1.2.1');
  const failed = result('no \u001b[2Jpatches', { tag: '1.2.0', outcome: 'update' });

  for (const [what, made, exitCode] of [
    ['all pass', { results: [passed] }, 0],
    ['one fails', { results: [passed, failed] }, 1],
    ['one cannot be read', { results: [failed], failures: [PROBLEM] }, 2],
  ] as const) {
    test(`exits ${exitCode} when ${what}`, async () => {
      expect((await tiphys(['test-policy', 't.yaml'], report(made))).exitCode).toBe(exitCode);
    });
  }

  test('tells failures in detail, and counts the rest', async () => {
    const { stdout } = await tiphys(['test-policy', 't.yaml'], report({ results: [passed, failed] }));
    expect(stdout).toMatchInlineSnapshot(`
      "FAIL no \\x1b[2Jpatches (t.yaml:7)
        expected  {"tag":"1.2.0","outcome":"update"}
        got       1.2.1
        why       1.2.1 is the newest of 2 tags that satisfy ~1.2; expected 1.2.0, which ranks below 1.2.1

      2 tests: 1 passed, 1 failed
      "
    `);
  });

  test('prints one JSON array', async () => {
    const { stdout, stderr } = await tiphys(
      ['test-policy', '-o', 'json', '-'],
      report({ results: [passed], failures: [PROBLEM] }),
    );
    expect(JSON.parse(stdout)).toEqual([
      {
        name: 'patches only',
        ok: true,
        expected: '1.2.1',
        got: '1.2.1',
        outcome: 'update',
        reason: '1.2.1 is the newest of 2 tags that satisfy ~1.2',
      },
    ]);
    expect(stderr).toContain('error: t.yaml: cannot be read');
  });
});

describe('tiphys test', () => {
  const testing = (options: ImageTestOptions): ImageTestReport => {
    const { images, policy } = options;
    const scan = scanOf([{ name: '1.2.0' }, { name: '1.2.1' }, { name: 'latest' }], policy, undefined);
    const tests = images.map((image) => ({
      image: formatImageName(image),
      strategy: policy.judge.strategy.id,
      found: scan.tags.length,
      decision: decide({ policy, current: undefined, scan }),
    }));
    return { tests, failures: [], warnings: [] };
  };

  async function asked(...line: readonly string[]) {
    let options: ImageTestOptions | undefined;
    const work = {
      testImages: async (given: ImageTestOptions) => {
        options = given;
        return testing(given);
      },
    };
    return { ...(await tiphys(['test', ...line], work)), options };
  }

  test('names what it found and chose, and why', async () => {
    const { stdout, exitCode } = await asked('nginx', '--semver-constraint', '~1.2');
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "nginx
        strategy    semver
        tags        3 found
        chosen      nginx:1.2.1
        why         1.2.1 is the newest of 2 tags that satisfy ~1.2
        candidates  3
          1.2.1   chosen   is the newest of 2 tags that satisfy ~1.2
          1.2.0   older    ranks below 1.2.1
          latest  dropped  cannot be read as a version (rule not-a-version)
      "
    `);
  });

  test('nothing newer is no failure', async () => {
    const { stdout, exitCode } = await asked('nginx', '--semver-constraint', '^3');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('chosen      nothing: no newer version was found');
  });

  test('a registry that fails is one, and exits as upstream', async () => {
    const work = { testImages: async () => ({ tests: [], failures: [PROBLEM], warnings: [] }) };
    const { exitCode, stderr } = await tiphys(['test', 'nginx'], work);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error: t.yaml');
  });

  for (const format of ['json', 'yaml']) {
    test(`${format} holds every candidate`, async () => {
      const { stdout } = await asked('ghcr.io/acme/web', 'nginx', '-o', format, '--semver-constraint', '~1.2');
      expect(stdout).toContain('ImageTest');
      expect(stdout.match(/ghcr.io\/acme\/web:1\.2\.1/g)).toHaveLength(1);
      expect(stdout.match(/not-a-version/g)).toHaveLength(2);
    });
  }

  test("the flags are upstream's", async () => {
    const { options, stderr } = await asked(
      ...['a.example/web', '--update-strategy', 'LATEST', '--allow-tags', 'regexp:^v', '--ignore-tags', 'a,b'],
      ...['--ignore-tags', 'c', '--platforms', 'linux/amd64,linux/arm64', '--platforms', 'linux/arm/v7'],
      ...['--credentials', 'env:HUB', '--registries-conf-path', 'r.conf', '--tags', '-'],
    );
    expect(stderr).toBe('');
    expect(options).toMatchObject({
      images: [{ registry: 'a.example', repository: 'web' }],
      policy: { allowTags: { text: 'regexp:^v' }, ignoreTags: { text: 'a,b, c' } },
      credentials: 'env:HUB',
      tagsFrom: '-',
      settings: [{ name: '--registries-conf-path', text: 'r.conf' }],
    });
    expect(options?.policy.judge.strategy.id).toBe('newest-build');
    expect(options?.policy.platforms.map(formatPlatform)).toEqual(['linux/amd64', 'linux/arm64', 'linux/arm/v7']);
  });

  test("the platform is this machine's, and any for a list", async () => {
    expect((await asked('nginx')).options?.policy.platforms.map(formatPlatform)).toEqual([
      expect.stringMatching(/^linux\/\w+$/),
    ]);
    expect((await asked('nginx', '--tags', 'x')).options?.policy.platforms).toEqual([]);
  });

  test('what plays no part is named', async () => {
    const { stderr } = await asked('nginx:1.25', '--rate-limit', '20');
    expect(stderr).toContain('warning: nginx: "1.25" behind the name plays no part');
    expect(stderr).toContain('warning: --rate-limit: is not used yet');
  });

  for (const [line, message] of [
    [[], "missing required argument 'IMAGE'"],
    [['NGINX'], 'It must be an image'],
    [['https://ghcr.io/acme/web'], 'It must be an image'],
    [['nginx', '--allow-tags', '^v'], '--allow-tags: "^v" names no match function'],
    [['nginx', '--semver-constraint', 'latest'], '--semver-constraint: "latest" is not a version constraint'],
    [['nginx', '--update-strategy', 'digest'], 'fix: correct --semver-constraint'],
    [['nginx', '--update-strategy', 'semvre'], 'fix: write semver'],
    [['nginx', '--rate-limit', 'fast'], 'It must be a whole number'],
    [['nginx', '--platforms', 'amd64'], 'is not a platform'],
    [['nginx', '--credentials', 'hunter2'], 'is not a credential source'],
    [['nginx', 'ghcr.io/a/b', '--credentials', 'env:HUB'], 'not for docker.io and ghcr.io'],
  ] as const) {
    test(`${['tiphys test', ...line].join(' ')} is refused: ${message}`, async () => {
      const { exitCode, stderr } = await asked(...line);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('hunter2');
    });
  }
});

describe('tiphys registry check', () => {
  const ok = { step: 'endpoint', status: 'ok', detail: 'https://ghcr.io', fix: null } as const;
  const failed = { step: 'connection', status: 'failed', detail: 'no \u001b[2Jway', fix: 'mend it' } as const;
  const skipped = { step: 'challenge', status: 'skipped', detail: 'not reached', fix: null } as const;
  const good: RegistryCheck = { registry: 'ghcr.io', mirrorOf: null, image: null, steps: [ok, skipped] };
  const bad: RegistryCheck = {
    registry: 'ghcr.io',
    mirrorOf: null,
    image: 'ghcr.io/a/b',
    steps: [ok, failed, skipped],
  };
  const mirror: RegistryCheck = { ...good, registry: 'mirror.example.com', mirrorOf: 'ghcr.io' };

  async function checked(report: Partial<RegistryCheckReport>, ...line: readonly string[]) {
    let options: RegistryCheckOptions | undefined;
    const work = {
      checkRegistries: async (given: RegistryCheckOptions) => {
        options = given;
        return { checks: [], failures: [], warnings: [], ...report };
      },
    };
    return { ...(await tiphys(['registry', 'check', ...line], work)), options };
  }

  for (const [what, report, exitCode] of [
    ['nothing failed', { checks: [good] }, 0],
    ['one failed', { checks: [good, bad] }, 1],
    ['a file cannot be read', { checks: [good], failures: [PROBLEM] }, 2],
  ] as const) {
    test(`exits ${exitCode} when ${what}`, async () => {
      expect((await checked(report)).exitCode).toBe(exitCode);
    });
  }

  test('hands over what was asked for', async () => {
    const { options } = await checked({}, 'ghcr.io', 'nginx:1', '-f', 's.yaml', '--registries-conf-path', 'r.conf');
    expect(options).toMatchObject({
      targets: [
        { kind: 'host', host: 'ghcr.io' },
        { kind: 'image', version: { tag: '1' } },
      ],
      filenames: ['s.yaml'],
      settings: [{ text: 'r.conf' }],
    });
    expect((await checked({})).options).toEqual({ targets: [], filenames: [], settings: [] });
  });

  test('tells every step, and what to do', async () => {
    const { stdout } = await checked({ checks: [good, bad, mirror, { ...mirror, image: 'ghcr.io/a/b' }] });
    expect(stdout).toMatchInlineSnapshot(`
      "ghcr.io
        ok       endpoint    https://ghcr.io
        skipped  challenge   not reached

      ghcr.io/a/b (ghcr.io)
        ok       endpoint    https://ghcr.io
        failed   connection  no \\x1b[2Jway
                             fix: mend it
        skipped  challenge   not reached

      mirror.example.com, mirror of ghcr.io
        ok       endpoint    https://ghcr.io
        skipped  challenge   not reached

      ghcr.io/a/b (mirror.example.com, mirror of ghcr.io)
        ok       endpoint    https://ghcr.io
        skipped  challenge   not reached
      "
    `);
  });

  test('prints one JSON array', async () => {
    const { stdout } = await checked({ checks: [good, bad, mirror] }, '-o', 'json');
    expect(JSON.parse(stdout)).toEqual([good, { ...bad, steps: [ok, failed, skipped] }, mirror]);
    expect(stdout).not.toContain('\u001b');
  });

  test.each([
    [['registry'], "missing required argument 'check'"],
    [['registry', 'chek'], 'It must be check'],
    [['registry', 'check', 'https://ghcr.io'], 'It must be a host or an image'],
    [['registry', 'check', 'ghcr.io', '-o', 'yaml'], 'It must be text or json'],
  ])('%j is refused', async (line, message) => {
    const { exitCode, stderr } = await tiphys(line, {});
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('tiphys git check', () => {
  const answer = { isObstacle: false, detail: '', fix: null };
  const open: GitCheck = {
    repoURL: 'https://git.example.com/acme/deploy',
    branch: 'main',
    credential: 'the Secret argocd/deploy',
    forge: 'gitea',
    answers: [
      { ...answer, question: 'can read', answer: 'yes', detail: 'main is at 0123' },
      { ...answer, question: 'is protected', answer: 'unknown', detail: 'not \u001b[2Jtold', fix: 'look' },
    ],
  };
  const closed: GitCheck = {
    ...open,
    branch: null,
    forge: null,
    answers: [{ question: 'can read', answer: 'no', isObstacle: true, detail: 'not let in', fix: 'mend it' }],
  };

  async function checked(report: Partial<GitCheckReport>, ...line: readonly string[]) {
    let options: GitCheckOptions | undefined;
    const work = {
      checkGit: async (given: GitCheckOptions) => {
        options = given;
        return { checks: [], failures: [], warnings: [], ...report };
      },
    };
    return { ...(await tiphys(['git', 'check', ...line], work)), options };
  }

  for (const [what, report, exitCode] of [
    ['nothing stands in the way', { checks: [open] }, 0],
    ['one is not open', { checks: [open, closed] }, 1],
    ['a file cannot be read', { checks: [open], failures: [PROBLEM] }, 2],
  ] as const) {
    test(`exits ${exitCode} when ${what}`, async () => {
      expect((await checked(report, 'https://git.example.com/a')).exitCode).toBe(exitCode);
    });
  }

  test('hands over what was asked for', async () => {
    const line = ['https://a.example/b', 'git@c:d', '-f', 's.yaml', '--branch', 'prod', '--project', 'shop'];
    expect((await checked({}, ...line, '--secret', 'shop/git')).options).toMatchObject({
      repoURLs: ['https://a.example/b', 'git@c:d'],
      filenames: ['s.yaml'],
      branch: 'prod',
      project: 'shop',
      secret: 'shop/git',
    });
    expect((await checked({}, 'x')).options).toMatchObject({ filenames: [], branch: '', project: 'default' });
  });

  test('tells every answer, and what to do', async () => {
    const { stdout } = await checked({ checks: [open, closed] }, 'x');
    expect(stdout).toMatchInlineSnapshot(`
      "https://git.example.com/acme/deploy (main)
        with the Secret argocd/deploy, on gitea
        can read         yes      main is at 0123
        is protected     unknown  not \\x1b[2Jtold
                                  fix: look

      https://git.example.com/acme/deploy (default branch)
        with the Secret argocd/deploy
        can read         no       not let in
                                  fix: mend it
      "
    `);
  });

  test('prints one JSON array', async () => {
    const { stdout } = await checked({ checks: [open, closed] }, 'x', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual([open, closed]);
  });

  test.each([
    [['git'], "missing required argument 'check'"],
    [['git', 'chek', 'x'], 'It must be check'],
    [['git', 'check'], "missing required argument 'REPO'"],
    [['git', 'check', 'x', '--secret', 'shop'], 'namespace/name'],
  ])('%j is refused', async (line, message) => {
    const { exitCode, stderr } = await tiphys(line, {});
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('tiphys history', () => {
  const entry: HistoryEntry = {
    application: 'argocd/shop',
    alias: 'web',
    image: 'ghcr.io/acme/web',
    from: '1.0.0',
    to: '1.1.0',
    path: 'apps/shop/values.yaml',
    repoURL: 'https://git.example/deploy',
    branch: 'HEAD',
    commit: '0123456789abcdef0123456789abcdef01234567',
    author: 'Jane \u001b[2J <jane@example.com>',
    committedAt: '2024-05-06T07:08:09Z',
  };

  async function told(report: Partial<HistoryReport>, ...line: readonly string[]) {
    let options: HistoryOptions | undefined;
    let chosen: string | undefined;
    const work: Partial<Work> = {
      history: async (given, choose) => {
        options = given;
        if (given.application !== undefined) chosen = choose(['argocd/shop', 'argocd/web']);
        return { entries: [], failures: [], warnings: [], ...report };
      },
    };
    return { ...(await tiphys(['history', ...line], work)), options, chosen };
  }

  test('hands over what was asked for', async () => {
    const { options, chosen } = await told({}, 'shop', '-f', 'a', '--image', 'web', '--limit', '5', '--since', '1d12h');
    expect(options).toMatchObject({ application: 'shop', image: 'web', most: 5, since: { agoMs: 129_600_000 } });
    expect(chosen).toBe('argocd/shop');
    const line = ['--repo', 'a', '--repo', 'b', '--branch', 'prod', '--project', 'team', '--since', '2024-05-06'];
    const named = await told({}, ...line);
    expect(named.options).toMatchObject({
      repoURLs: ['a', 'b'],
      branch: 'prod',
      project: 'team',
      filenames: [],
      most: 50,
      since: { atMs: Date.UTC(2024, 4, 6) },
    });
  });

  test.each([
    [[], 'give --repo <url>, or Applications with -f'],
    [['--branch', 'prod', '-f', 'a'], '--branch needs --repo'],
    [['--project', 'team', '-f', 'a'], '--project needs --repo'],
    [['--repo', 'a', '--limit', '0'], '1 or more'],
    [['--repo', 'a', '--since', 'yesterday'], '--since'],
  ])('%j is refused', async (line, message) => {
    const { exitCode, stderr } = await told({}, ...line);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test('prints a line for each change, or JSON', async () => {
    const unknown = { ...entry, application: undefined, from: undefined, to: '@sha256:00' };
    const table = await told({ entries: [entry, unknown] }, '--repo', 'a');
    expect([table.exitCode, table.stdout]).toMatchInlineSnapshot(`
      [
        0,
        "WHEN                  APPLICATION            IMAGE             FROM   TO          COMMIT      BY
      2024-05-06T07:08:09Z  argocd/shop            ghcr.io/acme/web  1.0.0  1.1.0       0123456789  Jane \\x1b[2J <jane@example.com>
      2024-05-06T07:08:09Z  apps/shop/values.yaml  ghcr.io/acme/web  -      @sha256:00  0123456789  Jane \\x1b[2J <jane@example.com>
      ",
      ]
    `);
    const json = await told({ entries: [unknown], failures: [PROBLEM] }, '--repo', 'a', '-o', 'json');
    expect(json.exitCode).toBe(2);
    expect(JSON.parse(json.stdout)).toEqual({
      apiVersion: 'tiphys.dev/v1alpha1',
      kind: 'History',
      items: [{ ...unknown, application: null, from: null }],
      failures: [PROBLEM],
      warnings: [],
    });
  });

  test('says that there is nothing only where everybody was asked', async () => {
    const { exitCode, stdout } = await told({}, '--repo', 'a');
    expect([exitCode, stdout]).toEqual([0, 'no changes are recorded\n']);
    const unanswered = await told({ failures: [PROBLEM] }, '--repo', 'a');
    expect([unanswered.exitCode, unanswered.stdout]).toEqual([2, '']);
  });
});

describe('tiphys diff', () => {
  const report = {
    ...{ left: 'staging', right: 'prod', same: ['acme/api'], unread: ['remote base https://example.com'] },
    differences: [
      { name: 'acme/web', left: ['acme/web:1.5.0'], right: ['ghcr.io/acme/web:1.4.2'] },
      { name: 'acme/job', left: [], right: ['acme/job@sha256:0', 'acme/job-admin:1'] },
    ],
  };

  test('shows what differs, and exits 1 as kubectl diff does', async () => {
    const { stdout, stderr, exitCode } = await tiphys(['diff', 'staging', 'prod'], { diff: async () => report });
    expect(stdout.split('\n')).toEqual([
      'IMAGE     staging  prod',
      'acme/web  1.5.0    ghcr.io/acme/web:1.4.2',
      'acme/job  -        @sha256:0, acme/job-admin:1',
      '',
    ]);
    expect(stderr).toBe('note: not read: remote base https://example.com\n');
    expect(exitCode).toBe(1);
  });

  test('prints nothing and exits 0 when nothing does', async () => {
    const same = { ...report, differences: [], unread: [] };
    const ended = await tiphys(['diff', 'staging', 'prod'], { diff: async () => same });
    expect(ended).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  });

  test('prints JSON for scripts', async () => {
    const { stdout } = await tiphys(['diff', 'a', 'b', '-o', 'json'], { diff: async () => report });
    expect(JSON.parse(stdout)).toEqual({ apiVersion: 'tiphys.dev/v1alpha1', kind: 'EnvironmentDiff', ...report });
  });
});
