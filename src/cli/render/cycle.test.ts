import { expect, test } from 'vitest';
import { item, MIXED, REPO, report } from '../../../test/support/sample-report.ts';
import { plain } from '../palette.ts';
import { renderCycleSummary, renderOutcomes } from './cycle.ts';
import { renderDemoEvent } from './demo.ts';

const commits = [
  { repoURL: REPO, branch: 'main', commit: '0123456789abcdef', message: 'build: automatic update of shop\n\nmore' },
];

test('a cycle has a line for each image that is not current, and for each commit', () => {
  expect(renderOutcomes({ ...MIXED, commits }, plain)).toMatchInlineSnapshot(`
    "updated argocd/shop web ghcr.io/acme/web 1.0.0 -> 1.1.0: 1.1.0 is the newest of 3 that ^1.0 allows
    held    argocd/jobs ghcr.io/acme/jobs 2.0.0 -> 1.9.0: 1.9.0 is the newest of 2, but older than 2.0.0 in Git (downgrade)
    none    argocd/api api ghcr.io/acme/api: nothing in apps/api uses it (not-used)
    failed  argocd/api db down.example/db 1.0.0: connect ECONNREFUSED (REGISTRY_UNREACHABLE)
    commit  0123456789 build: automatic update of shop (main of https://git.example/gitops.git)
    "
  `);
});

test('the last line of a cycle counts and says how long it took', () => {
  expect(renderCycleSummary({ report: { ...MIXED, commits }, tookMs: 1_240 })).toMatchInlineSnapshot(`
    "1 update in 1 commit, 1 current, 1 held, 1 without a version to move to, 1 failed (1.2 s)
    "
  `);
});

test('the demo tells how to take part', () => {
  const started = {
    kind: 'started',
    registry: '127.0.0.1:5000',
    pushCommand: 'skopeo copy docker://busybox docker://127.0.0.1:5000/acme/web:2.0.0',
    cloneURL: 'http://127.0.0.1:4000/gitops.git',
  } as const;
  expect(renderDemoEvent(started, plain)).toMatchInlineSnapshot(`
    "A registry, a Git server and Tiphys are running. Ctrl-C ends all three and leaves nothing behind.
      registry  127.0.0.1:5000
      push      skopeo copy docker://busybox docker://127.0.0.1:5000/acme/web:2.0.0
      clone     git clone http://127.0.0.1:4000/gitops.git
    "
  `);
});

test('the demo tells of a tag, then of the decision, the commit and its diff', () => {
  const cycle = { ...MIXED, commits };
  const told = [
    renderDemoEvent({ kind: 'tag', image: 'ghcr.io/acme/web', tag: '1.1.0' }, plain),
    renderDemoEvent({ kind: 'cycle', report: cycle, tookMs: 9 }, plain),
  ];
  expect(told.join('')).toMatchInlineSnapshot(`
    "
    new tag ghcr.io/acme/web:1.1.0

    argocd/shop web ghcr.io/acme/web
      1.0.0 -> 1.1.0 (semver)
      1.1.0 is the newest of 3 that ^1.0 allows
      apps/shop/kustomization.yaml on main of https://git.example/gitops.git (kustomization), with the Secret argocd/shop
      note: downgrade: not comparable

    held    argocd/jobs ghcr.io/acme/jobs 2.0.0 -> 1.9.0: 1.9.0 is the newest of 2, but older than 2.0.0 in Git (downgrade)
    failed  argocd/api db down.example/db 1.0.0: connect ECONNREFUSED (REGISTRY_UNREACHABLE)

    commit  0123456789 build: automatic update of shop (main of https://git.example/gitops.git)

    diff --git a/apps/shop/kustomization.yaml b/apps/shop/kustomization.yaml
    --- a/apps/shop/kustomization.yaml
    +++ b/apps/shop/kustomization.yaml
    @@ -2,3 +2,3 @@
     images:
       - name: ghcr.io/acme/web
    -    newTag: 1.0.0
    +    newTag: 1.1.0
    "
  `);
});

test('a cycle of the demo in which nothing happened says nothing', () => {
  expect(renderDemoEvent({ kind: 'cycle', report: report({ items: [item()] }), tookMs: 1 }, plain)).toBe('');
});
