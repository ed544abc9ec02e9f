import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Lab, openLab } from '../../test/support/git-lab.ts';
import { type ChangeInWords, change, decided, decision } from '../../test/support/tracked.ts';
import { plainWording } from '../core/commits/commit-message.ts';
import { Failure } from '../core/failure.ts';
import { targetKinds } from '../writeback/index.ts';
import { openBranchWriter, type PushedChanges } from './branch-writer.ts';
import type { FileChange } from './items.ts';

const path = (name: string) => `${name}/kustomization.yaml`;
const content = (tag: string) => `images:\n- name: acme/web\n  newTag: ${tag}\n`;
const composing = { kinds: targetKinds, grouping: 'branch', wording: plainWording } as const;
const forEver = () => new AbortController().signal;

async function openDeploy(lab: Lab, name = 'deploy.git') {
  const files = new Map(['a', 'b', 'c', 'd'].map((folder) => [path(folder), content('1.0.0')]));
  return await lab.createRepository(name, { files });
}

/** One change of one Application's file, as a cycle hands it over. */
function placed(repoURL: string, folder: string, more: Partial<ChangeInWords> = {}): FileChange {
  const words = { application: folder, path: path(folder), from: '1.0.0', to: '2.0.0', ...more };
  const { place } = decided(
    { application: folder, alias: 'web', image: 'acme/web', path: words.path },
    decision('update', '1.0.0', '2.0.0'),
  );
  return { ...change(words), place: { ...place, branch: { ...place.branch, repoURL } } };
}

const fatesOf = ({ composition }: PushedChanges) => [...composition.fates.values()].map(({ kind }) => kind);
const pathsOf = ({ composition }: PushedChanges) => composition.files.map((file) => file.path);
const pushes = (lab: Lab) => lab.commands.filter((command) => command === 'push').length;

test('cycles that overlap share one commit and one push, and each is told of its own changes', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), composing, 20);
  const first = push([placed(deploy.url, 'a'), placed(deploy.url, 'b')], forEver());
  const second = push([placed(deploy.url, 'c')], forEver());
  const [one, two] = await Promise.all([first, second]);
  expect([pushes(lab), await lab.git(deploy, 'rev-list', '--count', 'main')]).toEqual([1, '2']);
  expect([fatesOf(one), pathsOf(one)]).toEqual([
    ['applied', 'applied'],
    [path('a'), path('b')],
  ]);
  expect([fatesOf(two), pathsOf(two)]).toEqual([['applied'], [path('c')]]);
  expect(one.commits).toEqual(two.commits);
  expect(one.commits.map(({ commit }) => commit)).toEqual([await lab.git(deploy, 'rev-parse', 'main')]);
});

test('grouped by Application, a cycle is told of its own commits only', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), { ...composing, grouping: 'application' }, 20);
  const results = await Promise.all(['a', 'b'].map((name) => push([placed(deploy.url, name)], forEver())));
  expect(results.map(({ commits }) => commits.map(({ message }) => message.split('\n')[0]))).toEqual([
    ['build: automatic update of a'],
    ['build: automatic update of b'],
  ]);
  expect([pushes(lab), await lab.git(deploy, 'rev-list', '--count', 'main')]).toEqual([1, '3']);
});

test('what comes while a push is in flight waits for it, and travels together', async () => {
  const inFlight = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  await using lab = await openLab({
    intercept: async ({ method, path: to }) => {
      if (method === 'POST' && to.endsWith('git-receive-pack')) {
        inFlight.resolve();
        await letGo.promise;
      }
      return false;
    },
  });
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), composing, 0);
  const first = push([placed(deploy.url, 'a')], forEver());
  await inFlight.promise;
  const later = ['b', 'c', 'd'].map((name) => push([placed(deploy.url, name)], forEver()));
  letGo.resolve();
  const results = await Promise.all([first, ...later]);
  expect(results.flatMap(fatesOf)).toEqual(['applied', 'applied', 'applied', 'applied']);
  expect([pushes(lab), await lab.git(deploy, 'rev-list', '--count', 'main')]).toEqual([2, '3']);
});

test('two cycles with the same place: the same version is void, another one superseded', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), composing, 20);
  const [one, two, three] = await Promise.all([
    push([placed(deploy.url, 'a')], forEver()),
    push([placed(deploy.url, 'a')], forEver()),
    push([placed(deploy.url, 'a', { to: '3.0.0' })], forEver()),
  ]);
  expect([one, two, three].map(fatesOf)).toEqual([['applied'], ['void'], ['superseded']]);
  expect([one, two, three].map(({ commits }) => commits.length)).toEqual([1, 0, 0]);
  expect(await lab.show(deploy, path('a'))).toBe(content('2.0.0').trim());
});

