import { describe, expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import type { HistoryQuestion } from '../core/history.ts';
import type { BranchRef, GitLog, LoggedCommit } from '../ports/git.ts';
import { readHistory } from './history.ts';

const signal = AbortSignal.timeout(600_000);
const ALL: HistoryQuestion = { application: undefined, image: undefined, sinceMs: undefined, most: 100 };
const ref = (repoURL: string): BranchRef => ({ repoURL, branch: '', project: 'default' });

function logged(day: number, ...trailers: readonly string[]): LoggedCommit {
  const committedAt = `2024-05-${String(day).padStart(2, '0')}T00:00:00Z`;
  const lines = trailers.map((text) => `Tiphys-Change: ${text}\n`).join('');
  return { commit: `c${day}`, author: 'A <a@b.c>', committedAt, message: `s\n\n${lines}` };
}

/** Logs by repoURL; those that are missing cannot be reached. */
function gitLog(logs: Record<string, readonly LoggedCommit[]>, read: string[] = []): GitLog {
  return {
    log: async function* ({ repoURL }) {
      const commits = logs[repoURL];
      if (commits === undefined) throw new Failure('GIT_UNREACHABLE', `${repoURL} cannot be reached`, { fix: 'wait' });
      for (const commit of commits) {
        read.push(commit.commit);
        yield commit;
      }
    },
  };
}

const WEB = 'argocd/web web ghcr.io/acme/web 1.0.0 1.1.0 web.yaml';
const API = 'team/api main docker.io/library/api - 2.0.0 api.yaml';
const PATH = 'path:apps/db db ghcr.io/acme/db 1 2 apps/db/values.yaml';

describe('readHistory', () => {
  test('all changes of all branches, newest first, with their commits', async () => {
    const git = gitLog({ a: [logged(9, WEB, PATH), logged(3, 'broken'), logged(1)], b: [logged(5, API)] });
    const { entries, failures } = await readHistory([ref('a'), ref('b')], ALL, git, signal);
    expect(failures).toEqual([]);
    expect(entries.map(({ commit, application, to }) => [commit, application, to])).toEqual([
      ['c9', 'argocd/web', '1.1.0'],
      ['c9', undefined, '2'],
      ['c5', 'team/api', '2.0.0'],
    ]);
    expect(entries[0]).toEqual({
      application: 'argocd/web',
      alias: 'web',
      image: 'ghcr.io/acme/web',
      from: '1.0.0',
      to: '1.1.0',
      path: 'web.yaml',
      repoURL: 'a',
      branch: 'HEAD',
      commit: 'c9',
      author: 'A <a@b.c>',
      committedAt: '2024-05-09T00:00:00Z',
    });
  });

  for (const [what, question, expected] of [
    ['a name', { application: 'web' }, ['c3']],
    ['a namespace and name', { application: 'team/api' }, ['c2']],
    ['half a name', { application: 'eb' }, []],
    ['an alias', { image: 'main' }, ['c2']],
    ['an image', { image: 'ghcr.io/acme/web' }, ['c3']],
    ['its last parts', { image: 'acme/db' }, ['c1']],
    ['a limit', { most: 2 }, ['c3', 'c2']],
    ['a time', { sinceMs: Date.parse('2024-05-02T00:00:00Z') }, ['c3', 'c2']],
  ] as const) {
    test(`narrowed by ${what}`, async () => {
      const git = gitLog({ a: [logged(3, WEB), logged(2, API), logged(1, PATH)] });
      const { entries } = await readHistory([ref('a')], { ...ALL, ...question }, git, signal);
      expect(entries.map(({ commit }) => commit)).toEqual(expected);
    });
  }

  test('reads no further than it has to', async () => {
    const read: string[] = [];
    const commits = Array.from({ length: 28 }, (_, index) => logged(28 - index, WEB));
    await readHistory([ref('a')], { ...ALL, most: 3 }, gitLog({ a: commits }, read), signal);
    expect(read).toHaveLength(3);
    read.length = 0;
    const sinceMs = Date.parse('2024-05-27T00:00:00Z');
    await readHistory([ref('a')], { ...ALL, sinceMs }, gitLog({ a: commits }, read), signal);
    expect(read).toHaveLength(2 + 21);
  });

  test('an older commit between newer ones ends nothing', async () => {
    const git = gitLog({ a: [logged(9, WEB), logged(1, API), logged(8, WEB)] });
    const sinceMs = Date.parse('2024-05-05T00:00:00Z');
    const { entries } = await readHistory([ref('a')], { ...ALL, sinceMs }, git, signal);
    expect(entries.map(({ commit }) => commit)).toEqual(['c9', 'c8']);
  });

  test('a repository that cannot be read fails alone', async () => {
    const report = await readHistory([ref('gone'), ref('a')], ALL, gitLog({ a: [logged(1, WEB)] }), signal);
    expect(report.entries).toHaveLength(1);
    expect(report.failures).toMatchObject([{ code: 'GIT_UNREACHABLE', object: 'gone' }]);
  });
});
