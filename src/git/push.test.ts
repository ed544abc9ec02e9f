import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Lab, type LabRepository, openLab } from '../../test/support/git-lab.ts';
import type { FileContent } from '../demo/bare-repository.ts';
import type { BranchRef, CommitDraft, Tree } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const ref = (repoURL: string, more: Partial<BranchRef> = {}): BranchRef => ({
  repoURL,
  branch: 'main',
  project: 'default',
  ...more,
});
const draft = (files: Record<string, string>, message = 'change\n'): CommitDraft => ({
  message,
  files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
});
const always =
  (...drafts: readonly CommitDraft[]) =>
  async () =>
    drafts;
const FILES = new Map<string, FileContent>([
  ['apps/shop/values.yaml', 'tag: 1.0.0\n'],
  ['apps/web/values.yaml', 'tag: 2.0.0\n'],
  ['run.sh', { executable: '#!/bin/sh\n' }],
]);
const count = (lab: Lab, command: string) => lab.commands.filter((one) => one === command).length;

/** A compose function that adds a line to a file, as it stands in the tree that it is given. */
function addLine(path: string, line: string) {
  return async (tree: Tree) => {
    const before = Buffer.from((await tree.read(path)) ?? []).toString();
    return [draft({ [path]: `${before}${line}\n` })];
  };
}

