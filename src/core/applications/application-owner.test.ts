import { describe, expect, test } from 'vitest';
import type { FieldPath } from '../field-path.ts';
import { generatingSet, managingApplication, objectionOfParent, objectionOfSet } from './application-owner.ts';

const IMAGES: FieldPath = ['spec', 'source', 'kustomize', 'images'];
const OF_MANY: FieldPath = ['spec', 'sources', 1, 'helm', 'parameters'];

function application(metadata: object = {}) {
  return { metadata: { namespace: 'argocd', name: 'shop', ...metadata } };
}

describe('who generates an Application', () => {
  const owner = (kind: string) => ({ apiVersion: 'argoproj.io/v1alpha1', kind, name: 'all', uid: '1' });
  for (const [references, expected] of [
    [undefined, undefined],
    [[owner('AppProject')], undefined],
    [[owner('AppProject'), owner('ApplicationSet')], { namespace: 'argocd', name: 'all' }],
  ] as const) {
    test(JSON.stringify(references), () => {
      expect(generatingSet(application({ ownerReferences: references }))).toEqual(expected);
    });
  }
});

describe('who holds its manifest', () => {
  for (const [what, metadata, expected] of [
    ['nothing tells', {}, undefined],
    [
      'the annotation',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'apps:argoproj.io/Application:argocd/shop' } },
      'argocd/apps',
    ],
    [
      'elsewhere',
      { annotations: { 'argocd.argoproj.io/tracking-id': 'team_apps:argoproj.io/Application:x/shop' } },
      'team/apps',
    ],
    ['a label', { labels: { 'app.kubernetes.io/instance': 'apps' } }, 'argocd/apps'],
    ['its own name', { labels: { 'app.kubernetes.io/instance': 'shop' } }, undefined],
  ] as const) {
    test(what, () => {
      const found = managingApplication(application(metadata), 'argocd');
      expect(found && `${found.namespace}/${found.name}`).toBe(expected);
    });
  }
});

describe('whether an ApplicationSet would set a field back', () => {
  const ignore = (...entries: object[]) => ({ ignoreApplicationDifferences: entries });
  for (const [what, spec, field, reverts] of [
    ['nothing is ignored', {}, IMAGES, true],
    ['it only creates', { syncPolicy: { applicationsSync: 'create-only' } }, IMAGES, false],
    ['it creates and deletes', { syncPolicy: { applicationsSync: 'create-delete' } }, IMAGES, false],
    ['it creates and updates', { syncPolicy: { applicationsSync: 'create-update' } }, IMAGES, true],
    ['the field', ignore({ jsonPointers: ['/spec/source/kustomize/images'] }), IMAGES, false],
    ['above it', ignore({ jsonPointers: ['/spec/source'] }), IMAGES, false],
    ['another field', ignore({ jsonPointers: ['/spec/source/kustomize/namePrefix'] }), IMAGES, true],
    ['for this one', ignore({ name: 'shop', jsonPointers: ['/spec/source'] }), IMAGES, false],
    ['for another one', ignore({ name: 'blog', jsonPointers: ['/spec/source'] }), IMAGES, true],
    ['jq', ignore({ jqPathExpressions: ['.spec.source.kustomize.images'] }), IMAGES, false],
    ['jq, every source', ignore({ jqPathExpressions: ['.spec.sources[].helm.parameters'] }), OF_MANY, false],
    ['jq, another source', ignore({ jqPathExpressions: ['.spec.sources[0].helm'] }), OF_MANY, true],
    [
      'jq, a part',
      ignore({ jqPathExpressions: ['.spec.sources[1].helm.parameters[] | select(.name == "tag")'] }),
      OF_MANY,
      false,
    ],
    ['jq, nothing plain', ignore({ jqPathExpressions: ['del(.spec)'] }), IMAGES, true],
  ] as const) {
    test(what, () => {
      const set = { metadata: { namespace: 'argocd', name: 'all' }, spec };
      const objection = objectionOfSet(set, application(), field);
      expect(objection?.code).toBe(reverts ? 'APPLICATION_MANAGED' : undefined);
      if (reverts && field === IMAGES) {
        expect(objection?.message).toBe(
          'the ApplicationSet argocd/all generates it, and would set spec.source.kustomize.images back',
        );
      }
    });
  }
});

describe('whether an Application of Applications would set a field back', () => {
  const declaring = (spec: object) => ({
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec }) },
  });
  const declared = declaring({ source: { kustomize: { images: ['web:1'] } } });
  const HEALS = { syncPolicy: { automated: { selfHeal: true } } };
  const about = (entry: object) => ({
    ...HEALS,
    ignoreDifferences: [{ group: 'argoproj.io', kind: 'Application', ...entry }],
  });
  const LISTED = { group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'shop' };
  for (const [what, spec, metadata, field, reverts] of [
    ['the manifest has the field', HEALS, declared, IMAGES, true],
    ['the manifest leaves it out', HEALS, declaring({ source: { kustomize: {} } }), IMAGES, false],
    ['the manifest has the list of sources', HEALS, declaring({ sources: [{}, {}] }), OF_MANY, true],
    ['no copy of the manifest tells', HEALS, {}, IMAGES, false],
    [
      'a copy that is no JSON',
      HEALS,
      { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{' } },
      IMAGES,
      false,
    ],
    ['it does not heal', { syncPolicy: { automated: {} } }, declared, IMAGES, false],
    ['it is switched off', { syncPolicy: { automated: { selfHeal: true, enabled: false } } }, declared, IMAGES, false],
    ['it ignores the field', about({ jsonPointers: ['/spec/source/kustomize'] }), declared, IMAGES, false],
    ['it ignores it elsewhere', about({ name: 'blog', jsonPointers: ['/spec/source'] }), declared, IMAGES, true],
  ] as const) {
    test(what, () => {
      const parent = { metadata: { namespace: 'argocd', name: 'apps' }, spec, status: { resources: [LISTED] } };
      const objection = objectionOfParent(parent, application(metadata), field);
      expect(objection?.code).toBe(reverts ? 'APPLICATION_MANAGED' : undefined);
    });
  }

  test('a label of that name says nothing where the other one does not list it', () => {
    const parent = { metadata: { namespace: 'argocd', name: 'apps' }, spec: HEALS, status: { resources: [] } };
    expect(objectionOfParent(parent, application(declared), IMAGES)).toBeUndefined();
  });
});
