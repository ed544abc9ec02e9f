import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LAB_ENV, type Lab, type LabRepository, openLab } from '../../test/support/git-lab.ts';
import { COMPILED } from '../../test/support/world.ts';
import type { CommitDraft, OwnedBranchRef, Tree } from '../ports/git.ts';

const signal = AbortSignal.timeout(600_000);
const BRANCH = 'tiphys/shop-1234';
const ref = (repoURL: string, more: Partial<OwnedBranchRef> = {}): OwnedBranchRef => ({
  repoURL,
  branch: 'main',
  writeBranch: BRANCH,
  project: 'default',
  ...more,
});
const TRAILER = 'Tiphys-Change: argocd/shop shop ghcr.io/acme/shop 1.0.0 1.1.0 shop.yaml';
const MESSAGE = `build: automatic update of shop\n\n${TRAILER}\n`;
const FILES = new Map([
  ['shop.yaml', 'tag: 1.0.0\n'],
  ['other.yaml', 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n'],
]);
const draft = (files: Record<string, string>, message = MESSAGE): CommitDraft => ({
  message,
  files: new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])),
});
const bump =
  (to = '1.1.0', message?: string) =>
  async () => [draft({ 'shop.yaml': `tag: ${to}\n` }, message)];
const count = (lab: Lab, command: string) => lab.commands.filter((one) => one === command).length;
const create = (lab: Lab, files: ReadonlyMap<string, string> = FILES) => lab.createRepository('r.git', { files });

/** A person's own git, straight in the repository: merges, rebases, deletions. */
async function mergeInto(lab: Lab, repository: LabRepository, branch: string, other: string): Promise<string> {
  const tree = (await lab.git(repository, 'merge-tree', '--write-tree', branch, other)).split('\n')[0] ?? '';
  return await commitMerge(lab, repository, tree, branch, other);
}

async function commitMerge(lab: Lab, repository: LabRepository, tree: string, branch: string, other: string) {
  const who = ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.com'];
  const parents = ['-p', branch, '-p', other];
  const id = await lab.git(repository, ...who, 'commit-tree', tree, ...parents, '-m', `Merge ${other} into ${branch}`);
  await lab.git(repository, 'update-ref', `refs/heads/${branch}`, id);
  return id;
}

async function commits(lab: Lab, repository: LabRepository, amount: number, branch = 'main'): Promise<void> {
  const files = Array.from({ length: amount }, (_, index) => ({ 'log.txt': `${branch} ${index}\n` }));
  await lab.commits(repository, files, { branch });
}

