import { describe, expect, test } from 'vitest';
import { item, MIXED, report } from '../../test/support/sample-report.ts';
import { chooseAlias, chooseApplication } from './choose.ts';

const IDS = ['argocd/shop', 'argocd/web', 'prod/shop', 'prod/cart'];

describe('which Application is meant', () => {
  for (const [wanted, expected] of [
    ['web', 'argocd/web'],
    ['prod/shop', 'prod/shop'],
  ] as const) {
    test(`${wanted} is ${expected}`, () => {
      expect(chooseApplication(IDS, wanted)).toBe(expected);
    });
  }

  for (const [wanted, fix] of [
    ['shop', 'name one of argocd/shop, prod/shop'],
    ['crat', 'did you mean cart?'],
    ['argocd/shpo', 'did you mean argocd/shop?'],
    ['nothing-like-it', 'name one of argocd/shop, argocd/web, prod/shop, prod/cart'],
  ] as const) {
    test(`${wanted}: ${fix}`, () => {
      expect(() => chooseApplication(IDS, wanted)).toThrow(expect.objectContaining({ code: 'SETTING_INVALID', fix }));
    });
  }

  test('no more than ten are named', () => {
    const many = Array.from({ length: 12 }, (_, index) => `argocd/application-${index}`);
    expect(() => chooseApplication(many, 'x')).toThrow(
      expect.objectContaining({ fix: expect.stringMatching(/application-9 \(and 2 more\)$/) }),
    );
  });
});

describe('which image is meant', () => {
  const shop = report({ items: [item(), item({ alias: 'db' })] });

  test('one alias', () => {
    expect(chooseAlias(shop, 'db').items.map((one) => one.alias)).toEqual(['db']);
  });

  test('an unknown alias is answered with the nearest', () => {
    expect(() => chooseAlias(shop, 'wbe')).toThrow(expect.objectContaining({ fix: 'did you mean web?' }));
  });

  test('an unknown alias is so whatever became of the others', () => {
    const { failures } = MIXED;
    expect(() => chooseAlias({ ...shop, failures }, 'wbe')).toThrow(
      expect.objectContaining({ fix: 'did you mean web?' }),
    );
    expect(chooseAlias(report({ failures }), 'wbe').failures).toEqual(failures);
  });

  test("the failures of the Application's other images are left out, all else stays", () => {
    const [problem] = MIXED.failures;
    if (problem === undefined) throw new Error('the sample has a failure');
    const failures = ['argocd/shop', 'argocd/shop web', 'argocd/shop db'].map((object) => ({ ...problem, object }));
    expect(chooseAlias({ ...shop, failures }, 'db').failures.map(({ object }) => object)).toEqual([
      'argocd/shop',
      'argocd/shop db',
    ]);
  });
});
