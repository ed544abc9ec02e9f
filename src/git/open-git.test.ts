import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../../test/support/git-lab.ts';
import type { FileContent } from '../demo/bare-repository.ts';
import type { BranchRef } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const ref = (repoURL: string, more: Partial<BranchRef> = {}): BranchRef => ({
  repoURL,
  branch: 'main',
  project: 'default',
  ...more,
});
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());
const FILES = new Map<string, FileContent>([
  ['apps/shop/values.yaml', 'tag: 1.0.0\n'],
  ['apps/web/values.yaml', 'tag: 2.0.0\n'],
  ['README.md', '# hello\n'],
  ['run.sh', { executable: '#!/bin/sh\n' }],
]);
const fetches = (lab: Lab) => lab.commands.filter((command) => command === 'fetch').length;

async function mirrorGenerations(lab: Lab): Promise<readonly string[]> {
  const mirrors = join(lab.stateDir, 'mirrors');
  const [mirror = ''] = await readdir(mirrors);
  return (await readdir(join(mirrors, mirror))).filter((name) => /^\d+$/.test(name)).sort();
}

describe.concurrent('open and read', () => {
  for (const [how, pick] of [
    ['HTTP', ({ url }: { url: string; path: string }) => url],
    ['file://', ({ path }: { url: string; path: string }) => `file://${path}`],
    ['a plain path', ({ path }: { url: string; path: string }) => path],
  ] as const) {
    test(`over ${how}: two fetches cold, none for an unchanged head`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES });
      const branch = ref(pick(repository));
      const git = lab.openGit();
      const tree = await git.open(branch, signal);
      expect(tree.commit).toBe(await lab.git(repository, 'rev-parse', 'main'));
      expect(tree.branch).toBe('main');
      expect(tree.paths).toEqual(['README.md', 'apps/shop/values.yaml', 'apps/web/values.yaml', 'run.sh']);
      const read = await Promise.all(
        ['README.md', 'apps/shop/values.yaml', 'nothing', 'apps'].map((path) => tree.read(path)),
      );
      expect(read.map(text)).toEqual(['# hello\n', 'tag: 1.0.0\n', undefined, undefined]);
      expect(fetches(lab)).toBe(2);

      const again = await git.open(branch, signal);
      expect(text(await again.read('README.md'))).toBe('# hello\n');
      await using other = lab.openGit(); // as a new process would: nothing in memory
      const reopened = await other.open(branch, signal);
      expect(text(await reopened.read('apps/shop/values.yaml'))).toBe('tag: 1.0.0\n');
      expect(fetches(lab)).toBe(2);
    });
  }

  test('a head that moved is fetched, and only the blobs that are new', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const old = await git.open(ref(repository.url), signal);
    await old.read('README.md');
    await lab.commit(repository, { 'apps/shop/values.yaml': 'tag: 1.1.0\n' });
    const tree = await git.open(ref(repository.url), signal);
    lab.commands.length = 0;
    expect(text(await tree.read('README.md'))).toBe('# hello\n');
    expect(fetches(lab)).toBe(0);
    expect(text(await tree.read('apps/shop/values.yaml'))).toBe('tag: 1.1.0\n');
    expect(text(await old.read('apps/shop/values.yaml'))).toBe('tag: 1.0.0\n');
  });

  test('history that was replaced by force is followed', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const first = await git.open(ref(repository.url), signal);
    const second = await lab.commit(repository, { 'a.yaml': 'a\n' });
    expect((await git.open(ref(repository.url), signal)).commit).toBe(second);
    const rewritten = await lab.commit(repository, { 'b.yaml': 'b\n' }, { from: first.commit });
    const tree = await git.open(ref(repository.url), signal);
    expect(tree.commit).toBe(rewritten);
    expect(tree.paths).not.toContain('a.yaml');
    expect(text(await tree.read('b.yaml'))).toBe('b\n');
  });

  for (const branch of ['', 'HEAD']) {
    test(`${JSON.stringify(branch)} is the default branch, by its name`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES, branch: 'trunk' });
      const tree = await lab.openGit().open(ref(repository.url, { branch }), signal);
      expect(tree.branch).toBe('trunk');
      expect(text(await tree.read('README.md'))).toBe('# hello\n');
      expect(lab.commands.filter((command) => ['ls-remote', 'fetch'].includes(command))).toEqual([
        'ls-remote',
        'fetch',
        'fetch',
      ]);
    });
  }

  test('a write branch is read once it exists, the base before', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const branch = ref(repository.url, { writeBranch: 'updates/shop' });
    expect((await git.open(branch, signal)).branch).toBe('main');
    await lab.git(repository, 'branch', 'updates/shop', 'main');
    const head = await lab.commit(repository, { 'new.yaml': 'n\n' }, { branch: 'updates/shop' });
    const tree = await git.open(branch, signal);
    expect([tree.branch, tree.commit]).toEqual(['updates/shop', head]);
  });

  test('branches that cannot exist side by side do not disturb the mirror', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    await lab.git(repository, 'branch', 'a', 'main');
    await git.open(ref(repository.url, { branch: 'a' }), signal);
    await lab.git(repository, 'branch', '--delete', '--force', 'a');
    await lab.git(repository, 'branch', 'a/b', 'main');
    expect((await git.open(ref(repository.url, { branch: 'a/b' }), signal)).branch).toBe('a/b');
  });

  test('a server without partial clone sends all at once', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES, allowFilter: false });
    const tree = await lab.openGit().open(ref(repository.url), signal);
    expect(text(await tree.read('README.md'))).toBe('# hello\n');
    expect(fetches(lab)).toBe(1);
  });

  for (const protocolV2 of [true, false]) {
    test(`objects that no branch names: refused by a server of protocol ${protocolV2 ? 2 : 0}, and not needed`, async () => {
      await using lab = await openLab({ protocolV2 });
      const repository = await lab.createRepository('r.git', { files: FILES });
      for (const key of ['allowAnySHA1InWant', 'allowReachableSHA1InWant', 'allowTipSHA1InWant']) {
        await lab.git(repository, 'config', `uploadpack.${key}`, 'false');
      }
      const git = lab.openGit();
      expect(text(await (await git.open(ref(repository.url), signal)).read('README.md'))).toBe('# hello\n');
      const compose = async () => [{ message: 'm', files: new Map([['README.md', Buffer.from('# new\n')]]) }];
      expect((await git.push(ref(repository.url), compose, signal)).kind).toBe('pushed');
    });

    test(`a repository of SHA-256, protocol ${protocolV2 ? 2 : 0}`, async () => {
      await using lab = await openLab({ protocolV2 });
      const repository = await lab.createRepository('r.git', { files: FILES });
      const path = join(lab.folder, 'served', 'r256.git');
      await lab.git(repository, 'init', '--quiet', '--bare', '--object-format=sha256', '--initial-branch=main', path);
      const other = { path, url: `${lab.server.url}/r256.git` };
      await lab.git(other, 'config', 'uploadpack.allowFilter', 'true');
      const empty = await lab.git(other, 'hash-object', '-t', 'tree', '-w', '/dev/null');
      const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
      const root = await lab.git(other, ...identity, 'commit-tree', '-m', 'root', empty);
      await lab.git(other, 'update-ref', 'refs/heads/main', root);
      for (const round of ['one', 'two']) {
        await using git = lab.openGit();
        await git.open(ref(other.url), signal);
        const compose = async () => [{ message: 'm', files: new Map([['a.yaml', Buffer.from(round)]]) }];
        expect(await git.push(ref(other.url), compose, signal)).toMatchObject({ kind: 'pushed', attempts: 1 });
        expect(text(await (await git.open(ref(other.url), signal)).read('a.yaml'))).toBe(round);
      }
      expect(await lab.show(other, 'a.yaml')).toBe('two');
    });
  }

  test('an old server that gives no single objects away is asked for all', async () => {
    await using lab = await openLab({ protocolV2: false });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const tree = await git.open(ref(repository.url), signal);
    expect(text(await tree.read('README.md'))).toBe('# hello\n');
    lab.commands.length = 0;
    const next = await git.open(ref(repository.url), signal);
    expect(text(await next.read('apps/web/values.yaml'))).toBe('tag: 2.0.0\n');
    expect(fetches(lab)).toBe(0);
  });

  test('reads of one turn travel together: one request for a thousand files', async () => {
    await using lab = await openLab();
    const names = Array.from({ length: 1000 }, (_, index) => `d${index % 10}/f${index}.yaml`);
    const repository = await lab.createRepository('r.git', {
      files: new Map(names.map((name) => [name, `x: ${name}\n`])),
    });
    const tree = await lab.openGit().open(ref(repository.url), signal);
    lab.commands.length = 0;
    const read = await Promise.all(names.map((name) => tree.read(name)));
    expect(read.map(text)).toEqual(names.map((name) => `x: ${name}\n`));
    expect(lab.commands).toEqual(['cat-file', 'fetch', 'cat-file']);
  });

  test('10 MiB can be read, one byte more cannot', async () => {
    await using lab = await openLab();
    const limit = 10 * 1024 * 1024;
    const files = new Map([
      ['limit', new Uint8Array(limit)],
      ['above', new Uint8Array(limit + 1)],
      ['small', Buffer.from('s')],
    ]);
    const repository = await lab.createRepository('r.git', { files });
    const tree = await lab.openGit().open(ref(repository.url), signal);
    const [atLimit, above, small] = await Promise.allSettled(
      ['limit', 'above', 'small'].map((path) => tree.read(path)),
    );
    expect(atLimit).toMatchObject({ status: 'fulfilled', value: { length: limit } });
    expect(above).toMatchObject({ status: 'rejected', reason: { code: 'TARGET_UNREADABLE' } });
    expect(small).toMatchObject({ status: 'fulfilled', value: { length: 1 } });
  });
});

