import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { application, startWorld, type World } from './support/world.ts';

const kustomization = (image: string, tag: string) =>
  `# please keep\nresources: []\nimages:\n  - name: ${image}\n    newTag: "${tag}" # moved by robots\n`;

interface Plan {
  readonly items: readonly {
    readonly application: string;
    readonly alias: string;
    readonly from: string | null;
    readonly to: string | null;
    readonly outcome: string;
    readonly rule: string;
    readonly reason: string;
  }[];
  readonly files: readonly { readonly path: string; readonly diff: string }[];
  readonly failures: readonly { readonly code: string; readonly object: string; readonly fix: string }[];
}

async function plan(world: World, ...args: readonly string[]): Promise<Plan & { readonly code: number | null }> {
  const { code, stdout, stderr } = await world.tiphys(['plan', '-o', 'json', ...args]);
  if (stdout === '') throw new Error(`no plan: ${stderr}`);
  return { ...JSON.parse(stdout), code };
}

/** One healthy Application, which every fault beside it must leave alone. */
async function healthy(world: World): Promise<{ path: string; url: string; image: string }> {
  const image = `${world.registry.host}/acme/healthy`;
  world.putTags('acme/healthy', '1.0.0', '1.1.0');
  const repository = await world.repository(
    'healthy',
    new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]),
  );
  await world.manifests(
    'healthy.yaml',
    application(
      'healthy',
      { repoURL: repository.url },
      { 'image-list': `app=${image}:1.x`, 'write-back-target': 'kustomization' },
    ),
  );
  return { ...repository, image };
}

