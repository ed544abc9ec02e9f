import type { CycleReport, ItemReport } from '../../src/core/report.ts';

export const REPO = 'https://git.example/gitops.git';

/** An item that is current, with what the test wants different. */
export function item(different: Partial<ItemReport> = {}): ItemReport {
  return {
    application: 'argocd/shop',
    alias: 'web',
    image: 'ghcr.io/acme/web',
    strategy: 'semver',
    from: '1.0.0',
    to: '1.0.0',
    outcome: 'current',
    rule: 'current',
    reason: '1.0.0 is the newest of 3, and Git says so already',
    target: {
      kind: 'kustomization',
      repoURL: REPO,
      branch: 'main',
      path: 'apps/shop/kustomization.yaml',
      writeBranch: null,
      credential: 'the Secret argocd/shop',
    },
    statedIn: 'apps/shop/kustomization.yaml',
    sightings: [{ where: 'apps/shop/kustomization.yaml', says: ['1.0.0'] }],
    candidates: [],
    notes: [],
    ...different,
  };
}

export function report(different: Partial<CycleReport> = {}): CycleReport {
  return {
    applications: 1,
    items: [],
    files: [],
    patches: [],
    commits: [],
    pullRequests: [],
    failures: [],
    warnings: [],
    ...different,
  };
}

const DIFF = `diff --git a/apps/shop/kustomization.yaml b/apps/shop/kustomization.yaml
--- a/apps/shop/kustomization.yaml
+++ b/apps/shop/kustomization.yaml
@@ -2,3 +2,3 @@
 images:
   - name: ghcr.io/acme/web
-    newTag: 1.0.0
+    newTag: 1.1.0
`;

/** One image that moves, and one of every other outcome. */
export const MIXED: CycleReport = report({
  applications: 3,
  items: [
    item({
      to: '1.1.0',
      outcome: 'update',
      rule: 'newest',
      reason: '1.1.0 is the newest of 3 that ^1.0 allows',
      notes: ['downgrade: not comparable'],
    }),
    item({ alias: 'cache', image: 'redis' }),
    item({
      application: 'argocd/jobs',
      alias: 'ghcr.io/acme/jobs',
      image: 'ghcr.io/acme/jobs',
      from: '2.0.0',
      to: '1.9.0',
      outcome: 'held',
      rule: 'downgrade',
      reason: '1.9.0 is the newest of 2, but older than 2.0.0 in Git',
    }),
    item({
      application: 'argocd/api',
      alias: 'api',
      image: 'ghcr.io/acme/api',
      from: null,
      to: null,
      outcome: 'none',
      rule: 'not-used',
      reason: 'nothing in apps/api uses it',
      target: null,
      statedIn: null,
    }),
    item({
      application: 'argocd/api',
      alias: 'db',
      image: 'down.example/db',
      to: null,
      outcome: 'failed',
      rule: 'REGISTRY_UNREACHABLE',
      reason: 'connect ECONNREFUSED',
    }),
  ],
  files: [{ repoURL: REPO, branch: 'main', path: 'apps/shop/kustomization.yaml', diff: DIFF }],
  failures: [
    {
      code: 'REGISTRY_UNREACHABLE',
      object: 'argocd/api db',
      message: 'connect ECONNREFUSED',
      fix: 'check that the registry down.example runs',
    },
  ],
  warnings: [
    { code: 'CONFIG_UNKNOWN_KEY', object: 'argocd/api', message: 'unknown key "sugest"', fix: 'write "suggest"' },
  ],
});
