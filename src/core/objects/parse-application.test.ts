import { describe, expect, test } from 'vitest';
import { parseApplication } from './parse-application.ts';

const REPO = 'https://git.example.com/team/gitops.git';

function application(spec: unknown, more: object = {}): unknown {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'shop' }, spec, ...more };
}

function parse(object: unknown) {
  const result = parseApplication(object, 'argocd');
  if (!result.ok) throw new Error(result.problem);
  return result.value;
}

describe('parseApplication', () => {
  test('fills in what Argo CD fills in', () => {
    expect(parse(application({ source: { repoURL: REPO, path: 'apps/shop' } }))).toEqual({
      namespace: 'argocd',
      name: 'shop',
      project: 'default',
      labels: {},
      annotations: {},
      sources: [{ repoURL: REPO, path: 'apps/shop', targetRevision: '', plugin: false, directory: false }],
      multiSource: false,
      status: { sourceTypes: [], images: [] },
    });
  });

  test('reads metadata, project, status and the tool blocks', () => {
    const read = parse({
      metadata: { name: 'shop', namespace: 'team-a', labels: { tier: 'web' }, annotations: { a: 'b', n: 1 } },
      spec: {
        project: 'shop',
        source: {
          repoURL: REPO,
          path: './charts//shop/',
          targetRevision: 'main',
          helm: {
            valueFiles: ['values-prod.yaml'],
            values: 'replicas: 1',
            valuesObject: { replicas: 2 },
            parameters: [{ name: 'image.tag', value: 1.5, forceString: true }, { name: 'debug' }],
          },
        },
      },
      status: { sourceType: 'Helm', summary: { images: ['nginx:1.25'] } },
    });
    expect(read).toMatchObject({
      namespace: 'team-a',
      project: 'shop',
      labels: { tier: 'web' },
      annotations: { a: 'b', n: '1' },
      status: { sourceTypes: ['Helm'], images: ['nginx:1.25'] },
    });
    expect(read.sources[0]).toMatchObject({
      path: 'charts/shop',
      targetRevision: 'main',
      helm: {
        valueFiles: ['values-prod.yaml'],
        values: '{"replicas":2}',
        parameters: [
          { name: 'image.tag', value: '1.5', forceString: true },
          { name: 'debug', value: '', forceString: false },
        ],
      },
    });
  });

  test('the images that the last sync applied, each once', () => {
    const resources = [{ kind: 'CronJob', images: ['a:1', 'b:2'] }, { kind: 'Service' }, { images: ['a:1'] }];
    const status = { operationState: { syncResult: { resources } } };
    const read = parse(application({ source: { repoURL: REPO, path: 'a' } }, { status }));
    expect(read.status).toEqual({ sourceTypes: [], images: [], appliedImages: ['a:1', 'b:2'] });
  });

  test('what the last sync took away is not applied', () => {
    const resources = [
      { images: ['a:1'], status: 'Pruned' },
      { images: ['b:2'], status: 'PruneSkipped' },
    ];
    const status = { operationState: { syncResult: { resources } } };
    expect(parse(application({ source: { repoURL: REPO, path: 'a' } }, { status })).status.appliedImages).toEqual([
      'b:2',
    ]);
  });

  for (const [why, sync, inPart] of [
    ['a whole sync', { syncOptions: ['CreateNamespace=true'] }, undefined],
    ['chosen resources', { resources: [{ kind: 'Deployment', name: 'web' }] }, true],
    ['what is in sync is left out', { syncOptions: ['ApplyOutOfSyncOnly=true'] }, true],
  ] as const) {
    test(`the last sync in part: ${why}`, () => {
      const status = { operationState: { operation: { sync } } };
      const read = parse(application({ source: { repoURL: REPO, path: 'a' } }, { status }));
      expect(read.status.appliedInPart).toBe(inPart);
    });
  }

  test('a list of sources hides the single source, and the hydrator hides both', () => {
    const source = { repoURL: REPO, path: 'single' };
    const sources = [
      { repoURL: 'https://charts.example.com', chart: 'shop', targetRevision: '2.*' },
      { repoURL: REPO, ref: 'cfg' },
      { repoURL: REPO, path: '.', kustomize: { images: ['a:1'] }, name: 'base' },
    ];
    const multi = parse(
      application({ source, sources }, { status: { sourceTypes: ['Helm', 'Directory', 'Kustomize'] } }),
    );
    expect(multi.multiSource).toBe(true);
    expect(multi.status.sourceTypes).toEqual(['Helm', 'Directory', 'Kustomize']);
    expect(multi.sources).toMatchObject([
      { chart: 'shop' },
      { ref: 'cfg' },
      { path: '', kustomize: { images: ['a:1'] } },
    ]);
    expect(multi.sources[1]).not.toHaveProperty('path');

    const hydrated = parse(
      application({ source, sources, sourceHydrator: { drySource: { repoURL: REPO, path: 'dry' } } }),
    );
    expect(hydrated).toMatchObject({ multiSource: false, isHydrated: true });
    expect(hydrated.sources).toMatchObject([{ path: 'dry' }]);
  });

  test('an empty list of sources hides nothing', () => {
    expect(parse(application({ source: { repoURL: REPO, path: 'a' }, sources: [] })).multiSource).toBe(false);
  });

  test('one unknown source type makes all of them worthless', () => {
    const sources = [
      { repoURL: REPO, path: 'a' },
      { repoURL: REPO, path: 'b' },
    ];
    const read = parse(application({ sources }, { status: { sourceTypes: ['Helm', ''] } }));
    expect(read.status.sourceTypes).toEqual([]);
  });

  for (const [what, object, problem] of [
    ['a list', [], 'no mapping'],
    ['nothing', null, 'no mapping'],
    ['no name', { spec: { source: { repoURL: REPO, path: 'a' } } }, 'metadata.name is missing'],
    ['a name with a slash', { metadata: { name: '../x' } }, 'metadata.name is not'],
    ['a name in upper case', { metadata: { name: 'Shop' } }, 'metadata.name is not'],
    ['a namespace with a dot', { metadata: { name: 'a', namespace: 'a.b' } }, 'metadata.namespace is not'],
    ['no spec', application(undefined), 'spec.source is missing'],
    ['a source that is text', application({ source: 'x' }), 'spec.source is missing'],
    ['a null among the sources', application({ sources: [null] }), 'spec.sources[0] is missing'],
    ['a hydrator without source', application({ sourceHydrator: {} }), 'spec.sourceHydrator.drySource is missing'],
    ['no repoURL', application({ source: { path: 'a' } }), 'spec.source: repoURL is missing'],
    ['no path and no chart', application({ source: { repoURL: REPO } }), 'path and chart are missing'],
    [
      'ref alone as the only source',
      application({ source: { repoURL: REPO, ref: 'x' } }),
      'path and chart are missing',
    ],
    ['an absolute path', application({ source: { repoURL: REPO, path: '/etc' } }), 'starts with a slash'],
    ['a path that leads out', application({ source: { repoURL: REPO, path: 'a/../../b' } }), 'leads out'],
  ] as const) {
    test(`${what} is refused`, () => {
      const result = parseApplication(object, 'argocd');
      expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
    });
  }
});