async function hook(repository: LabRepository, name: string, script: string): Promise<void> {
  const path = join(repository.path, 'hooks', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

describe.concurrent('push', () => {
  test('one commit as it was asked for, and no fetch beside those of reading', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const tree = await git.open(ref(repository.url), signal);
    await tree.read('apps/shop/values.yaml');
    const message = 'build: update shop\n\nbody "quoted"\n\nTiphys-Change: a b c -> d e\n';
    const result = await git.push(
      ref(repository.url),
      always(draft({ 'apps/shop/values.yaml': 'tag: 1.1.0\n' }, message)),
      signal,
    );
    const head = await lab.git(repository, 'rev-parse', 'main');
    expect(result).toEqual({ kind: 'pushed', branch: 'main', attempts: 1, commits: [{ commit: head, message }] });
    expect(
      await lab.git(repository, 'show', '--no-patch', '--format=%an <%ae> %ad|%cn %cd|%P', '--date=iso-strict', head),
    ).toBe(`Tiphys <tiphys@example.com> 2024-05-06T07:08:09+00:00|Tiphys 2024-05-06T07:08:09+00:00|${tree.commit}`);
    expect(`${await lab.git(repository, 'cat-file', 'commit', head)}\n`.split('\n\n').slice(1).join('\n\n')).toBe(
      message,
    );
    expect(await lab.git(repository, 'diff', '--name-only', 'main~1', 'main')).toBe('apps/shop/values.yaml');
    expect([count(lab, 'fetch'), count(lab, 'push')]).toEqual([2, 1]);
    await lab.git(repository, 'fsck', '--strict');

    lab.commands.length = 0;
    const after = await git.open(ref(repository.url), signal);
    expect(after.commit).toBe(head);
    expect(Buffer.from((await after.read('apps/shop/values.yaml')) ?? []).toString()).toBe('tag: 1.1.0\n');
    expect(count(lab, 'fetch')).toBe(0);
  });

  test('what equals the tree is left out: files, drafts, and at last the push', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const same = { 'apps/shop/values.yaml': 'tag: 1.0.0\n' };
    expect(await git.push(ref(repository.url), always(draft(same), draft({})), signal)).toEqual({
      kind: 'unchanged',
      branch: 'main',
    });
    expect(await git.push(ref(repository.url), always(), signal)).toEqual({ kind: 'unchanged', branch: 'main' });
    expect(count(lab, 'push')).toBe(0);
    const result = await git.push(
      ref(repository.url),
      always(
        draft(same, 'dropped'),
        draft({ ...same, 'new.yaml': 'n\n' }, 'kept\n'),
        draft({ 'new.yaml': 'n\n' }, 'said already'),
      ),
      signal,
    );
    expect(result).toMatchObject({ kind: 'pushed', commits: [{ message: 'kept\n' }] });
    expect(await lab.git(repository, 'diff', '--name-only', 'main~1', 'main')).toBe('new.yaml');
  });

  test('several drafts become several commits and one push', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const drafts = ['one', 'two', 'three'].map((name) =>
      draft({ [`${name}.yaml`]: name, 'last.yaml': name }, `${name}\n`),
    );
    const result = await lab.openGit().push(ref(repository.url), always(...drafts), signal);
    const log = await lab.git(repository, 'log', '-3', '--reverse', '--format=%H %s', 'main');
    expect(result).toMatchObject({ kind: 'pushed' });
    if (result.kind === 'pushed') {
      expect(result.commits.map(({ commit, message }) => `${commit} ${message.trim()}`).join('\n')).toBe(log);
    }
    expect(await lab.show(repository, 'last.yaml')).toBe('three');
    expect(count(lab, 'push')).toBe(1);
  });

  test('200 files in one commit, written without having been read', async () => {
    await using lab = await openLab();
    const names = Array.from({ length: 200 }, (_, index) => `apps/app-${index}/values.yaml`);
    const repository = await lab.createRepository('r.git', { files: new Map(names.map((name) => [name, 'tag: 1\n'])) });
    const files = Object.fromEntries(names.map((name) => [name, `tag: 2 # ${name}\n`]));
    await lab.openGit().push(ref(repository.url), always(draft(files)), signal);
    expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe('2');
    expect((await lab.git(repository, 'diff', '--name-only', 'main~1', 'main')).split('\n')).toHaveLength(200);
    expect(await lab.show(repository, 'apps/app-199/values.yaml')).toBe('tag: 2 # apps/app-199/values.yaml');
  });

  test('modes, links and odd names survive', async () => {
    await using lab = await openLab();
    const odd = 'dir with "quotes"/ä \'n.yaml';
    const files = new Map<string, FileContent>([
      ...FILES,
      ['link.yaml', { link: 'apps/shop/values.yaml' }],
      ['linked', { link: 'apps' }],
      [odd, 'odd\n'],
    ]);
    const repository = await lab.createRepository('r.git', { files });
    const written = {
      'run.sh': '#!/bin/sh\ntrue\n',
      'link.yaml': 'tag: 3\n',
      'linked/web/values.yaml': 'tag: 4\n',
      [odd]: 'even\n',
    };
    await lab.openGit().push(ref(repository.url), always(draft({ ...written, 'new/file.yaml': 'n\n' })), signal);
    const modes = await lab.git(repository, 'ls-tree', '-r', 'main');
    expect(modes).toMatch(/^100755 blob \w+\trun\.sh$/m);
    expect(modes).toMatch(/^120000 blob \w+\tlink\.yaml$/m);
    expect(modes).toMatch(/^100644 blob \w+\tnew\/file\.yaml$/m);
    expect(await lab.show(repository, 'apps/shop/values.yaml')).toBe('tag: 3');
    expect(await lab.show(repository, 'apps/web/values.yaml')).toBe('tag: 4');
    expect(await lab.show(repository, odd)).toBe('even');
  });

  for (const [path, code] of [
    ['../x.yaml', 'TARGET_OUTSIDE_REPOSITORY'],
    ['.git/config', 'TARGET_OUTSIDE_REPOSITORY'],
    ['out/x.yaml', 'TARGET_OUTSIDE_REPOSITORY'],
    ['apps', 'TARGET_REFUSED'],
    ['run.sh/x.yaml', 'TARGET_REFUSED'],
    ['.', 'TARGET_REFUSED'],
  ] as const) {
    test(`${path} is not written: ${code}`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: new Map([...FILES, ['out', { link: '..' }]]) });
      const push = lab.openGit().push(ref(repository.url), always(draft({ [path]: 'x' })), signal);
      await expect(push).rejects.toMatchObject({ code });
      expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe('1');
    });
  }

  test('a write branch is created from the base, and afterwards gone on with', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const branch = ref(repository.url, { writeBranch: 'updates' });
    const first = await git.push(branch, addLine('apps/shop/values.yaml', 'a: 1'), signal);
    expect(first).toMatchObject({ kind: 'pushed', branch: 'updates' });
    await lab.commit(repository, { 'base.yaml': 'b\n' });
    await git.push(branch, addLine('apps/shop/values.yaml', 'b: 2'), signal);
    expect(await lab.show(repository, 'apps/shop/values.yaml', 'updates')).toBe('tag: 1.0.0\na: 1\nb: 2');
    expect(await lab.git(repository, 'rev-list', '--count', 'updates')).toBe('3');
    expect(await lab.show(repository, 'apps/shop/values.yaml')).toBe('tag: 1.0.0');
  });

  test('a write branch that somebody creates meanwhile is not overwritten', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    const branch = ref(repository.url, { writeBranch: 'updates' });
    await git.open(branch, signal);
    await lab.git(repository, 'branch', 'updates', 'main');
    await lab.commit(repository, { 'theirs.yaml': 't\n' }, { branch: 'updates' });
    expect(await git.push(branch, addLine('ours.yaml', 'o'), signal)).toMatchObject({ kind: 'pushed', attempts: 2 });
    expect(await lab.show(repository, 'theirs.yaml', 'updates')).toBe('t');
  });
});

