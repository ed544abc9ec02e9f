import { expect, test } from 'vitest';
import { item, MIXED, report } from '../../../test/support/sample-report.ts';
import { plain } from '../palette.ts';
import { renderPlan } from './plan.ts';
import { renderProblems } from './problems.ts';
import { renderSummary } from './summary.ts';

test('a plan shows changes, diffs, then who stays behind', () => {
  expect(renderPlan(MIXED, plain)).toMatchInlineSnapshot(`
    "argocd/shop web ghcr.io/acme/web
      1.0.0 -> 1.1.0 (semver)
      1.1.0 is the newest of 3 that ^1.0 allows
      apps/shop/kustomization.yaml on main of https://git.example/gitops.git (kustomization), with the Secret argocd/shop
      note: downgrade: not comparable

    diff --git a/apps/shop/kustomization.yaml b/apps/shop/kustomization.yaml
    --- a/apps/shop/kustomization.yaml
    +++ b/apps/shop/kustomization.yaml
    @@ -2,3 +2,3 @@
     images:
       - name: ghcr.io/acme/web
    -    newTag: 1.0.0
    +    newTag: 1.1.0

    held    argocd/jobs ghcr.io/acme/jobs 2.0.0 -> 1.9.0: 1.9.0 is the newest of 2, but older than 2.0.0 in Git (downgrade)
    none    argocd/api api ghcr.io/acme/api: nothing in apps/api uses it (not-used)
    failed  argocd/api db down.example/db 1.0.0: connect ECONNREFUSED (REGISTRY_UNREACHABLE)
    "
  `);
});

test('problems say what, where, why and what to do', () => {
  expect(renderProblems(MIXED, plain)).toMatchInlineSnapshot(`
    "warning: argocd/api: unknown key "sugest" (CONFIG_UNKNOWN_KEY)
      fix: write "suggest"
    error: argocd/api db: connect ECONNREFUSED (REGISTRY_UNREACHABLE)
      fix: check that the registry down.example runs
    "
  `);
});

test('a plan with nothing to say is empty', () => {
  expect(renderPlan(report({ items: [item()] }), plain)).toBe('');
});

for (const [name, made, expected] of [
  ['nothing at all', report(), '0 updates, 0 current, 0 held, 0 failed'],
  ['one of each', MIXED, '1 update in 1 file, 1 current, 1 held, 1 without a version to move to, 1 failed'],
  [
    'an Application that failed before it had images',
    report({ failures: MIXED.failures }),
    '0 updates, 0 current, 0 held, 1 failed',
  ],
  [
    'two updates that were pushed',
    report({
      items: [item({ outcome: 'update' }), item({ outcome: 'update' })],
      files: MIXED.files,
      commits: [{ repoURL: 'r', branch: 'b', commit: 'c', message: 'm' }],
    }),
    '2 updates in 1 commit, 0 current, 0 held, 0 failed',
  ],
] as const) {
  test(`summary of ${name}`, () => {
    expect(renderSummary(made)).toBe(expected);
  });
}