describe.concurrent('from a registry to a pushed commit', () => {
  test('plan, then run, then plan: changes, the same changes pushed, no changes', async () => {
    await using world = await startWorld();
    const { path, image } = await healthy(world);
    const before = await plan(world, '--exit-code');
    expect(before.code).toBe(1);
    expect(before.items).toMatchObject([
      { application: 'argocd/healthy', from: '1.0.0', to: '1.1.0', outcome: 'update' },
    ]);
    expect(await world.gitIn(path, 'log', '--format=%s', 'main')).not.toContain('automatic update');

    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
    expect(await world.gitIn(path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.1.0'));
    expect(await world.gitIn(path, 'diff', 'main~1', 'main')).toContain(
      before.files[0]?.diff.split('@@\n')[1] ?? 'no diff',
    );
    expect(await world.gitIn(path, 'log', '-1', '--format=%an %ae%n%B', 'main')).toBe(
      'argocd-image-updater noreply@argoproj.io\n' +
        "build: automatic update of healthy\n\nupdates image acme/healthy tag '1.0.0' to '1.1.0'\n\n" +
        `Tiphys-Change: argocd/healthy app ${image} 1.0.0 1.1.0 kustomization.yaml\n\n`,
    );

    expect(await plan(world, '--exit-code')).toMatchObject({ code: 0, files: [], items: [{ outcome: 'current' }] });
    const commits = await world.gitIn(path, 'rev-list', '--count', 'main');
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0 });
    expect(await world.gitIn(path, 'rev-list', '--count', 'main')).toBe(commits);
  });

  test('--dry-run shows and changes nothing', async () => {
    await using world = await startWorld();
    const { path } = await healthy(world);
    const { code, stdout } = await world.tiphys(['run', '--once', '--dry-run']);
    expect(code).toBe(0);
    expect(stdout).toContain('1.1.0');
    expect(await world.gitIn(path, 'rev-list', '--count', 'main')).toBe('1\n');
  });

  test('one commit for many applications, or one each in one push', async () => {
    for (const [grouping, commits] of [
      ['branch', 1],
      ['application', 3],
    ] as const) {
      await using world = await startWorld();
      world.putTags('acme/app', '1.0.0', '1.1.0');
      const image = `${world.registry.host}/acme/app`;
      const names = ['dev', 'staging', 'prod'];
      const files = names.map((name): [string, string] => [
        `${name}/kustomization.yaml`,
        kustomization(image, '1.0.0'),
      ]);
      const { path, url } = await world.repository('deploy', new Map(files));
      const settings = { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' };
      await world.manifests(
        'apps.yaml',
        names.map((name) => application(name, { repoURL: url, path: name }, settings)).join(''),
      );
      const before = world.git.requests.filter((request) => request.path.includes('git-receive-pack')).length;
      expect(await world.tiphys(['run', '--once', '--git-commit-grouping', grouping])).toMatchObject({ code: 0 });
      expect(await world.gitIn(path, 'rev-list', '--count', 'main')).toBe(`${1 + commits}\n`);
      const pushes = world.git.requests
        .slice(before)
        .filter(({ method, path: to }) => method === 'POST' && to.includes('git-receive-pack'));
      expect(pushes).toHaveLength(1);
      const lists = world.registry.requests.filter((request) => request.path.includes('/tags/list'));
      expect(lists).toHaveLength(1);
    }
  });

  test('explain says what was chosen and which rule dropped the others', async () => {
    await using world = await startWorld();
    await healthy(world);
    world.putTags('acme/healthy', '2.0.0', 'latest', `sha256-${'0'.repeat(64)}.sig`);
    const { code, stdout } = await world.tiphys(['explain', 'healthy', '-o', 'json']);
    expect(code).toBe(0);
    const [item] = JSON.parse(stdout).items;
    expect(item).toMatchObject({
      application: 'argocd/healthy',
      alias: 'app',
      current: '1.0.0',
      chosen: '1.1.0',
      outcome: 'update',
    });
    expect(
      Object.fromEntries(item.candidates.map(({ tag, rule }: { tag: string; rule: string }) => [tag, rule])),
    ).toEqual({
      '1.0.0': 'older',
      '1.1.0': 'newest',
      '2.0.0': 'constraint',
      latest: 'not-a-version',
      [`sha256-${'0'.repeat(64)}.sig`]: 'not-an-image',
    });
  });
});

describe.concurrent('gates', () => {
  for (const [name, settings, outcome] of [
    ['an older version is held', {}, { outcome: 'held', rule: 'downgrade', from: '2.0.0', to: '1.1.0' }],
    ['unless the Application allows it', { 'tiphys.dev/allow-downgrade': 'true' }, { outcome: 'update', to: '1.1.0' }],
    ['or the image', { 'tiphys.dev/app.allow-downgrade': 'true' }, { outcome: 'update', to: '1.1.0' }],
    [
      'a suspended Application is held',
      { 'tiphys.dev/suspend': 'true', 'tiphys.dev/allow-downgrade': 'true' },
      { outcome: 'held', rule: 'suspended' },
    ],
  ] as const) {
    test(name, async () => {
      await using world = await startWorld();
      const image = `${world.registry.host}/acme/app`;
      world.putTags('acme/app', '1.0.0', '1.1.0');
      const { url } = await world.repository(
        'deploy',
        new Map([['kustomization.yaml', kustomization(image, '2.0.0')]]),
      );
      await world.manifests(
        'app.yaml',
        application(
          'app',
          { repoURL: url },
          { 'image-list': `app=${image}`, 'write-back-target': 'kustomization', ...settings },
        ),
      );
      expect(await plan(world)).toMatchObject({ code: 0, items: [outcome] });
    });
  }
});

interface Fault {
  readonly name: string;
  /** What the broken Application's repository holds. */
  readonly files?: (image: string) => ReadonlyMap<string, string | Uint8Array | { readonly link: string }>;
  readonly settings?: (image: string) => Readonly<Record<string, string>>;
  readonly source?: object;
  readonly tags?: readonly string[];
  readonly answer?: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };
  readonly prepare?: (world: World, repository: { path: string }) => Promise<unknown>;
  readonly code: string;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'a constraint that cannot be read',
    settings: (image) => ({ 'image-list': `app=${image}:>>1` }),
    code: 'CONSTRAINT_INVALID',
  },
  {
    name: 'a key with a typo',
    settings: (image) => ({ 'image-list': `app=${image}`, 'app.update-stratgy': 'semver' }),
    code: 'CONFIG_UNKNOWN_KEY',
  },
  {
    name: 'a key of an alias that is not there',
    settings: (image) => ({ 'image-list': `app=${image}`, 'ap.update-strategy': 'semver' }),
    code: 'CONFIG_UNMATCHED_ALIAS',
  },
  {
    name: 'a strategy with a typo',
    settings: (image) => ({ 'image-list': `app=${image}`, 'update-strategy': 'semvre' }),
    code: 'CONFIG_INVALID',
  },
  {
    name: 'write-back by a cluster that is not there',
    settings: (image) => ({ 'image-list': `app=${image}`, 'write-back-method': 'argocd' }),
    code: 'WRITE_BACK_UNSUPPORTED',
  },
  {
    name: 'a branch that looks like an option',
    settings: (image) => ({ 'image-list': `app=${image}`, 'git-branch': '--upload-pack=touch /tmp/x' }),
    code: 'GIT_REF_INVALID',
  },
  {
    name: 'a branch that does not exist',
    settings: (image) => ({ 'image-list': `app=${image}`, 'git-branch': 'nowhere' }),
    code: 'GIT_BRANCH_NOT_FOUND',
  },
  {
    name: 'a registry that answers HTML',
    answer: { status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>welcome</html>' },
    code: 'REGISTRY_INVALID_ANSWER',
  },
  {
    name: 'a registry that says 403',
    answer: { status: 403, body: '{"errors":[{"code":"DENIED"}]}' },
    code: 'REGISTRY_UNAUTHORIZED',
  },
  {
    name: 'a registry that says 404',
    answer: { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    code: 'REGISTRY_NOT_FOUND',
  },
  {
    name: 'an empty tag list',
    answer: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"name":"acme/broken","tags":[]}' },
    code: 'REGISTRY_EMPTY',
  },
  {
    name: 'half a page',
    answer: {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: '{"name":"acme/broken","tags":["1.0',
    },
    code: 'REGISTRY_INVALID_ANSWER',
  },
  {
    name: 'a target outside of the repository',
    settings: (image) => ({ 'image-list': `app=${image}`, 'write-back-target': 'kustomization:../..' }),
    code: 'TARGET_OUTSIDE_REPOSITORY',
  },
  {
    name: 'a target behind a link that leads out',
    files: () => new Map([['kustomization.yaml', { link: '../../../etc/passwd' }]]),
    code: 'TARGET_OUTSIDE_REPOSITORY',
  },
  {
    name: 'a target that is not there',
    settings: (image) => ({
      'image-list': `app=${image}`,
      'write-back-target': 'kustomization:nowhere',
      'force-update': 'true',
    }),
    code: 'TARGET_NOT_FOUND',
  },
  {
    name: 'a target that is binary',
    files: () => new Map([['kustomization.yaml', Uint8Array.of(0, 1, 2, 3)]]),
    code: 'TARGET_UNREADABLE',
  },
  {
    name: 'a target that is not UTF-8',
    files: () => new Map([['kustomization.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xff, 0xfe)]]),
    code: 'TARGET_UNREADABLE',
  },
  {
    name: 'a target of 20 MB',
    files: (image) =>
      new Map([['kustomization.yaml', `${kustomization(image, '1.0.0')}${'# filling\n'.repeat(2_000_000)}`]]),
    code: 'TARGET_UNREADABLE',
  },
  {
    name: 'a target that is no YAML',
    files: () => new Map([['kustomization.yaml', 'images: [\n']]),
    code: 'TARGET_UNREADABLE',
  },
  {
    name: 'a server that refuses the push',
    prepare: async (_, { path }) => {
      await writeFile(join(path, 'hooks/pre-receive'), '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n');
      await chmod(join(path, 'hooks/pre-receive'), 0o755);
    },
    code: 'GIT_PUSH_REFUSED',
  },
];

describe.concurrent('a fault has its code and remedy, and stops nothing else', () => {
  for (const fault of FAULTS) {
    test(`${fault.name}: ${fault.code}`, async () => {
      await using world = await startWorld({
        registry: {
          intercept: ({ path }) =>
            path.includes('/acme/broken/') && fault.answer ? { headers: {}, body: '', ...fault.answer } : undefined,
        },
      });
      const sane = await healthy(world);
      const image = `${world.registry.host}/acme/broken`;
      world.putTags('acme/broken', ...(fault.tags ?? ['1.0.0', '1.1.0']));
      const files = fault.files?.(image) ?? new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]);
      const repository = await world.repository('broken', files);
      await fault.prepare?.(world, repository);
      await world.manifests(
        'broken.yaml',
        application(
          'broken',
          { repoURL: repository.url, more: fault.source ?? {} },
          { 'write-back-target': 'kustomization', ...(fault.settings?.(image) ?? { 'image-list': `app=${image}` }) },
        ),
      );
      const ended = await world.tiphys(['run', '--once']);
      expect(ended.stderr).toContain(fault.code);
      expect(ended.code).toBe(2);
      expect(await world.gitIn(sane.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(sane.image, '1.1.0'));
      if (fault.code.startsWith('CONFIG_UN')) return; // the image itself is sound, and goes on
      expect(await world.gitIn(repository.path, 'rev-list', '--count', 'main')).toBe('1\n');
    });
  }

  test('an unparsable file, a source that is missing, a repository that is missing, a registry that is down', async () => {
    await using world = await startWorld();
    const sane = await healthy(world);
    await world.manifests('torn.yaml', 'kind: Application\nmetadata: {name: [\n');
    await world.manifests(
      'empty.yaml',
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: empty, namespace: argocd}\nspec: {project: default}\n',
    );
    const settings = (image: string) => ({ 'image-list': `app=${image}`, 'write-back-target': 'kustomization' });
    await world.manifests(
      'lost.yaml',
      application('lost', { repoURL: `${world.git.url}/nowhere.git` }, settings(sane.image)),
    );
    const dead = '127.0.0.1:1/acme/app';
    const { url } = await world.repository('dead', new Map([['kustomization.yaml', kustomization(dead, '1.0.0')]]));
    await world.manifests('dead.yaml', application('dead', { repoURL: url }, settings(dead)));
    const { code, stderr } = await world.tiphys(['run', '--once']);
    for (const failure of [
      'INPUT_UNREADABLE',
      'APPLICATION_INVALID',
      'GIT_REPOSITORY_NOT_FOUND',
      'REGISTRY_UNREACHABLE',
    ]) {
      expect(stderr).toContain(failure);
    }
    expect(code).toBe(2);
    expect(await world.gitIn(sane.path, 'show', 'main:kustomization.yaml')).toBe(kustomization(sane.image, '1.1.0'));
  });
});

describe.concurrent('what looks like a fault and is none', () => {
  test('a constraint that no tag meets is `none`, with a reason', async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.0.0');
    const { url } = await world.repository('deploy', new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]));
    await world.manifests(
      'app.yaml',
      application('app', { repoURL: url }, { 'image-list': `app=${image}:>=7`, 'write-back-target': 'kustomization' }),
    );
    const { code, items } = await plan(world);
    expect(code).toBe(0);
    expect(items).toMatchObject([{ outcome: 'none', rule: 'no-candidate', from: '1.0.0', to: null }]);
    expect(items[0]?.reason).toContain('>=7');
  });

  test('a numeric tag is quoted, also where the old one was not', async () => {
    await using world = await startWorld();
    const image = `${world.registry.host}/acme/app`;
    world.putTags('acme/app', '1.9', '1.10');
    const file = `resources: []\nimages:\n- name: ${image}\n  newTag: 1.9.0\n`;
    const { path, url } = await world.repository('deploy', new Map([['kustomization.yaml', file]]));
    await world.manifests(
      'app.yaml',
      application('app', { repoURL: url }, { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' }),
    );
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0 });
    expect(await world.gitIn(path, 'show', 'main:kustomization.yaml')).toBe(file.replace('1.9.0', '"1.10"'));
  });

  test('a registry that is busy once is asked again', async () => {
    let refused = 0;
    await using world = await startWorld({
      registry: {
        intercept: ({ path }) => {
          if (!path.includes('/tags/list') || refused > 0) return undefined;
          refused += 1;
          return { status: 429, headers: { 'Retry-After': '1' }, body: '' };
        },
      },
    });
    const { path, image } = await healthy(world);
    expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0 });
    expect(await world.gitIn(path, 'show', 'main:kustomization.yaml')).toBe(kustomization(image, '1.1.0'));
  });
});
