import { describe, expect, test } from 'vitest';
import { openLab } from '../../test/support/git-lab.ts';
import { grow } from '../../test/support/grown-history.ts';

const signal = AbortSignal.timeout(600_000);
const files = new Map([['a.yaml', 'a\n']]);

describe.concurrent('whether a revision contains a commit', () => {
  test('itself, what came before and what was merged, but not what came after', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    const first = await lab.git(repository, 'rev-parse', 'main');
    const second = await lab.commit(repository, { 'a.yaml': 'b' });
    const aside = await lab.commit(repository, { 'b.yaml': 'b' }, { branch: 'aside', from: first });
    const tree = await lab.git(repository, 'rev-parse', 'main^{tree}');
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@b.c'];
    const merge = await lab.git(
      repository,
      ...[...identity, 'commit-tree', '-p', second, '-p', aside, '-m', 'Merge', tree],
    );
    await lab.git(repository, 'update-ref', 'refs/heads/main', merge);
    const git = lab.openGit();
    const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
    for (const [revision, commit, expected] of [
      [second, second, true],
      [second, first, true],
      [second, first.slice(0, 8), true],
      [merge, aside, true],
      [first, second, false],
      [second, aside, false],
      [aside, second, false],
      ['0'.repeat(40), first, false],
    ] as const) {
      expect(await git.contains(branch, revision, commit, signal), `${revision} ${commit}`).toBe(expected);
    }
    await expect(git.contains({ ...branch, branch: 'gone' }, first, first, signal)).rejects.toMatchObject({
      code: 'GIT_BRANCH_NOT_FOUND',
    });
  });

  test('is fetched no further back than is needed, and never with files', async () => {
    await using lab = await openLab();
    const repository = await lab.createRepository('r.git', { files });
    await grow(repository, 4_500);
    const all = (await lab.git(repository, 'log', '--format=%H', 'main')).split('\n');
    const reaches: string[] = [];
    const git = lab.openGit({
      onCommand: (args) => {
        if (args[0] === 'fetch') reaches.push(args.find((arg) => /^--(?:depth|deepen)/.test(arg)) ?? 'new');
      },
    });
    const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
    const contains = (commit: string) => git.contains(branch, all[0] ?? '', commit, signal);
    expect(await contains(all[150] ?? '')).toBe(true);
    expect(reaches.splice(0)).toEqual(['--depth=200']);
    expect(await contains(all[1500] ?? '')).toBe(true);
    expect(reaches.splice(0)).toEqual(['--deepen=1800']);
    expect(await contains(all[4499] ?? '')).toBe(true);
    expect(await contains('f'.repeat(40))).toBe(false);
    expect(reaches).toEqual(['--deepen=1800', '--depth=2147483647']);
  });
});
