import { describe, expect, test } from 'vitest';
import { doubtsAbout, parseImageArgument, setImageText, settleParts } from './image-argument.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function read(text: string) {
  const argument = parseImageArgument(text);
  if (!argument.ok) throw new Error(argument.problem);
  return argument.value;
}

describe('an argument', () => {
  for (const [text, name, parts] of [
    ['nginx:1', 'nginx', { tag: '1' }],
    [`nginx@${DIGEST}`, 'nginx', { digest: DIGEST }],
    ['web=host:5000/web', 'web', { newName: 'host:5000/web' }],
    [`web=host:5000/web:1@${DIGEST}`, 'web', { newName: 'host:5000/web', tag: '1', digest: DIGEST }],
    ['web=*:1', 'web', { newName: '*', tag: '1' }],
    ['a=b=c:1', 'a', { newName: 'b=c', tag: '1' }],
    ['web=', 'web', {}],
    ['nginx:', 'nginx', {}],
  ] as const) {
    test(text, () => {
      expect(read(text)).toMatchObject({ text, name });
      expect(Object.entries(read(text).parts).filter(([, part]) => part !== undefined)).toEqual(Object.entries(parts));
    });
  }

  for (const text of ['nginx', 'localhost:5000/nginx', '', '=', '=nginx:1', ':1', `@${DIGEST}`, 'a:1\n', 'a:\ud800']) {
    test(`${JSON.stringify(text)} is none`, () => expect(parseImageArgument(text).ok).toBe(false));
  }
});

describe('what kustomize takes, and a person should know of', () => {
  for (const [text, count] of [
    ['nginx:1', 0],
    ['nginx=*:*@*', 0],
    [`a=b:1@${DIGEST}`, 0],
    ['nginx:', 1],
    ['web=', 1],
    ['web=:1', 1],
    [`nginx:@${DIGEST}`, 1],
    ['nginx:a b', 1],
    ['nginx@sha256:short', 1],
  ] as const) {
    test(`${text}: ${count}`, () => expect(doubtsAbout(read(text))).toHaveLength(count));
  }
});

test('what is not said goes from an entry, and stays in a text', () => {
  expect(settleParts(read('web:2'), { newName: 'a', tag: '1', digest: DIGEST })).toEqual({ tag: '2' });
  expect(setImageText(read('web=b'), `web:1@${DIGEST}`)).toBe(`b:1@${DIGEST}`);
});