describe.concurrent('publish', () => {
  test('creates the branch on the base, and pushes nothing when it is as wanted', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    const first = await git.publish(ref(repository.url), bump(), signal);
    const head = await lab.git(repository, 'rev-parse', BRANCH);
    expect(first).toEqual({ kind: 'published', base: 'main', commit: head, isNew: true });
    expect(await lab.git(repository, 'rev-parse', `${BRANCH}~1`)).toBe(await lab.git(repository, 'rev-parse', 'main'));
    expect(await lab.show(repository, 'shop.yaml', BRANCH)).toBe('tag: 1.1.0');
    lab.commands.length = 0;
    for (const one of [git, lab.openGit({ now: () => new Date('2025-01-01T00:00:00Z') })]) {
      expect(await one.publish(ref(repository.url), bump(), signal)).toEqual({ ...first, isNew: false });
    }
    expect([count(lab, 'push'), count(lab, 'fetch')]).toEqual([0, 1]); // the fetch: whose it is
  });

  test('the default branch is the base by its name', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const result = await lab.openGit().publish(ref(repository.url, { branch: 'HEAD' }), bump(), signal);
    expect(result).toMatchObject({ kind: 'published', base: 'main' });
  });

  test('writes it anew on a base that moved, and for another version', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    const base = await lab.commit(repository, { 'other.yaml': 'theirs\n' });
    await git.publish(ref(repository.url), bump(), signal);
    expect(await lab.git(repository, 'rev-parse', `${BRANCH}~1`)).toBe(base);
    await git.publish(ref(repository.url), bump('1.2.0'), signal);
    expect(await lab.git(repository, 'rev-parse', `${BRANCH}~1`)).toBe(base);
    expect(await lab.show(repository, 'shop.yaml', BRANCH)).toBe('tag: 1.2.0');
  });

  test('begins at the base that is there, when its history is rewritten meanwhile', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const first = await lab.git(repository, 'rev-parse', 'main');
    await commits(lab, repository, 1);
    let other = '';
    const outcome = await lab.openGit().publish(
      ref(repository.url),
      async () => {
        other ||= await lab.commit(repository, { 'other.yaml': 'new\n' }, { from: first });
        return await bump()();
      },
      signal,
    );
    expect(outcome).toMatchObject({ kind: 'published' });
    expect(await lab.git(repository, 'rev-parse', `${BRANCH}~1`)).toBe(other);
  });

  test('the same text under the same message is told from another tree', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    await lab.git(repository, 'branch', BRANCH, 'main');
    await lab.commit(repository, { 'shop.yaml': 'tag: 0.0.9\n' }, { branch: BRANCH, message: MESSAGE });
    const result = await lab.openGit().publish(ref(repository.url), bump(), signal);
    expect(result).toMatchObject({ kind: 'published', isNew: true });
    expect(await lab.show(repository, 'shop.yaml', BRANCH)).toBe('tag: 1.1.0');
  });

  test('several commits, each on the one before', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const compose = async () => [draft({ 'a.yaml': 'a' }), draft({ 'b.yaml': 'b' }, `other\n\n${TRAILER}\n`)];
    const git = lab.openGit();
    expect(await git.publish(ref(repository.url), compose, signal)).toMatchObject({ isNew: true });
    expect(await git.publish(ref(repository.url), compose, signal)).toMatchObject({ isNew: false });
    expect(await lab.git(repository, 'rev-list', '--count', `main..${BRANCH}`)).toBe('2');
  });

  test('void when nothing differs from the base, whatever the branch is', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    const nothing = bump('1.0.0');
    expect(await git.publish(ref(repository.url), nothing, signal)).toEqual({
      kind: 'void',
      base: 'main',
      commit: undefined,
    });
    await git.publish(ref(repository.url), bump(), signal);
    const head = await lab.git(repository, 'rev-parse', BRANCH);
    expect(await git.publish(ref(repository.url), nothing, signal)).toEqual({
      kind: 'void',
      base: 'main',
      commit: head,
    });
    expect(await lab.git(repository, 'rev-parse', BRANCH)).toBe(head);
    const theirs = await lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
    expect(await git.publish(ref(repository.url), nothing, signal)).toMatchObject({ kind: 'void', commit: theirs });
  });

  test('a branch is not proposed to itself, by any name', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    for (const more of [{ writeBranch: 'main' }, { branch: '', writeBranch: 'main' }]) {
      const same = ref(repository.url, more);
      await expect(git.publish(same, bump(), signal)).rejects.toMatchObject({ code: 'GIT_REF_INVALID' });
      await expect(git.remove(same, signal)).rejects.toMatchObject({ code: 'GIT_REF_INVALID' });
    }
    expect(await lab.git(repository, 'rev-list', '--count', 'main')).toBe('1');
  });

  test('a base that is gone is named', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const gone = ref(repository.url, { branch: 'gone' });
    for (const work of [() => lab.openGit().publish(gone, bump(), signal), () => lab.openGit().remove(gone, signal)]) {
      await expect(work()).rejects.toMatchObject({ code: 'GIT_BRANCH_NOT_FOUND' });
    }
  });
});

