import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../test/golden/golden.ts';
import { formatKustomizeImage, parseKustomizeImage, versionOf } from './kustomize-image.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

interface Golden {
  readonly op: string;
  readonly text: string;
  readonly element: { name: string; newName: string; newTag: string; digest: string };
  readonly defect?: string;
}

describe('parseKustomizeImage', () => {
  for (const [text, expected] of [
    ['nginx', { newName: 'nginx' }],
    ['nginx:1.25', { newName: 'nginx', tag: '1.25' }],
    ['host:5000/web', { newName: 'host:5000/web' }],
    ['host:5000/web:1', { newName: 'host:5000/web', tag: '1' }],
    [`web=host:5000/web:1@${DIGEST}`, { name: 'web', newName: 'host:5000/web', tag: '1', digest: DIGEST }],
    ['nginx:', { newName: 'nginx' }],
    ['host:5000/web:1:2', { newName: 'host:5000/web', tag: '1:2' }],
    ['a@b/c:1@d@e', { newName: 'a@b/c', tag: '1', digest: 'd@e' }],
    ['', { newName: '' }],
  ] as const) {
    test(JSON.stringify(text), () => {
      expect(parseKustomizeImage(text)).toEqual(expected);
    });
  }

  test('as upstream', () => {
    for (const { text, element } of goldenCases<Golden>('kustomizeimages.jsonl').filter(isParse)) {
      const { name, newName, tag = '', digest = '' } = parseKustomizeImage(text);
      const read = { name: name ?? newName, newName: name === undefined ? '' : newName, newTag: tag, digest };
      expect(read, text).toEqual(element);
    }
  });
});

function isParse({ op, defect }: Golden): boolean {
  return op === 'parse' && defect === undefined;
}

test('formatKustomizeImage is the way back', () => {
  for (const text of ['nginx', 'a=b', 'a=host:5000/b:1', `b@${DIGEST}`, `a=b:1@${DIGEST}`]) {
    expect(formatKustomizeImage(parseKustomizeImage(text))).toBe(text);
  }
});

test('versionOf', () => {
  expect(versionOf('1', undefined)).toEqual({ tag: '1' });
  expect(versionOf('1', DIGEST)).toEqual({ tag: '1', digest: DIGEST });
  expect(versionOf('', DIGEST)).toEqual({ digest: DIGEST });
  expect(versionOf(undefined, undefined)).toBeUndefined();
  expect(versionOf('not a tag', undefined)).toBeUndefined();
  expect(versionOf('1', 'sha256:short')).toBeUndefined();
});