describe.concurrent('somebody else is faster', () => {
  for (const others of [1, 3]) {
    test(`${others} times: composed again on the new head, nobody's work is lost`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES });
      const git = lab.openGit();
      let turns = 0;
      const compose = async (tree: Tree) => {
        const drafts = await addLine('apps/shop/values.yaml', 'ours: true')(tree);
        turns += 1;
        if (turns <= others) await lab.commit(repository, { 'apps/shop/values.yaml': `theirs: ${turns}\n` });
        return drafts;
      };
      const result = await git.push(ref(repository.url), compose, signal);
      expect(result).toMatchObject({ kind: 'pushed', attempts: others + 1 });
      // A branch that is known to have moved is fetched, not asked about.
      expect([count(lab, 'ls-remote'), count(lab, 'push')]).toEqual([0, others + 1]);
      expect(await lab.show(repository, 'apps/shop/values.yaml')).toBe(`theirs: ${others}\nours: true`);
      expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe(String(others + 2));
    });
  }

  test('between the look at the branch and the update on the server', async () => {
    let race: (() => Promise<unknown>) | undefined;
    await using lab = await openLab({
      intercept: async ({ method, path }) => {
        if (method === 'POST' && path.endsWith('git-receive-pack')) {
          await race?.();
          race = undefined;
        }
        return false;
      },
    });
    const repository = await lab.createRepository('r.git', { files: FILES });
    race = () => lab.commit(repository, { 'theirs.yaml': 't\n' });
    const result = await lab.openGit().push(ref(repository.url), addLine('ours.yaml', 'o'), signal);
    expect(result).toMatchObject({ kind: 'pushed', attempts: 2 });
    expect(await lab.show(repository, 'theirs.yaml')).toBe('t');
  });

  test('a ref that another push holds on the server: tried again until it is free', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const lock = join(repository.path, 'refs', 'heads', 'main.lock');
    await writeFile(lock, '');
    const git = lab.openGit({ sleep: async () => void (await rm(lock, { force: true })) });
    expect(await git.push(ref(repository.url), addLine('x.yaml', 'x'), signal)).toMatchObject({ attempts: 2 });
    expect(await lab.show(repository, 'x.yaml')).toBe('x');
  });

  test('history that was rewritten by force meanwhile, on a server that lets nobody else do so', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    await lab.git(repository, 'config', 'receive.denyNonFastForwards', 'true');
    const root = await lab.git(repository, 'rev-parse', 'main');
    await lab.commit(repository, { 'old.yaml': 'o\n' });
    const git = lab.openGit();
    await git.open(ref(repository.url), signal);
    await lab.commit(repository, { 'rewritten.yaml': 'r\n' }, { from: root });
    expect(await git.push(ref(repository.url), addLine('x.yaml', 'x'), signal)).toMatchObject({ attempts: 2 });
    expect(await lab.git(repository, 'ls-tree', '--name-only', 'main')).toMatch(/rewritten\.yaml\nrun\.sh\nx\.yaml/);
    expect(await lab.git(repository, 'ls-tree', '--name-only', 'main')).not.toContain('old.yaml');
  });

  test('the same change by somebody else: nothing is left to push', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit();
    await git.open(ref(repository.url), signal);
    await lab.commit(repository, { 'apps/shop/values.yaml': 'tag: 9\n' });
    const result = await git.push(ref(repository.url), always(draft({ 'apps/shop/values.yaml': 'tag: 9\n' })), signal);
    expect(result).toEqual({ kind: 'unchanged', branch: 'main' });
  });

  test('every time: GIT_CONFLICT after as many tries as allowed, with growing pauses', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const pauses: number[] = [];
    const git = lab.openGit({ maxAttempts: 4, sleep: async (ms) => void pauses.push(ms) });
    let turns = 0;
    const compose = async () => {
      turns += 1;
      await lab.commit(repository, { 'theirs.yaml': `${turns}\n` });
      return [draft({ 'ours.yaml': 'o' })];
    };
    await expect(git.push(ref(repository.url), compose, signal)).rejects.toMatchObject({ code: 'GIT_CONFLICT' });
    expect([turns, pauses]).toEqual([4, [50, 100, 200]]);
  });

  test('several writers at once all arrive', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const git = lab.openGit({ random: Math.random });
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.all(
      names.map((name) => git.push(ref(repository.url, { project: name }), addLine('shared.yaml', name), signal)),
    );
    expect(results.map(({ kind }) => kind)).toEqual(names.map(() => 'pushed'));
    expect((await lab.show(repository, 'shared.yaml')).split('\n').sort()).toEqual(names);
  });
});