/** What others do to the branch, by what Tiphys then makes of it. */
describe.concurrent('whose the branch is', () => {
  for (const [what, outcome, act] of [
    [
      'merged by the forge',
      'published',
      async (lab, r) => {
        await mergeInto(lab, r, 'main', BRANCH);
      },
    ],
    [
      'squashed by the forge',
      'published',
      async (lab, r) => {
        await lab.commit(r, { 'shop.yaml': 'tag: 1.1.0\n', 'note.txt': 'n' }, { message: `Shop (#1)\n\n${TRAILER}\n` });
      },
    ],
    [
      'rebased by the forge',
      'published',
      async (lab, r) => {
        const base = await lab.commit(r, { 'log.txt': 'l' });
        await lab.commit(r, { 'shop.yaml': 'tag: 1.1.0\n' }, { branch: BRANCH, from: base, message: MESSAGE });
      },
    ],
    [
      'the base merged into it by the forge',
      'published',
      async (lab, r) => {
        await lab.commit(r, { 'other.yaml': 'theirs\n', 'new.yaml': 'n' });
        await mergeInto(lab, r, BRANCH, 'main');
      },
    ],
    [
      'the base merged into it twice',
      'published',
      async (lab, r) => {
        for (const round of [1, 2]) {
          await lab.commit(r, { 'other.yaml': `${round}\n` });
          await mergeInto(lab, r, BRANCH, 'main');
        }
      },
    ],
    [
      'its base rewritten by force',
      'published',
      async (lab, r) => {
        await commits(lab, r, 2);
        const first = await lab.git(r, 'rev-list', '--max-parents=0', 'main');
        await lab.commit(r, { 'rewritten.txt': 'x' }, { from: first });
      },
    ],
    [
      'deleted by a person',
      'published',
      async (lab, r) => {
        await lab.git(r, 'update-ref', '-d', `refs/heads/${BRANCH}`);
      },
    ],
    [
      'moved to the base by a person',
      'published',
      async (lab, r) => {
        await lab.git(r, 'update-ref', `refs/heads/${BRANCH}`, 'main');
      },
    ],
    [
      "a person's commit on it",
      'foreign',
      async (lab, r) => {
        await lab.commit(r, { 'fix.txt': 'f' }, { branch: BRANCH });
      },
    ],
    [
      "a person's commit below ours",
      'foreign',
      async (lab, r) => {
        const theirs = await lab.commit(
          r,
          { 'fix.txt': 'f' },
          { branch: BRANCH, from: await lab.git(r, 'rev-parse', 'main') },
        );
        await lab.commit(r, { 'shop.yaml': 'tag: 1.1.0\n' }, { branch: BRANCH, from: theirs, message: MESSAGE });
      },
    ],
    [
      'a trailer in the body',
      'foreign',
      async (lab, r) => {
        await lab.commit(r, { 'fix.txt': 'f' }, { branch: BRANCH, message: `Fix\n\n${TRAILER}\n\nthat one\n` });
      },
    ],
    [
      'a merge of the base with other content',
      'foreign',
      async (lab, r) => {
        await lab.commit(r, { 'other.yaml': 'theirs\n' });
        await mergeInto(lab, r, BRANCH, 'main');
        const tree = await lab.git(r, 'rev-parse', `${BRANCH}^1^{tree}`);
        await lab.git(r, 'update-ref', `refs/heads/${BRANCH}`, `${BRANCH}^1`);
        await commitMerge(lab, r, tree, BRANCH, 'main');
      },
    ],
    [
      "a merge of a person's branch",
      'foreign',
      async (lab, r) => {
        await lab.git(r, 'branch', 'feature', 'main');
        await lab.commit(r, { 'feature.txt': 'f' }, { branch: 'feature' });
        await mergeInto(lab, r, BRANCH, 'feature');
      },
    ],
    [
      'a history of its own',
      'foreign',
      async (lab, r) => {
        const tree = await lab.git(r, 'rev-parse', 'main^{tree}');
        const who = ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.com'];
        const orphan = await lab.git(r, ...who, 'commit-tree', tree, '-m', 'Begin');
        await lab.git(r, 'update-ref', `refs/heads/${BRANCH}`, orphan);
      },
    ],
  ] as readonly (readonly [string, 'published' | 'foreign', (lab: Lab, r: LabRepository) => Promise<void>])[]) {
    test(`${what}: ${outcome}`, async () => {
      await using lab = await openLab();
      const repository = await create(lab);
      const git = lab.openGit();
      await git.publish(ref(repository.url), bump(), signal);
      await act(lab, repository);
      const head = await lab.git(repository, 'rev-parse', '--quiet', '--verify', BRANCH).catch(() => undefined);
      const result = await git.publish(ref(repository.url), bump('1.2.0'), signal);
      expect(result.kind).toBe(outcome);
      if (outcome === 'published') {
        expect(await lab.git(repository, 'rev-parse', `${BRANCH}~1`)).toBe(
          await lab.git(repository, 'rev-parse', 'main'),
        );
        expect(await lab.show(repository, 'shop.yaml', BRANCH)).toBe('tag: 1.2.0');
      } else {
        expect(await lab.git(repository, 'rev-parse', BRANCH)).toBe(head);
        expect(await git.remove(ref(repository.url), signal)).toBe('foreign');
        expect(await lab.git(repository, 'rev-parse', BRANCH)).toBe(head);
      }
    });
  }

  test('a foreign commit is named with its author', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    const commit = await lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
    expect(await git.publish(ref(repository.url), bump(), signal)).toEqual({
      kind: 'foreign',
      commit,
      author: 'Else <else@example.com>',
    });
  });

  for (const [how, server] of [
    ['with partial clone', {}],
    ['without partial clone', { allowFilter: false }],
  ] as const) {
    test(`is found behind 120 commits, ${how}`, async () => {
      await using lab = await openLab();
      const repository = await lab.createRepository('r.git', { files: FILES, ...server });
      const git = lab.openGit();
      await git.publish(ref(repository.url), bump(), signal);
      await commits(lab, repository, 120);
      await mergeInto(lab, repository, BRANCH, 'main');
      await commits(lab, repository, 1);
      expect(await git.publish(ref(repository.url), bump('1.2.0'), signal)).toMatchObject({ kind: 'published' });
    }, 60_000);
  }

  test('on a server of protocol 0', async () => {
    await using lab = await openLab({ protocolV2: false });
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    expect(await git.publish(ref(repository.url), bump('1.2.0'), signal)).toMatchObject({ isNew: true });
    await lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
    expect((await git.publish(ref(repository.url), bump(), signal)).kind).toBe('foreign');
  });

  test('asks for commits, and for no file', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    await lab.openGit().publish(ref(repository.url), bump(), signal);
    const fetches: (readonly string[])[] = [];
    const git = lab.openGit({ onCommand: (args) => void (args[0] === 'fetch' && fetches.push(args)) });
    await git.publish(ref(repository.url), bump(), signal);
    const filters = () => fetches.splice(0).map((args) => args.find((arg) => arg.startsWith('--filter')));
    expect(filters()).toEqual(['--filter=tree:0']);
    await lab.git(repository, 'config', 'uploadpackfilter.tree.allow', 'false');
    await lab.commit(repository, { 'other.yaml': 'o' }, { branch: BRANCH, message: MESSAGE });
    await git.publish(ref(repository.url), bump(), signal);
    expect(filters()).toEqual(['--filter=tree:0', '--filter=blob:none']);
  });
});