describe.concurrent('symbolic links', () => {
  const files = new Map<string, FileContent>([
    ['real/values.yaml', 'tag: 1\n'],
    ['file-link.yaml', { link: 'real/values.yaml' }],
    ['folder-link', { link: 'real' }],
    ['deep/er/up', { link: '../../folder-link' }],
    ['loop-a', { link: 'loop-b' }],
    ['loop-b', { link: 'loop-a' }],
    ['out', { link: '../secret' }],
    ['absolute', { link: '/etc/passwd' }],
    ['into-git', { link: '.git/config' }],
    ['dangling', { link: 'real/nothing' }],
  ]);

  test('inside the tree they are followed, also in the middle of a path', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    const tree = await lab.openGit().open(ref(repository.url), signal);
    expect(tree.paths).toEqual(['real/values.yaml']);
    const paths = [
      'file-link.yaml',
      'folder-link/values.yaml',
      'deep/er/up/values.yaml',
      './real/../real//values.yaml',
    ];
    expect((await Promise.all(paths.map((path) => tree.read(path)))).map(text)).toEqual(paths.map(() => 'tag: 1\n'));
    expect(await tree.read('dangling')).toBeUndefined();
    expect(await tree.read('folder-link')).toBeUndefined();
  });

  test('what leads out is refused, by a link or by its own path', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    const tree = await lab.openGit().open(ref(repository.url), signal);
    const paths = ['out', 'absolute', 'into-git', 'loop-a', '../x', '.git/config', 'a\0b', ''];
    for (const result of await Promise.allSettled(paths.map((path) => tree.read(path)))) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'TARGET_OUTSIDE_REPOSITORY' } });
    }
  });
});

