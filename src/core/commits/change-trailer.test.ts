import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTag } from '../reference.ts';
import { changeTrailer, hasChangeTrailer, readChanges } from './change-trailer.ts';

const LINE = 'Tiphys-Change: argocd/web web ghcr.io/acme/web 1.4.0 1.4.1 apps/web/values.yaml';
const CHANGE = {
  application: 'argocd/web',
  alias: 'web',
  image: 'ghcr.io/acme/web',
  from: '1.4.0',
  to: '1.4.1',
  path: 'apps/web/values.yaml',
};

function version(text: string) {
  const tag = parseTag(text);
  if (!tag.ok) throw new Error(text);
  return { tag: tag.value };
}

test('a change that no Application is known for is named by its path, and a name alone records nothing', () => {
  const change = { application: undefined, alias: 'web', image: { registry: 'ghcr.io', repository: 'acme/web' } };
  const line = changeTrailer({ ...change, from: version('1.4.0'), to: version('1.4.1'), path: CHANGE.path });
  expect(readChanges(`subject\n\n${line}`)).toEqual([{ ...CHANGE, application: undefined }]);
  const renamed = `subject\n\n${changeTrailer({ ...change, from: undefined, to: undefined, path: CHANGE.path })}`;
  expect([readChanges(renamed), hasChangeTrailer(renamed)]).toEqual([[], true]);
});

describe('readChanges', () => {
  test('reads what changeTrailer writes, whatever the names', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => text.isWellFormed());
    const plain = name.filter((text) => !text.includes('/') && !text.startsWith('path:'));
    const law = fc.property(plain, plain, name, name, (namespace, app, alias, path) => {
      const image = { registry: 'ghcr.io', repository: 'acme/web' };
      const line = changeTrailer({
        application: { namespace, name: app },
        alias,
        image,
        from: undefined,
        to: version('1.4.1'),
        path,
      });
      const expected = { ...CHANGE, application: `${namespace}/${app}`, alias, path, from: undefined };
      expect(readChanges(`subject\n\n${line}`)).toEqual([expected]);
    });
    fc.assert(law);
  });

  for (const [why, message, found] of [
    ['the last paragraph', `s\n\nbody\n\n${LINE}\n`, [CHANGE]],
    [
      'beside other trailers',
      `s\n\nSigned-off-by: A <a@b.c>\n${LINE}\n (folded)\nCo-authored-by: B <b@b.c>\n`,
      [CHANGE],
    ],
    ['behind a pick', `s\n\n${LINE}\n(cherry picked from commit 0123abcd)\n\n\n`, [CHANGE]],
    ['with line ends of Windows', `s\r\n\r\n${LINE}\r\n${LINE}\r\n`, [CHANGE, CHANGE]],
    ['in any case', `s\n\n${LINE.replace('Tiphys-Change', 'tiphys-change')}`, [CHANGE]],
    [
      'several, in their order',
      `s\n\n${LINE}\n${LINE.replace('argocd/web', 'path:apps')}`,
      [CHANGE, { ...CHANGE, application: undefined }],
    ],
    ['no version before', `s\n\n${LINE.replace('1.4.0', '-')}`, [{ ...CHANGE, from: undefined }]],
    ['the subject is none', LINE, []],
    ['a body paragraph is none', `s\n\n${LINE}\n\nand more`, []],
    ['a line among prose is none', `s\n\nlook at\n${LINE}`, []],
    ['an indented line is none', `s\n\n ${LINE}`, []],
    ['too few fields', `s\n\nTiphys-Change: argocd/web web 1.4.0 1.4.1`, []],
    ['too many fields', `s\n\n${LINE} more`, []],
    ['an empty field', `s\n\n${LINE.replace(' web ', '  ')}`, []],
    ['no percent-encoding', `s\n\n${LINE.replace('values', '%zz')}`, []],
    ['no name of an Application', `s\n\n${LINE.replace('argocd/web', 'a/b/c')}`, []],
    ['no version', `s\n\n${LINE.replace('1.4.1', '->')}`, []],
    ['one broken beside a good one', `s\n\nTiphys-Change: x\n${LINE}`, [CHANGE]],
  ] as const) {
    test(why, () => expect(readChanges(message)).toEqual(found));
  }

  test('no message makes it fail', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('\n', '\n\n', 'Tiphys-Change:', LINE, '%', 'path:', ' '));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const message = parts.join('');
        if (readChanges(message).length > 0) expect(hasChangeTrailer(message)).toBe(true);
      }),
    );
  });
});

describe('hasChangeTrailer', () => {
  test('a trailer that cannot be read says it too', () =>
    expect(hasChangeTrailer('s\n\nTiphys-Change: x\n')).toBe(true));
  test('words in the body do not', () => expect(hasChangeTrailer(`s\n\n${LINE}\n\nbye\n`)).toBe(false));
});