test('repositories do not wait for each other', async () => {
  const other = Promise.withResolvers<void>();
  await using lab = await openLab({
    intercept: async ({ method, path: to }) => {
      if (method === 'POST' && to === '/slow.git/git-receive-pack') await other.promise;
      return false;
    },
  });
  const [slow, quick] = [await openDeploy(lab, 'slow.git'), await openDeploy(lab, 'quick.git')];
  const push = openBranchWriter(lab.openGit(), composing, 0);
  const waiting = push([placed(slow.url, 'a')], forEver());
  expect(fatesOf(await push([placed(quick.url, 'a')], forEver()))).toEqual(['applied']);
  other.resolve();
  expect(fatesOf(await waiting)).toEqual(['applied']);
});

test('a refused push fails all that shared it, and not the next', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const hook = join(deploy.path, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\nexit 1\n');
  await chmod(hook, 0o755);
  const push = openBranchWriter(lab.openGit(), composing, 20);
  const refused = await Promise.allSettled(['a', 'b'].map((name) => push([placed(deploy.url, name)], forEver())));
  for (const result of refused) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'GIT_PUSH_REFUSED' } });
  }
  await writeFile(hook, '#!/bin/sh\nexit 0\n');
  expect(fatesOf(await push([placed(deploy.url, 'a')], forEver()))).toEqual(['applied']);
});

test('a cycle that is stopped leaves at once, without its changes and without disturbing the others', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), composing, 100);
  const stop = new AbortController();
  const [leaving, staying] = [push([placed(deploy.url, 'a')], stop.signal), push([placed(deploy.url, 'b')], forEver())];
  stop.abort();
  await expect(leaving).rejects.toMatchObject({ code: 'ABORTED' });
  expect(pushes(lab)).toBe(0);
  expect(fatesOf(await staying)).toEqual(['applied']);
  expect(await lab.git(deploy, 'diff', '--name-only', 'main~1', 'main')).toBe(path('b'));
});

test('one that is stopped between two tries is left out of the second', async () => {
  const stop = new AbortController();
  let race: (() => Promise<unknown>) | undefined;
  await using lab = await openLab({
    intercept: async ({ method, path: to }) => {
      if (method === 'POST' && to.endsWith('git-receive-pack')) await race?.();
      return false;
    },
  });
  const deploy = await openDeploy(lab);
  race = async () => {
    race = undefined;
    await lab.commit(deploy, { 'theirs.yaml': 't\n' });
    stop.abort();
  };
  const push = openBranchWriter(lab.openGit(), composing, 20);
  const [leaving, staying] = await Promise.allSettled([
    push([placed(deploy.url, 'a')], stop.signal),
    push([placed(deploy.url, 'b')], forEver()),
  ]);
  expect(leaving).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
  expect(staying.status).toBe('fulfilled');
  expect(await lab.git(deploy, 'diff', '--name-only', 'main~1', 'main')).toBe(path('b'));
});

test('when all are stopped nothing is pushed', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  const push = openBranchWriter(lab.openGit(), composing, 30);
  const stop = new AbortController();
  const leaving = ['a', 'b'].map((name) => push([placed(deploy.url, name)], stop.signal));
  stop.abort();
  for (const one of leaving) await expect(one).rejects.toMatchObject({ code: 'ABORTED' });
  expect(fatesOf(await push([placed(deploy.url, 'c')], forEver()))).toEqual(['applied']);
  expect(await lab.git(deploy, 'diff', '--name-only', 'main~1', 'main')).toBe(path('c'));
});

test('who may not write any more pushes nothing, and is asked before each push', async () => {
  await using lab = await openLab();
  const deploy = await openDeploy(lab);
  let isInCharge = true;
  const mayWrite = async () => {
    if (!isInCharge) throw new Failure('ABORTED', 'another replica leads', { fix: 'nothing' });
  };
  const push = openBranchWriter(lab.openGit(), composing, 0);
  await push([placed(deploy.url, 'a')], forEver(), mayWrite);
  isInCharge = false;
  await expect(push([placed(deploy.url, 'b')], forEver(), mayWrite)).rejects.toMatchObject({ code: 'ABORTED' });
  expect([pushes(lab), await lab.show(deploy, path('b'))]).toEqual([1, content('1.0.0').trim()]);
});