describe.concurrent('a damaged mirror is replaced', () => {
  for (const [what, damage] of [
    ['its packs are gone', (folder: string) => rm(join(folder, 'objects'), { recursive: true })],
    ['its HEAD is gone', (folder: string) => rm(join(folder, 'HEAD'))],
    ['its configuration is garbage', (folder: string) => writeFile(join(folder, 'config'), '[core\n')],
    ['it is empty', (folder: string) => rm(folder, { recursive: true })],
    [
      'its packs are cut short',
      async (folder: string) => {
        const packs = join(folder, 'objects', 'pack');
        for (const name of await readdir(packs)) await writeFile(join(packs, name), 'PACK');
      },
    ],
  ] as const) {
    test(what, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES });
      const before = await lab.openGit().open(ref(repository.url), signal);
      await before.read('README.md');
      const [mirror = ''] = await readdir(join(lab.stateDir, 'mirrors'));
      await damage(join(lab.stateDir, 'mirrors', mirror, '1'));
      const git = lab.openGit();
      const tree = await git.open(ref(repository.url), signal);
      expect(text(await tree.read('README.md'))).toBe('# hello\n');
      const compose = async () => [{ message: 'm', files: new Map([['README.md', Buffer.from('# new\n')]]) }];
      expect((await git.push(ref(repository.url), compose, signal)).kind).toBe('pushed');
      expect(await lab.show(repository, 'README.md')).toBe('# new');
    });
  }

  test('between reading and pushing', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    await git.open(ref(repository.url), signal);
    const [mirror = ''] = await readdir(join(lab.stateDir, 'mirrors'));
    await rm(join(lab.stateDir, 'mirrors', mirror, '1', 'objects'), { recursive: true });
    const compose = async () => [{ message: 'm', files: new Map([['new.yaml', Buffer.from('n\n')]]) }];
    expect((await git.push(ref(repository.url), compose, signal)).kind).toBe('pushed');
  });

  test('one with too many packs is as well, and the generation before it is kept for readers', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    await git.open(ref(repository.url), signal);
    const [mirror = ''] = await readdir(join(lab.stateDir, 'mirrors'));
    const packs = join(lab.stateDir, 'mirrors', mirror, '1', 'objects', 'pack');
    for (let index = 0; index < 101; index += 1) await writeFile(join(packs, `x${index}.pack`), '');
    const tree = await git.open(ref(repository.url), signal);
    expect(text(await tree.read('README.md'))).toBe('# hello\n');
    expect(await mirrorGenerations(lab)).toEqual(['1', '2']);
  });
});