describe.concurrent('remove', () => {
  test('removes what is ours, once', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    expect(await git.remove(ref(repository.url), signal)).toBe('removed');
    expect(await lab.git(repository, 'branch', '--list', BRANCH)).toBe('');
    expect(await git.remove(ref(repository.url), signal)).toBe('absent');
    expect(await git.publish(ref(repository.url), bump(), signal)).toMatchObject({ kind: 'published', isNew: true });
  });

  test('finds it gone when somebody deletes it between the look and the fetch', async () => {
    let race: (() => Promise<unknown>) | undefined;
    await using lab = await openLab({
      intercept: async ({ method, path }) => {
        if (method === 'POST' && path.endsWith('git-upload-pack') && race !== undefined) {
          const now = race;
          race = undefined;
          await now();
        }
        return false;
      },
    });
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    let asked = 0;
    // The first request lists the branches, the second begins the fetch.
    const deleteAtSecond = async () => {
      asked += 1;
      if (asked === 1) race = deleteAtSecond;
      else await lab.git(repository, 'update-ref', '-d', `refs/heads/${BRANCH}`);
    };
    race = deleteAtSecond;
    expect(await git.remove(ref(repository.url), signal)).toBe('absent');
    expect(asked).toBe(2);
  });

  test('leaves a commit that arrives in between', async () => {
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
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    race = () => lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
    expect(await git.remove(ref(repository.url), signal)).toBe('foreign');
    expect(await lab.show(repository, 'fix.txt', BRANCH)).toBe('f');
  });
});

