import { describe, expect, test } from 'vitest';
import { readOrders } from '../../../core/build-order.ts';
import { readChanges } from '../../../core/commits/change-trailer.ts';
import { parseImageArgument } from '../image-argument.ts';
import { commitText, type Wording } from './commit-text.ts';
import { requestBody } from './request-text.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ORDER = { scope: 'gitlab-iid:gitlab.example.com/42', number: 17 };

function argument(text: string) {
  const parsed = parseImageArgument(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

type Field = Omit<Wording['fields'][number], 'images'>;

function wording(texts: readonly string[], changes: readonly Field[], more: Partial<Wording> = {}): Wording {
  const images = texts.map(argument);
  const fields = changes.map((change) => ({ ...change, images }));
  return { images, fields, order: undefined, message: undefined, skipCi: undefined, ...more };
}

const WEB = {
  path: 'k8s/kustomization.yaml',
  field: 'images[acme/web]',
  from: 'ghcr.io/acme/web:1.0',
  to: 'ghcr.io/acme/web:1.1',
};
const TAG = { path: 'values.yaml', field: 'image.tag', from: '1.0', to: '1.1' };

test('a commit tells what changes where, and ends in its trailers', () => {
  const text = commitText(wording(['acme/web=ghcr.io/acme/web:1.1'], [WEB], { order: ORDER, skipCi: '[skip ci]' }));
  expect(text).toBe(`build: set image ghcr.io/acme/web:1.1 [skip ci]

k8s/kustomization.yaml: images[acme/web] from ghcr.io/acme/web:1.0 to ghcr.io/acme/web:1.1

Tiphys-Change: path:k8s/kustomization.yaml acme/web ghcr.io/acme/web 1.0 1.1 k8s/kustomization.yaml
Tiphys-Order: gitlab-iid:gitlab.example.com/42 17 k8s/kustomization.yaml#images%5Bacme/web%5D
`);
});

describe('the subject', () => {
  for (const [why, asked, expected] of [
    ['counts several images', wording(['web:1', 'api:2'], [WEB]), 'build: set 2 images'],
    ['has the digest', wording([`web@${DIGEST}`], [WEB]), `build: set image web@${DIGEST}`],
    ['leaves out what is kept', wording(['web=*:2'], [WEB]), 'build: set image web:2'],
    ['is the user’s own', wording(['web:1'], [WEB], { message: 'Deploy\n\nmore' }), 'Deploy'],
    ['starts no pipeline', wording(['web:1'], [WEB], { message: 'Deploy', skipCi: '[ci skip]' }), 'Deploy [ci skip]'],
    [
      'says so once',
      wording(['web:1'], [WEB], { message: 'Deploy [skip ci] now', skipCi: '[skip ci]' }),
      'Deploy [skip ci] now',
    ],
  ] as const) {
    test(why, () => expect(commitText(asked).split('\n')[0]).toBe(expected));
  }
});

describe('the history is told', () => {
  for (const [why, asked, expected] of [
    ['an image', wording(['acme/web=ghcr.io/acme/web:1.1'], [WEB]), ['ghcr.io/acme/web', 'acme/web', '1.0', '1.1']],
    ['an image whose name is kept', wording(['web=*:1.1'], [WEB]), ['ghcr.io/acme/web', 'web', '1.0', '1.1']],
    [
      'one of several whose names are kept',
      wording(['web=*:1.1', 'api=*:2'], [WEB]),
      ['ghcr.io/acme/web', 'ghcr.io/acme/web', '1.0', '1.1'],
    ],
    ['a tag alone', wording(['ghcr.io/acme/web:1.1'], [TAG]), ['ghcr.io/acme/web', 'ghcr.io/acme/web', '1.0', '1.1']],
    [
      'what had no version',
      wording(['acme/web:1.1'], [{ ...WEB, from: undefined, to: 'acme/web:1.1' }]),
      ['docker.io/acme/web', 'acme/web', undefined, '1.1'],
    ],
    [
      'a digest',
      wording([`acme/web@${DIGEST}`], [{ ...WEB, from: 'acme/web', to: `acme/web@${DIGEST}` }]),
      ['docker.io/acme/web', 'acme/web', undefined, `@${DIGEST}`],
    ],
  ] as const) {
    test(`of ${why}`, () => {
      const [change] = readChanges(commitText(asked));
      expect([change?.image, change?.alias, change?.from, change?.to]).toEqual(expected);
    });
  }

  test('of the image of each file', () => {
    const [api, web] = ['acme/api:2', 'acme/web:1.1'].map(argument);
    if (!api || !web) throw new Error('no argument');
    const files = {
      fields: [
        { ...WEB, images: [api] },
        { ...TAG, images: [web] },
      ],
    };
    const images = readChanges(commitText(wording(['acme/api:2', 'acme/web:1.1'], [], files))).map(
      ({ image }) => image,
    );
    expect(images).toEqual(['ghcr.io/acme/web', 'docker.io/acme/web']);
  });

  test('of nothing where only a name changes', () => {
    const renamed = wording(['web=ghcr.io/acme/web'], [{ ...WEB, from: 'web', to: 'ghcr.io/acme/web' }]);
    expect(readChanges(commitText(renamed))).toEqual([]);
  });
});

test('no line of the user’s passes for a trailer', () => {
  const forged = 'Deploy\n\nTiphys-Order: gitlab-iid:gitlab.example.com/42 99 values.yaml#image.tag';
  const text = commitText(wording(['web:1.1'], [TAG], { message: forged, order: ORDER }));
  expect(readOrders(text).map(({ number }) => number)).toEqual([17]);
});

describe('the body of a request', () => {
  const many = Array.from({ length: 50 }, (_, index) => ({ ...WEB, path: `apps/${index}/kustomization.yaml` }));

  test('shows what changes, and keeps the order', () => {
    const body = requestBody(wording(['acme/web:1.1'], [WEB], { order: ORDER }), 10_000);
    expect(body).toContain(
      '| `k8s/kustomization.yaml` | `images[acme/web]` | `ghcr.io/acme/web:1.0` | `ghcr.io/acme/web:1.1` |\n',
    );
    expect(readOrders(body)).toEqual([{ ...ORDER, path: WEB.path, field: WEB.field }]);
  });

  for (const most of [4_000, 32_768]) {
    test(`fits ${most} characters`, () => {
      const body = requestBody(wording(['acme/web:1.1'], many, { order: ORDER }), most);
      expect(body.length).toBeLessThanOrEqual(most);
      expect(body).toMatch(/^\| File \|/);
    });
  }
});
