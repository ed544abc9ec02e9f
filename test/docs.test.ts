import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { commandProblems, errorPageProblems, linkProblems } from '../docs/pages.ts';
import { shapeOf } from '../src/cli/completion/shape.ts';
import { describedTree } from '../src/cli/described-tree.ts';

const root = resolve(import.meta.dirname, '..');
const page = (text: string) => ({ path: 'docs/page.md', text });

test('every code has a heading, every heading a code', () => {
  expect(errorPageProblems(page('# Errors\n\n## GIT_FAILED\n\n## GIT_FELL\n'), ['GIT_FAILED', 'INTERNAL'])).toEqual([
    'docs/page.md: no heading for INTERNAL',
    'docs/page.md: GIT_FELL is no code',
  ]);
});

for (const [text, expected] of [
  ['[fine](../package.json) [web](https://example.com/x) `[no](link)`', []],
  ['[here](#a-heading-and-more) \n## A heading, and `more`', []],
  ['[gone](nowhere.md)', ['docs/page.md: the link nowhere.md leads nowhere']],
  ['[gone](#nowhere)', ['docs/page.md: docs/page.md has no heading for #nowhere']],
] as const) {
  test(`links of ${JSON.stringify(text)}`, () => {
    expect(linkProblems(page(text), [page(text)], root)).toEqual(expected);
  });
}

for (const [text, expected] of [
  ['`npm run build`, `npm test` and `tiphys plan -f - -o json | jq -r .items`', []],
  ['npm run nonsense, said in passing', []],
  ['`npm run nonsense`', ['docs/page.md: package.json has no script nonsense']],
  ['```console\n$ npm exec -- tiphys run --onec -f apps/\n```', ['docs/page.md: tiphys run has no flag --onec']],
  ['`tiphys test-policy a.yaml --nope`', ['docs/page.md: tiphys test-policy has no flag --nope']],
  ['`tiphys paln`', ['docs/page.md: there is no command tiphys paln']],
] as const) {
  test(`commands of ${JSON.stringify(text)}`, () => {
    expect(commandProblems(page(text), ['build', 'test'], shapeOf(describedTree()))).toEqual(expected);
  });
}
