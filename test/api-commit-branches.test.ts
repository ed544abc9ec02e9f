import { describe, expect, test } from 'vitest';
import { composing, HEAD, openApiCommitLab } from './support/api-commit-lab.ts';
import { LAB_NOW } from './support/git-lab.ts';

const SIGNAL = AbortSignal.timeout(600_000);

describe('branches of pull requests', () => {
  test('are made on the base, written anew on the next one, and never without a proposal in between', async () => {
    const { git, owned, lab, repository, branches, idOf, newest, on } = await openApiCommitLab();
    const first = await git.publish(owned, composing('2'), SIGNAL);
    expect(first).toEqual({ kind: 'published', base: 'main', commit: await idOf(HEAD), isNew: true });
    expect(await git.publish(owned, composing('2'), SIGNAL)).toMatchObject({ isNew: false });
    const base = await lab.commit(repository, { 'other.yaml': 'tag: 9\n' });
    const between: string[] = [];
    on.before = async () => {
      between.push(await idOf(HEAD));
    };
    on.after = on.before;
    const second = await git.publish(owned, composing('3'), SIGNAL);
    expect(second).toMatchObject({ kind: 'published', commit: await idOf(HEAD), isNew: true });
    expect(between).toEqual([first, first].map(({ commit }) => commit));
    expect(await lab.git(repository, 'rev-parse', `${HEAD}~1`)).toBe(base);
    expect(await newest(HEAD)).toMatch(/^tiphys\[bot\]\|/);
    expect(await lab.show(repository, 'shop.yaml', HEAD)).toBe('tag: 3');
    expect(await branches()).toEqual(['main', HEAD]);
  });

  test('are not touched once somebody else has come, be it while the commit is made', async () => {
    const { git, owned, lab, repository, branches, idOf, on } = await openApiCommitLab();
    await git.publish(owned, composing('2'), SIGNAL);
    let theirs = '';
    on.after = async () => {
      theirs ||= await lab.commit(repository, { 'other.yaml': 'mine\n' }, { branch: HEAD, message: 'Mine\n' });
    };
    const outcome = await git.publish(owned, composing('3'), SIGNAL);
    expect(outcome).toEqual({ kind: 'foreign', commit: theirs, author: 'Else <else@example.com>' });
    expect(await idOf(HEAD)).toBe(theirs);
    expect(await branches()).toEqual(['main', HEAD]);
  });

  test('take over nothing that somebody puts beside the commit', async () => {
    const { git, owned, lab, repository, branches, on } = await openApiCommitLab();
    await git.publish(owned, composing('2'), SIGNAL);
    let left = 1;
    on.after = async () => {
      const beside = (await branches()).find((one) => one.startsWith('tiphys/next-')) ?? '';
      if (left-- > 0) await lab.commit(repository, { 'shop.yaml': 'tag: evil\n' }, { branch: beside });
    };
    expect(await git.publish(owned, composing('3'), SIGNAL)).toMatchObject({ kind: 'published', isNew: true });
    expect(await lab.show(repository, 'shop.yaml', HEAD)).toBe('tag: 3');
    expect(await lab.git(repository, 'rev-list', '--count', HEAD)).toBe('2');
  });

  test('are written anew although a process was killed before the end, whose branch goes after an hour', async () => {
    const { openGit, owned, lab, repository, branches, on } = await openApiCommitLab();
    await openGit().publish(owned, composing('2'), SIGNAL);
    on.after = () => Promise.reject(new Error('killed'));
    await expect(openGit().publish(owned, composing('3'), SIGNAL)).rejects.toThrow('killed');
    on.after = async () => {};
    await lab.commit(repository, { 'other.yaml': 'tag: 9\n' });
    expect(await openGit().publish(owned, composing('4'), SIGNAL)).toMatchObject({ kind: 'published', isNew: true });
    expect(await lab.show(repository, 'shop.yaml', HEAD)).toBe('tag: 4');
    expect(await branches()).toEqual(['main', expect.stringMatching(/^tiphys\/next-/), HEAD]);
    const anHourLater = openGit(lab.stateDir, new Date(LAB_NOW.getTime() + 3_601_000));
    await anHourLater.publish(owned, composing('5'), SIGNAL);
    expect(await branches()).toEqual(['main', HEAD]);
  });

  test('begin at the base that is there, when its history is rewritten meanwhile', async () => {
    const { git, owned, lab, repository, idOf } = await openApiCommitLab();
    await lab.commit(repository, { 'other.yaml': 'tag: 8\n' });
    let other = '';
    const outcome = await git.publish(
      owned,
      async () => {
        other ||= await lab.commit(repository, { 'other.yaml': 'tag: 9\n' }, { from: await idOf('main~1') });
        return await composing('2')();
      },
      SIGNAL,
    );
    expect(outcome).toMatchObject({ kind: 'published' });
    expect(await idOf(`${HEAD}~1`)).toBe(other);
  });
});
