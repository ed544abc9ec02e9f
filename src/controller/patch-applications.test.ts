import { beforeEach, describe, expect, test } from 'vitest';
import { type MemoryApplications, memoryApplications } from '../../test/support/live-applications.ts';
import { targetImage, versionFrom } from '../../test/support/target-images.ts';
import { trackedImage } from '../../test/support/tracked.ts';
import { parseApplication } from '../core/objects/parse-application.ts';
import type { Untyped } from '../core/untyped.ts';
import type { ApplicationChange } from './items.ts';
import { patchApplications } from './patch-applications.ts';
import { patchMemory } from './patch-memory.ts';

const SIGNAL = new AbortController().signal;
const ID = 'argocd/shop';

function application(
  images: readonly string[],
  more: { readonly metadata?: object; readonly source?: object } = {},
): Untyped {
  const source = { repoURL: 'https://git.example/shop.git', path: 'web', ...more.source };
  return {
    metadata: { namespace: 'argocd', name: 'shop', ...more.metadata },
    spec: { source: { ...source, kustomize: { images: [...images] } } },
    status: { sourceType: 'Kustomize' },
  };
}

/** As a cycle decides it on this object. */
function change(object: Untyped, from: string, to: string, image = 'acme/web'): ApplicationChange {
  const read = parseApplication(object, '');
  if (!read.ok) throw new Error(read.problem);
  const [source] = read.value.sources;
  if (!source) throw new Error('no source');
  const wanted = targetImage(image, { source });
  const stated = versionFrom(from);
  const target = { kind: 'application', application: ID, path: 'spec.source.kustomize.images' } as const;
  return {
    tracked: { ...trackedImage('shop', image, wanted), application: read.value },
    place: {
      target,
      sourceIndex: 0,
      wanted,
      stated,
      knowledge: { used: true, version: stated, statedIn: '', sightings: [] },
    },
    ...{ target, wanted, stated, from: stated, to: versionFrom(to) },
  };
}

const START = application(['acme/web:1', 'acme/db:1']);
let live: MemoryApplications;
let memory = patchMemory();

async function patch(changes: readonly ApplicationChange[], dryRun = false) {
  const patcher = { applications: live, argocdNamespace: 'argocd', memory, dryRun };
  const { fates, failed, patches } = await patchApplications(changes, patcher, SIGNAL);
  const fateOf = (change: ApplicationChange) => {
    const fate = fates.get(change);
    if (fate?.kind === 'refused') return fate.problem.code;
    return fate?.kind === 'superseded' ? `now ${fate.says}` : (fate?.kind ?? failed.get(change)?.code);
  };
  return { fates: changes.map(fateOf), diffs: patches.map(({ diff }) => diff) };
}

const imagesNow = () => Object(live.objects.get(ID)?.['spec']).source.kustomize.images;

beforeEach(() => {
  live = memoryApplications({ [ID]: START });
  memory = patchMemory();
});

test('all images of an Application go into one patch', async () => {
  const { fates, diffs } = await patch([change(START, '1', '2'), change(START, '1', '3', 'acme/db')]);
  expect(fates).toEqual(['applied', 'applied']);
  expect(imagesNow()).toEqual(['acme/web:2', 'acme/db:3']);
  expect(live.patched).toEqual([ID]);
  expect(diffs[0]?.split('\n').slice(4)).toEqual([
    '-- acme/web:1',
    '-- acme/db:1',
    '+- acme/web:2',
    '+- acme/db:3',
    '',
  ]);
});

test('a dry run writes nothing, and says the same', async () => {
  const { fates, diffs } = await patch([change(START, '1', '2')], true);
  expect(fates).toEqual(['applied']);
  expect(diffs).toHaveLength(1);
  expect(live.patched).toEqual([]);
});

describe('what others did meanwhile', () => {
  for (const [what, now, expected] of [
    ['they wrote the same', application(['acme/web:2']), 'void'],
    ['they wrote another version', application(['acme/web:1.5']), 'now 1.5'],
    ['they took it out', application([]), 'now nothing'],
    ['they moved the source', application(['acme/web:1'], { source: { path: 'elsewhere' } }), 'now another source'],
    ['they added others', application(['acme/new:1', 'acme/web:1']), 'applied'],
  ] as const) {
    test(what, async () => {
      live.objects.set(ID, now);
      expect((await patch([change(START, '1', '2')])).fates).toEqual([expected]);
    });
  }

  test('a patch that comes too late is worked out again on what is there then', async () => {
    live.beforePatch = () => {
      live.objects.set(ID, application(['acme/new:1', 'acme/web:1']));
      return undefined;
    };
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['applied']);
    expect(imagesNow()).toEqual(['acme/new:1', 'acme/web:2']);
  });

  test('when it comes too late each time, the next cycle decides', async () => {
    live.beforePatch = () => ({ kind: 'test-failed' });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['now something else each time']);
  });

  test('the Application is gone', async () => {
    live.objects.delete(ID);
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_GONE']);
    live.objects.set(ID, START);
    live.beforePatch = () => ({ kind: 'gone' });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_GONE']);
  });

  test('the API server says no', async () => {
    live.beforePatch = () => ({ kind: 'refused', reason: 'policy says no' });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_REFUSED']);
  });
});

describe('what another controller would set back is not written', () => {
  const owned = {
    metadata: { ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'all' }] },
  };

  test('an ApplicationSet that may be read', async () => {
    live.objects.set(ID, application(['acme/web:1'], owned));
    live.sets.set('argocd/all', { metadata: { namespace: 'argocd', name: 'all' }, spec: {} });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_MANAGED']);
    expect(live.patched).toEqual([]);
  });

  test('one that may not: once, until it is seen to be undone', async () => {
    live.objects.set(ID, application(['acme/web:1'], owned));
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['applied']);
    live.objects.set(ID, application(['acme/web:1'], owned));
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_SET_BACK']);
    expect((await patch([change(START, '1', '3')])).fates).toEqual(['applied']);
    expect(live.patched).toHaveLength(2);
  });

  test('a field that the API server does not know: once', async () => {
    live.beforePatch = () => {
      live.patched.push(ID);
      return { kind: 'patched', object: START };
    };
    expect(await patch([change(START, '1', '2')])).toEqual({ fates: ['APPLICATION_REFUSED'], diffs: [] });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_REFUSED']);
    expect(live.patched).toHaveLength(1);
  });

  test('an Application of Applications', async () => {
    const metadata = {
      annotations: {
        'argocd.argoproj.io/tracking-id': 'apps:argoproj.io/Application:argocd/shop',
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(START),
      },
    };
    live.objects.set(ID, application(['acme/web:1'], { metadata }));
    live.objects.set('argocd/apps', {
      metadata: { namespace: 'argocd', name: 'apps' },
      spec: { syncPolicy: { automated: { selfHeal: true } } },
      status: { resources: [{ group: 'argoproj.io', kind: 'Application', namespace: 'argocd', name: 'shop' }] },
    });
    expect((await patch([change(START, '1', '2')])).fates).toEqual(['APPLICATION_MANAGED']);
  });
});
