import { expect, test } from 'vitest';
import type { PullRequest } from '../ports/forge.ts';
import { MOST_FOUND, newestAndOpen, openFirst } from './found-requests.ts';

function requestOf(id: number, state: PullRequest['state'] = 'closed'): PullRequest {
  return { id: String(id), url: '', state, title: '', body: '', head: '', base: '', headCommit: '', isDraft: false };
}

const fullPage = Array.from({ length: MOST_FOUND }, (_, index) => requestOf(index + 100));

for (const [newest, expected, why] of [
  [[requestOf(2)], ['all'], 'the page is not full'],
  [[requestOf(500, 'open'), ...fullPage.slice(1)], ['all'], 'it is on the page'],
  [fullPage, ['all', 'open'], 'it may be older than what fits on the page'],
] as const) {
  test(`the open one is asked for ${expected.length === 1 ? 'no more' : 'by itself'}: ${why}`, async () => {
    const asked: string[] = [];
    const found = await newestAndOpen(async (state) => {
      asked.push(state);
      return state === 'all' ? newest : [requestOf(1, 'open')];
    });
    expect(asked).toEqual(expected);
    expect(found).toHaveLength(newest.length + expected.length - 1);
  });
}

test('the open one comes first, the others by their age, and no more than twenty', () => {
  const found = openFirst([...fullPage, requestOf(1, 'open')]);
  expect(found.slice(0, 2).map(({ id }) => id)).toEqual(['1', '119']);
  expect(found).toHaveLength(MOST_FOUND);
});
