import { describe, expect, test } from 'vitest';
import { formatImageName } from '../../core/reference.ts';
import { parseImageList } from './image-list.ts';

/** "alias (key alias) image constraint" of each entry. */
function read(text: string) {
  return parseImageList(text).images.map(({ alias, keyAlias = '-', image, constraint = '-' }) =>
    [alias, keyAlias, formatImageName(image), constraint].join(' | '),
  );
}

describe('parseImageList', () => {
  for (const [text, expected, why] of [
    ['nginx', ['nginx | - | nginx | -'], 'the name stands in for the alias'],
    ['ghcr.io/acme/web:~1', ['ghcr.io/acme/web | - | ghcr.io/acme/web | ~1'], 'with its registry'],
    [
      '  web = nginx:1.21 , api = q.io/o/a:v2 ',
      ['web | web | nginx | 1.21', 'api | api | q.io/o/a | v2'],
      'blanks do not matter',
    ],
    ['web=nginx:1.21,,api=redis', ['web | web | nginx | 1.21', 'api | api | redis | -'], 'empty entries neither'],
    [' =nginx:1.21', ['nginx | - | nginx | 1.21'], 'a blank alias is none'],
    ['web=nginx:>=1.0', ['web | web | nginx | >=1.0'], 'the first = ends the alias'],
    ['nginx:>=1.0', ['nginx | - | nginx | >=1.0'], 'a constraint is no alias'],
    ['nginx:=1.0', ['nginx | - | nginx | =1.0'], 'nor with = alone'],
    ['q.io:5000/a:~1 || >=2', ['q.io:5000/a | - | q.io:5000/a | ~1 || >=2'], 'nor behind a port'],
    ['web=nginx:1.x || 2.x', ['web | web | nginx | 1.x || 2.x'], 'bars and blanks are fine'],
    [
      'ghcr.io:4567/j/o=gcr.io:1234/j/t:0.1',
      ['ghcr.io:4567/j/o | ghcr.io:4567_j_o | gcr.io:1234/j/t | 0.1'],
      'odd alias',
    ],
    ['foo/dummy=nginx', ['foo/dummy | foo_dummy | nginx | -'], 'a slash is an underscore in keys'],
    ['a=nginx,a=redis', ['a | a | nginx | -', 'a | a | redis | -'], 'duplicates are left to the caller'],
    [`a=nginx:1@sha256:${'0'.repeat(64)}`, ['a | a | nginx | 1'], 'a digest constrains nothing'],
    ['a=nginx:', ['a | a | nginx | -'], 'nothing behind the colon is no constraint'],
    ['  ,  ,', [], 'nothing but commas'],
    ['', [], 'nothing'],
  ] as const) {
    test(`"${text}": ${why}`, () => {
      expect(read(text)).toEqual(expected);
      expect(parseImageList(text).broken).toEqual([]);
    });
  }

  for (const [text, broken, fix] of [
    ['web=nginx:>=1.0,<2.0', '"<2.0"', 'blank instead of the comma'],
    ['web=nginx:1.x, 2.x', '"2.x"', 'blank instead of the comma'],
    ['web=nginx:>=1.0, !=1.3', '"!=1.3"', 'blank instead of the comma'],
    ['web=nginx,web=', '"web="', 'write [alias=]'],
    ['web=nginx,api=quay.io/Org/App:1', '"api=quay.io/Org/App:1"', 'lower case'],
    ['web=nginx,api=https://quay.io/app', '"api=https://quay.io/app"', 'write [alias=]'],
    ['web=nginx,api=re dis', '"api=re dis"', 'write [alias=]'],
  ] as const) {
    test(`"${text}": ${broken} is no image, and the other one counts`, () => {
      const list = parseImageList(text);
      expect(list.images.map(({ alias }) => alias)).toEqual(['web']);
      expect(list.broken).toMatchObject([
        { message: expect.stringContaining(broken), fix: expect.stringContaining(fix) },
      ]);
    });
  }
});