describe.concurrent('a push of ours', () => {
  test("that meets a person's commit finds it foreign", async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    let turns = 0;
    const compose = async (tree: Tree) => {
      turns += 1;
      // Between the look and the push: the second fetch of the base is behind the look.
      if (turns === 1) await lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
      return await bump('1.2.0')().then((drafts) => (tree.paths.length > 0 ? drafts : []));
    };
    expect((await git.publish(ref(repository.url), compose, signal)).kind).toBe('foreign');
    expect(await lab.show(repository, 'fix.txt', BRANCH)).toBe('f');
  });

  test('that a lease refuses looks again', async () => {
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
    const repository = await create(lab);
    const git = lab.openGit();
    await git.publish(ref(repository.url), bump(), signal);
    race = () => lab.commit(repository, { 'fix.txt': 'f' }, { branch: BRANCH });
    expect((await git.publish(ref(repository.url), bump('1.2.0'), signal)).kind).toBe('foreign');
    expect(await lab.show(repository, 'fix.txt', BRANCH)).toBe('f');
    race = async () => {
      await lab.git(repository, 'update-ref', '-d', `refs/heads/${BRANCH}`);
    };
    await lab.git(repository, 'update-ref', `refs/heads/${BRANCH}`, `${BRANCH}~1`);
    expect(await git.publish(ref(repository.url), bump('1.2.0'), signal)).toMatchObject({ isNew: true });
    expect(await lab.show(repository, 'shop.yaml', BRANCH)).toBe('tag: 1.2.0');
  });

  test('beside those of another Tiphys: one of them wins, nothing is mixed', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const versions = ['1.1.0', '1.2.0', '1.3.0', '1.4.0'];
    const results = await Promise.all(
      versions.map((to, index) =>
        lab
          .openGit({ stateDir: join(lab.folder, `state-${index % 2}`), random: Math.random })
          .publish(ref(repository.url, { project: to }), bump(to), signal),
      ),
    );
    expect(results.map(({ kind }) => kind)).toEqual(versions.map(() => 'published'));
    expect(await lab.git(repository, 'rev-list', '--count', `main..${BRANCH}`)).toBe('1');
    expect(versions.map((to) => `tag: ${to}`)).toContain(await lab.show(repository, 'shop.yaml', BRANCH));
  });

  for (const [why, config, hook] of [
    ['a hook', [], 'pre-receive'],
    ['a server that lets nothing be forced', ['receive.denyNonFastForwards', 'true'], undefined],
  ] as const) {
    test(`that ${why} refuses is final`, async () => {
      await using lab = await openLab();
      const repository = await create(lab);
      const git = lab.openGit();
      await git.publish(ref(repository.url), bump(), signal);
      if (config.length > 0) await lab.git(repository, 'config', ...config);
      if (hook !== undefined) {
        const path = join(repository.path, 'hooks', hook);
        await writeFile(path, '#!/bin/sh\necho no >&2\nexit 1\n');
        await chmod(path, 0o755);
      }
      lab.commands.length = 0;
      const publish = git.publish(ref(repository.url), bump('1.2.0'), signal);
      await expect(publish).rejects.toMatchObject({ code: 'GIT_PUSH_REFUSED' });
      expect(count(lab, 'push')).toBe(1);
    });
  }
});

describe.concurrent('a process that is killed', () => {
  const WRITER = join(import.meta.dirname, '../../test/support/owned-writer.ts');

  test('at any moment leaves nothing half done', async () => {
    await using lab = await openLab();
    const repository = await create(lab);
    const env = { ...LAB_ENV, ...COMPILED };
    const start = (version: string) =>
      spawn(process.execPath, [WRITER, lab.stateDir, repository.url, version], { env, stdio: 'ignore' });
    const began = performance.now();
    await once(start('1.1.0'), 'close');
    const tookMs = performance.now() - began;
    for (let round = 0; round < 8; round += 1) {
      if (round % 3 === 0) await lab.commit(repository, { 'other.yaml': `${round}\n` });
      const writer = start(`1.2.${round}`);
      const closed = once(writer, 'close');
      await sleep(tookMs * Math.random());
      writer.kill('SIGKILL');
      await closed;
    }
    await once(start('2.0.0'), 'close');
    expect(await lab.show(repository, 'shop.yaml', 'tiphys/shop')).toBe('tag: 2.0.0');
    expect(await lab.git(repository, 'rev-list', '--count', 'main..tiphys/shop')).toBe('1');
    expect((await lab.git(repository, 'for-each-ref', '--format=%(refname)')).split('\n')).toEqual([
      'refs/heads/main',
      'refs/heads/tiphys/shop',
    ]);
    await lab.git(repository, 'fsck', '--strict');
  }, 120_000);
});