describe.concurrent('a push that is refused', () => {
  test('by a hook: final, with what the server said, in one clean line', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    await hook(
      repository,
      'pre-receive',
      'printf "no deploys\\033[31m on\\r\\nFridays https://u:p@h/x?token=t" >&2; exit 1',
    );
    const push = lab.openGit().push(ref(repository.url), addLine('x.yaml', 'x'), signal);
    await expect(push).rejects.toMatchObject({
      code: 'GIT_PUSH_REFUSED',
      message: expect.stringMatching(
        /^[^\p{Cc}]*pre-receive hook declined.*no deploys.*Fridays https:\/\/h\/x[^\p{Cc}]*$/u,
      ),
      fix: expect.stringMatching(/the server's hook/),
    });
    expect(count(lab, 'push')).toBe(1);
  });

  test('by an update hook for this branch', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    await hook(repository, 'update', 'echo "protected branch" >&2; exit 1');
    const push = lab.openGit().push(ref(repository.url), addLine('x.yaml', 'x'), signal);
    await expect(push).rejects.toMatchObject({
      code: 'GIT_PUSH_REFUSED',
      message: expect.stringContaining('protected branch'),
    });
  });

  for (const [what, writeBranch] of [
    ['in the place of another one', 'main/updates'],
    ['too long for the server', 'x'.repeat(253)],
  ] as const) {
    test(`by a branch that cannot be, ${what}: at once`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES });
      const push = lab.openGit().push(ref(repository.url, { writeBranch }), addLine('x.yaml', 'x'), signal);
      await expect(push).rejects.toMatchObject({
        code: 'GIT_PUSH_REFUSED',
        fix: expect.stringMatching(/shorter name/),
      });
      expect(count(lab, 'push')).toBe(1);
    });
  }

  test('by a server that lets us read only', async () => {
    await using lab = await openLab({
      intercept: ({ path }, response) => {
        if (!path.includes('git-receive-pack')) return false;
        response.writeHead(403).end();
        return true;
      },
    });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const push = lab.openGit().push(ref(repository.url), addLine('x.yaml', 'x'), signal);
    await expect(push).rejects.toMatchObject({ code: 'GIT_PUSH_REFUSED' });
  });
});

describe.concurrent('stopped', () => {
  test('before the push begins: nothing is pushed', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const stop = new AbortController();
    const compose = async () => {
      stop.abort();
      return [draft({ 'x.yaml': 'x' })];
    };
    await expect(lab.openGit().push(ref(repository.url), compose, stop.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(count(lab, 'push')).toBe(0);
    expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe('1');
  });

  test('while it waits for its next try: it gives up', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files: FILES });
    const stop = new AbortController();
    const git = lab.openGit({
      sleep: async () => {
        stop.abort();
        throw stop.signal.reason;
      },
    });
    await git.open(ref(repository.url), signal);
    await lab.commit(repository, { 'theirs.yaml': 't\n' });
    const push = git.push(ref(repository.url), always(draft({ 'x.yaml': 'x' })), stop.signal);
    await expect(push).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('while the push runs: it is finished', async () => {
    const stop = new AbortController();
    await using lab = await openLab({
      intercept: ({ method, path }) => {
        if (method === 'POST' && path.endsWith('git-receive-pack')) stop.abort();
        return false;
      },
    });
    const repository = await lab.createRepository('r.git', { files: FILES });
    const result = await lab.openGit().push(ref(repository.url), addLine('x.yaml', 'x'), stop.signal);
    expect(stop.signal.aborted).toBe(true);
    expect(result.kind).toBe('pushed');
    expect(await lab.show(repository, 'x.yaml')).toBe('x');
  });
});
