import { expect, test } from 'vitest';
import { item, MIXED } from '../../../test/support/sample-report.ts';
import type { Verdict } from '../../core/deciding/decision.ts';
import { plain } from '../palette.ts';
import { renderExplanation } from './explanation.ts';

const candidates: readonly Verdict[] = [
  { tag: '1.2.0', verdict: 'older', rule: 'older', reason: 'ranks below 1.10.0' },
  { tag: '1.10.0', verdict: 'chosen', rule: 'newest', reason: 'is the newest of 2' },
  { tag: 'latest', verdict: 'dropped', rule: 'not-a-version', reason: 'cannot be read as a version' },
];

test('few candidates are listed one by one: the chosen one, older ones from the top, dropped ones', () => {
  const update = item({
    to: '1.10.0',
    outcome: 'update',
    rule: 'newest',
    reason: '1.10.0 is the newest of 2',
    candidates,
  });
  expect(renderExplanation([update], plain)).toMatchInlineSnapshot(`
    "argocd/shop web ghcr.io/acme/web
      Git says    1.0.0, in apps/shop/kustomization.yaml
      looked at   apps/shop/kustomization.yaml: 1.0.0
      strategy    semver
      chosen      1.10.0
      outcome     update (rule newest)
      why         1.10.0 is the newest of 2
      waits for   nothing; the next run writes it
      written to  apps/shop/kustomization.yaml on main of https://git.example/gitops.git (kustomization), with the Secret argocd/shop
      candidates  3
        1.10.0  chosen   is the newest of 2
        1.2.0   older    ranks below 1.10.0
        latest  dropped  cannot be read as a version (rule not-a-version)
    "
  `);
});

test('many candidates are grouped by what was said of them', () => {
  const dropped = Array.from({ length: 812 }, (_, index): Verdict => {
    return {
      tag: `build-${index}`,
      verdict: 'dropped',
      rule: 'allow-tags',
      reason: 'does not match allow-tags regexp:^v',
    };
  });
  const text = renderExplanation([item({ candidates: [...candidates, ...dropped] })], plain);
  expect(text.slice(text.indexOf('  candidates'))).toMatchInlineSnapshot(`
    "  candidates  815
        1 tag: is the newest of 2 (1.10.0)
        1 tag: ranks below 1.10.0 (1.2.0)
        1 tag: cannot be read as a version (latest)
        812 tags: do not match allow-tags regexp:^v (build-811, build-810, build-809, ...)
    "
  `);
});

test('what no tag can be pushes the table apart no further than a tag', () => {
  const endless: Verdict = { tag: 'z'.repeat(10_000), verdict: 'dropped', rule: 'not-a-version', reason: 'is none' };
  const lines = renderExplanation([item({ candidates: [...candidates, endless] })], plain).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
});

test('every outcome says what is waited for', () => {
  const lines = renderExplanation([...MIXED.items, item({ outcome: 'held', rule: 'suspended' })], plain).split('\n');
  expect(lines.filter((line) => line.includes('waits for'))).toMatchInlineSnapshot(`
    [
      "  waits for   nothing; the next run writes it",
      "  waits for   a newer tag that the policy allows",
      "  waits for   a newer tag, or the annotation tiphys.dev/allow-downgrade: "true"",
      "  waits for   something in Git that uses the image",
      "  waits for   the failure to be fixed",
      "  waits for   the annotation tiphys.dev/suspend to be removed",
    ]
  `);
});

test('the rule that configures an image, and those that were passed over', () => {
  const policy = {
    rule: 'ImageUpdater argocd/shop spec.applicationRefs[1] "shop-*" (score 5)',
    passedOver: [{ rule: 'ImageUpdater argocd/all spec.applicationRefs[0] "*" (score 0)', reason: 'is less specific' }],
  };
  const lines = renderExplanation([item({ policy })], plain).split('\n');
  expect(lines.slice(4, 6)).toEqual([
    '  policy      ImageUpdater argocd/shop spec.applicationRefs[1] "shop-*" (score 5)',
    '  not used    ImageUpdater argocd/all spec.applicationRefs[0] "*" (score 0): is less specific',
  ]);
});
