import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { item, MIXED, report } from '../../../test/support/sample-report.ts';
import { explanationDocument, planDocument, renderJson, renderYaml } from './documents.ts';

test('the plan has the keys of the contract, in its order', () => {
  expect(JSON.stringify(planDocument(MIXED), null, 1)).toMatchInlineSnapshot(`
    "{
     "apiVersion": "tiphys.dev/v1alpha1",
     "kind": "Plan",
     "items": [
      {
       "application": "argocd/shop",
       "alias": "web",
       "image": "ghcr.io/acme/web",
       "strategy": "semver",
       "from": "1.0.0",
       "to": "1.1.0",
       "outcome": "update",
       "rule": "newest",
       "reason": "1.1.0 is the newest of 3 that ^1.0 allows",
       "target": {
        "kind": "kustomization",
        "repoURL": "https://git.example/gitops.git",
        "branch": "main",
        "path": "apps/shop/kustomization.yaml",
        "credential": "the Secret argocd/shop",
        "writeBranch": null
       },
       "pullRequest": null
      },
      {
       "application": "argocd/shop",
       "alias": "cache",
       "image": "redis",
       "strategy": "semver",
       "from": "1.0.0",
       "to": "1.0.0",
       "outcome": "current",
       "rule": "current",
       "reason": "1.0.0 is the newest of 3, and Git says so already",
       "target": {
        "kind": "kustomization",
        "repoURL": "https://git.example/gitops.git",
        "branch": "main",
        "path": "apps/shop/kustomization.yaml",
        "credential": "the Secret argocd/shop",
        "writeBranch": null
       },
       "pullRequest": null
      },
      {
       "application": "argocd/jobs",
       "alias": "ghcr.io/acme/jobs",
       "image": "ghcr.io/acme/jobs",
       "strategy": "semver",
       "from": "2.0.0",
       "to": "1.9.0",
       "outcome": "held",
       "rule": "downgrade",
       "reason": "1.9.0 is the newest of 2, but older than 2.0.0 in Git",
       "target": {
        "kind": "kustomization",
        "repoURL": "https://git.example/gitops.git",
        "branch": "main",
        "path": "apps/shop/kustomization.yaml",
        "credential": "the Secret argocd/shop",
        "writeBranch": null
       },
       "pullRequest": null
      },
      {
       "application": "argocd/api",
       "alias": "api",
       "image": "ghcr.io/acme/api",
       "strategy": "semver",
       "from": null,
       "to": null,
       "outcome": "none",
       "rule": "not-used",
       "reason": "nothing in apps/api uses it",
       "target": null,
       "pullRequest": null
      },
      {
       "application": "argocd/api",
       "alias": "db",
       "image": "down.example/db",
       "strategy": "semver",
       "from": "1.0.0",
       "to": null,
       "outcome": "failed",
       "rule": "REGISTRY_UNREACHABLE",
       "reason": "connect ECONNREFUSED",
       "target": {
        "kind": "kustomization",
        "repoURL": "https://git.example/gitops.git",
        "branch": "main",
        "path": "apps/shop/kustomization.yaml",
        "credential": "the Secret argocd/shop",
        "writeBranch": null
       },
       "pullRequest": null
      }
     ],
     "files": [
      {
       "repoURL": "https://git.example/gitops.git",
       "branch": "main",
       "path": "apps/shop/kustomization.yaml",
       "diff": "diff --git a/apps/shop/kustomization.yaml b/apps/shop/kustomization.yaml\\n--- a/apps/shop/kustomization.yaml\\n+++ b/apps/shop/kustomization.yaml\\n@@ -2,3 +2,3 @@\\n images:\\n   - name: ghcr.io/acme/web\\n-    newTag: 1.0.0\\n+    newTag: 1.1.0\\n"
      }
     ],
     "failures": [
      {
       "code": "REGISTRY_UNREACHABLE",
       "object": "argocd/api db",
       "message": "connect ECONNREFUSED",
       "fix": "check that the registry down.example runs"
      }
     ],
     "warnings": [
      {
       "code": "CONFIG_UNKNOWN_KEY",
       "object": "argocd/api",
       "message": "unknown key \\"sugest\\"",
       "fix": "write \\"suggest\\""
      }
     ],
     "pullRequests": [],
     "patches": []
    }"
  `);
});

test('the explanation has the keys of the contract, in its order', () => {
  const candidates = [{ tag: '1.0.0', verdict: 'chosen', rule: 'newest', reason: 'is the newest' }] as const;
  const policy = {
    rule: "the Application's annotations",
    passedOver: [{ rule: 'another', reason: 'is less specific' }],
  };
  expect(renderJson(explanationDocument([item({ candidates, policy })]))).toMatchInlineSnapshot(`
    "{
      "apiVersion": "tiphys.dev/v1alpha1",
      "kind": "Explanation",
      "items": [
        {
          "application": "argocd/shop",
          "alias": "web",
          "image": "ghcr.io/acme/web",
          "current": "1.0.0",
          "chosen": "1.0.0",
          "outcome": "current",
          "rule": "current",
          "reason": "1.0.0 is the newest of 3, and Git says so already",
          "candidates": [
            {
              "tag": "1.0.0",
              "verdict": "chosen",
              "rule": "newest",
              "reason": "is the newest"
            }
          ],
          "policy": {
            "rule": "the Application's annotations",
            "passedOver": [
              {
                "rule": "another",
                "reason": "is less specific"
              }
            ]
          },
          "sightings": [
            {
              "where": "apps/shop/kustomization.yaml",
              "says": [
                "1.0.0"
              ]
            }
          ]
        }
      ]
    }
    "
  `);
});

describe('what is written reads back the same', () => {
  const texts = fc.array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('\r', '\n', ' ', '\t', 'a', ':', '#', '-', '\u0085', '\u2028', '\u202e', '\u001b'),
      }),
    ),
  );
  const document = (words: readonly string[]) =>
    planDocument(report({ items: words.map((reason) => item({ reason })) }));

  test('as JSON', () => {
    fc.assert(
      fc.property(texts, (words) => {
        expect(JSON.parse(renderJson(document(words)))).toEqual(document(words));
      }),
    );
  });

  test('as YAML, by two parsers', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (words) => {
        const yaml = await renderYaml(document(words));
        expect(parse(yaml)).toEqual(document(words));
        expect(load(yaml)).toEqual(document(words));
      }),
    );
  });
});