describe.concurrent('several at once', () => {
  test('two processes may use one mirror', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const gits = Array.from({ length: 4 }, () => lab.openGit());
    const trees = await Promise.all(gits.map((git) => git.open(ref(repository.url), signal)));
    const read = await Promise.all(trees.map((tree) => tree.read('README.md')));
    expect(read.map(text)).toEqual(trees.map(() => '# hello\n'));
  });

  test('many branches of one repository', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const branches = Array.from({ length: 6 }, (_, index) => `env/${index}`);
    for (const branch of branches) {
      await lab.git(repository, 'branch', branch, 'main');
      await lab.commit(repository, { 'env.yaml': branch }, { branch });
    }
    const git = lab.openGit();
    const trees = await Promise.all(branches.map((branch) => git.open(ref(repository.url, { branch }), signal)));
    const read = await Promise.all(trees.map((tree) => tree.read('env.yaml')));
    expect(read.map(text)).toEqual(branches);
  });
});

describe.concurrent('what goes wrong has a code and a remedy', () => {
  const cases: readonly (readonly [string, (lab: Lab) => Promise<BranchRef>, string])[] = [
    [
      'a repository that is not there, over HTTP',
      async (lab) => ref(`${lab.server.url}/nope.git`),
      'GIT_REPOSITORY_NOT_FOUND',
    ],
    [
      'a repository that is not there, on disk',
      async (lab) => ref(join(lab.folder, 'nope.git')),
      'GIT_REPOSITORY_NOT_FOUND',
    ],
    [
      'a branch that is not there',
      async (lab) => ref((await lab.createRepository('r', { files: FILES })).url, { branch: 'nope' }),
      'GIT_BRANCH_NOT_FOUND',
    ],
    [
      'a base that is not there, beside a write branch',
      async (lab) => ref((await lab.createRepository('r', { files: FILES })).url, { branch: 'nope', writeBranch: 'w' }),
      'GIT_BRANCH_NOT_FOUND',
    ],
    [
      'a branch like an option',
      async (lab) => ref(`${lab.server.url}/r`, { branch: '--upload-pack=x' }),
      'GIT_REF_INVALID',
    ],
    [
      'a write branch like an option',
      async (lab) => ref(`${lab.server.url}/r`, { writeBranch: '--exec=x' }),
      'GIT_REF_INVALID',
    ],
    ['a URL that runs a program', async () => ref('ext::sh -c true'), 'GIT_REF_INVALID'],
    ['nobody listens', async () => ref('http://127.0.0.1:1/x.git'), 'GIT_UNREACHABLE'],
    [
      'a Secret that is not there',
      async (lab) => ref(`${lab.server.url}/r`, { secret: 'shop/git' }),
      'CREDENTIALS_INVALID',
    ],
  ];
  for (const [what, make, code] of cases) {
    test(`${what}: ${code}`, async () => {
      await using lab = await openLab();
      const opening = lab.openGit().open(await make(lab), signal);
      await expect(opening).rejects.toMatchObject({ name: 'Failure', code, fix: expect.stringMatching(/\w/) });
    });
  }

  for (const [status, code] of [
    [500, 'GIT_UNREACHABLE'],
    [429, 'GIT_UNREACHABLE'],
    [403, 'GIT_UNAUTHORIZED'],
    [404, 'GIT_REPOSITORY_NOT_FOUND'],
  ] as const) {
    test(`a server that answers ${status} and HTML: ${code}`, async () => {
      await using lab = await openLab({
        intercept: (_, response) => {
          response.writeHead(status, { 'Content-Type': 'text/html' }).end('<html>');
          return true;
        },
      });
      await expect(lab.openGit().open(ref(`${lab.server.url}/r`), signal)).rejects.toMatchObject({ code });
    });
  }

  test('a server that hangs: GIT_TIMEOUT, and no process stays', async () => {
    await using lab = await openLab({ intercept: () => true });
    const git = lab.openGit({ timeouts: { fetchMs: 300 } });
    await expect(git.open(ref(`${lab.server.url}/r`), signal)).rejects.toMatchObject({ code: 'GIT_TIMEOUT' });
  });

  test('stopped while it waits for a server: ABORTED', async () => {
    await using lab = await openLab({ intercept: () => true });
    const stop = AbortSignal.timeout(200);
    await expect(lab.openGit().open(ref(`${lab.server.url}/r`), stop)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('no git on the PATH: GIT_MISSING', async () => {
    await using lab = await openLab();
    const git = lab.openGit({ env: { PATH: lab.folder } });
    await expect(git.open(ref(`${lab.server.url}/r`), signal)).rejects.toMatchObject({ code: 'GIT_MISSING' });
  });

  test('a state folder that is a file: GIT_FAILED, naming the flag', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const stateDir = join(lab.folder, 'file');
    await writeFile(stateDir, '');
    const opening = lab.openGit({ stateDir }).open(ref(repository.url), signal);
    await expect(opening).rejects.toMatchObject({ code: 'GIT_FAILED', fix: expect.stringContaining('--state-dir') });
  });

  test('a repository without a commit: GIT_BRANCH_NOT_FOUND', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    await lab.git(repository, 'update-ref', '-d', 'refs/heads/main');
    for (const branch of ['main', 'HEAD']) {
      const opening = lab.openGit().open(ref(repository.url, { branch }), signal);
      await expect(opening).rejects.toMatchObject({ code: 'GIT_BRANCH_NOT_FOUND' });
    }
  });
});
