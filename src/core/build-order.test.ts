import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newestOrders, orderKey, orderTrailer, parseOrderNumber, precedenceOf, readOrders } from './build-order.ts';

const SCOPE = 'gitlab-iid:gitlab.example.com/42';
const WEB = { path: 'k8s/kustomization.yaml', field: 'images[acme/web]' };
const API = { ...WEB, field: 'images[acme/api]' };
const at = (number: number, field = WEB) => orderTrailer({ scope: SCOPE, number, ...field });

describe('the trailer', () => {
  test('is one line of plain words', () => {
    expect(at(7)).toBe(
      'Tiphys-Order: gitlab-iid:gitlab.example.com/42 7 k8s/kustomization.yaml#images%5Bacme/web%5D\n',
    );
  });

  test('says the same when it is read again, whatever the names are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, fc.maxSafeNat(), text, text, (scope, number, path, field) => {
        const order = { scope: scope.toWellFormed(), number, path: path.toWellFormed(), field: field.toWellFormed() };
        expect(readOrders(`Subject\n\n${orderTrailer(order)}`)).toEqual([order]);
      }),
    );
  });

  for (const [why, text, expected] of [
    ['none in a plain message', 'Fix\n\nTiphys is fine\n', []],
    ['two in one message', `Set\n\n${at(7)}${at(8, API)}`, [7, 8]],
    ['in the midst of a squash merge', `* One\n\n${at(7)}\n* Two\n\nmore text\n`, [7]],
    ['with the line ends of a web page', `Set\r\n\r\n${at(7).trimEnd()}\r\n`, [7]],
    ['not where it is quoted', `Set\n\n> ${at(7)}`, []],
    ['not with a number that cannot be compared', `Set\n\n${at(7).replace(' 7 ', ' 9999999999999999 ')}`, []],
    ['not without a field', 'Set\n\nTiphys-Order: a 7 k8s/kustomization.yaml\n', []],
    ['not when it is no percent-encoding', 'Set\n\nTiphys-Order: a 7 k8s/%E0%A4%A#b\n', []],
  ] as const) {
    test(`is found ${why}`, () => {
      expect(readOrders(text).map(({ number }) => number)).toEqual(expected);
    });
  }
});

for (const [text, expected] of [
  ['0', 0],
  ['42', 42],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
  ['1e3', undefined],
] as const) {
  test(`"${text}" is the order ${expected}`, () => expect(parseOrderNumber(text)).toBe(expected));
}

for (const [number, before, expected] of [
  [7, undefined, 'first'],
  [7, 6, 'newer'],
  [7, 7, 'retry'],
  [7, 8, 'superseded'],
] as const) {
  test(`${number} after ${before} is ${expected}`, () => expect(precedenceOf(number, before)).toBe(expected));
}

describe('the newest order of a field', () => {
  for (const [why, messages, expected] of [
    ['is none in a history without one', ['a', 'b'], undefined],
    ['is that of the newest commit', [at(8), at(7)], 8],
    ['is what was forced later', [at(7), at(8)], 7],
    ['outlives a revert by hand', ['Revert "Set"\n\nThis reverts commit 1.\n', at(8), at(7)], 8],
    ['is the greatest of a squash merge', [`* One\n\n${at(9)}\n* Two\n\n${at(8)}`, at(10)], 9],
    ['is not that of another field', [at(9, API), at(8)], 8],
    ['is not that of another file', [at(9, { ...WEB, path: 'prod/kustomization.yaml' }), at(8)], 8],
    ['is not that of another scope', [orderTrailer({ scope: 'order:other', number: 9, ...WEB }), at(8)], 8],
  ] as const) {
    test(why, async () => {
      const commits = listed(messages.map((text) => `Set\n\n${text}`));
      expect((await newestOrders(commits, SCOPE, [WEB])).get(orderKey(WEB))).toBe(expected);
    });
  }

  test('is looked for no further than it is found, and not for ever', async () => {
    let read = 0;
    const endless = async function* (every: string) {
      for (;;) {
        read += 1;
        yield { message: every };
      }
    };
    expect(await newestOrders(endless(`Set\n\n${at(1)}`), SCOPE, [WEB])).toEqual(new Map([[orderKey(WEB), 1]]));
    expect(read).toBe(1);
    expect(await newestOrders(endless('Somebody else'), SCOPE, [WEB, API])).toEqual(new Map());
    expect(read).toBe(2_001);
    expect(await newestOrders(endless('nobody asks'), SCOPE, [])).toEqual(new Map());
    expect(read).toBe(2_001);
  });
});

async function* listed(messages: readonly string[]) {
  for (const message of messages) yield { message };
}
