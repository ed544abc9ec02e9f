import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAB_ENV, type Lab, openLab } from '../support/git-lab.ts';
import { runTiphys } from '../support/world.ts';
import { KUBE_TOOLS, type Kube, type Rule, startKube } from './kube.ts';
import { type Act, operation, type Script, settledAt, stage } from './scripted-application.ts';
import { lacking } from './tools.ts';

const OLD = '0'.repeat(40);
const OURS = '1'.repeat(40);
const NEWER = '2'.repeat(40);
const lacks = lacking(...KUBE_TOOLS);

/** All that a wait needs. */
const RULES: readonly Rule[] = [{ apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'patch'] }];
/** What tells more of why something is degraded. */
const READ_PODS: readonly Rule[] = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: ['list'] },
];

const OUT = (revision: string) => ({ sync: { status: 'OutOfSync', revision } });
const AUTOMATED = { syncPolicy: { automated: {} } };

describe.skipIf(lacks !== '')(`tiphys wait, on a real API server ${lacks}`, () => {
  let kube: Kube;
  let lab: Lab;
  beforeAll(async () => {
    [kube, lab] = await Promise.all([startKube(), openLab()]);
    for (const name of ['argocd', 'shop']) await kube.createNamespace(name);
    await kube.allow('argocd', 'waiter', RULES);
    await kube.allow('argocd', 'stranger', []);
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await kube?.[Symbol.asyncDispose]();
  });

  async function wait(args: readonly string[], account = 'waiter', env: Readonly<Record<string, string>> = {}) {
    const all = { ...LAB_ENV, HOME: lab.folder, KUBECONFIG: await kube.kubeconfigFor('argocd', account) };
    const state = ['--state-dir', join(lab.folder, 'waits')];
    return await runTiphys(['wait', ...args, ...state], lab.folder, { ...all, ...env });
  }

  /** Waits for the Application of the script while that is played. */
  async function played(script: Script, args: readonly string[], account?: string) {
    const perform = await stage(kube, { spec: AUTOMATED, status: settledAt(OLD), ...script });
    const [ended, requested] = await Promise.all([wait([script.name, ...args], account), perform()]);
    return { ...ended, requested };
  }

  const commit = ['--commit', OURS, '--timeout', '240s'];

  for (const [what, acts, args, code, says] of [
    [
      'an automated rollout',
      [
        { refreshed: OUT(OURS) },
        { status: { ...OUT(OURS), ...operation('Running', OURS) } },
        { status: settledAt(OURS, { health: { status: 'Progressing' } }) },
        { status: operation('Succeeded', OURS, { finishedAt: '2026-01-01T00:40:00Z' }) },
        { status: settledAt(OURS) },
      ],
      [],
      0,
      /synced and healthy at 1{40}/,
    ],
    [
      'a sync that fails',
      [
        { refreshed: OUT(OURS) },
        {
          status: operation('Failed', OURS, {
            ...{ message: 'one or more objects failed to apply', finishedAt: '2026-01-01T00:40:00Z' },
            syncResult: {
              ...{ revision: OURS, source: { repoURL: 'https://x' } },
              resources: [
                {
                  ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
                  ...{ status: 'SyncFailed', message: 'spec.replicas: Invalid value' },
                },
              ],
            },
          }),
        },
      ],
      [],
      1,
      /its sync failed: one or more[\s\S]*Deployment shop\/web \(SyncFailed\)\n {4}spec.replicas: Invalid value/,
    ],
    [
      'manifests that cannot be made',
      [
        {
          refreshed: {
            sync: { status: 'Unknown' },
            conditions: [{ type: 'ComparisonError', message: 'kustomize build failed' }],
          },
        },
      ],
      ['--grace', '1s'],
      1,
      /ComparisonError: kustomize build failed/,
    ],
    [
      'somebody commits later, and nobody can tell',
      [{ refreshed: settledAt(NEWER) }],
      ['--grace', '1s'],
      2,
      /REVISION_UNKNOWN[\s\S]*--repo/,
    ],
    ['time is over', [{ refreshed: OUT(OURS) }], ['--timeout', '15s'], 3, /time is over after \S+: it is OutOfSync/],
    ['it is deleted', [{ refreshed: OUT(OURS) }, 'deleted'], [], 1, /it was deleted/],
    [
      'an image that another commit has set',
      [{ refreshed: settledAt(OURS, { summary: { images: ['registry.example/web:3'] } }) }],
      ['--image', 'registry.example/web:2', '--grace', '1s'],
      1,
      /does not run registry.example\/web:2: it runs 3/,
    ],
    [
      'a hydrated source',
      [
        {
          refreshed: {
            sync: { status: 'Synced', revision: NEWER },
            sourceHydrator: { currentOperation: hydration('Hydrated') },
          },
        },
        { status: { sourceHydrator: { lastSuccessfulOperation: hydrated } } },
      ],
      [],
      0,
      /synced and healthy/,
    ],
  ] as const) {
    test(`${what}: ${code}`, async () => {
      const name = what.replaceAll(/[^a-z]+/g, '-');
      const spec = what === 'a hydrated source' ? { spec: { ...AUTOMATED, sourceHydrator: HYDRATOR } } : {};
      const ended = await played({ name, acts, ...spec }, [...commit, ...args]);
      expect(ended.stdout + ended.stderr).toMatch(says);
      expect(ended.code).toBe(code);
    });
  }

  test('a later commit counts where the repository is known', async () => {
    const repository = await lab.createRepository('deploy.git', { files: new Map([['a', 'a']]) });
    const ours = await lab.git(repository, 'rev-parse', 'main');
    const newer = await lab.commit(repository, { a: 'b' });
    const aside = await lab.commit(repository, { a: 'c' }, { branch: 'aside', from: ours });
    const source = { repoURL: 'https://git.example/deploy', path: 'web', targetRevision: 'main' };
    const script = { name: 'ancestor', spec: { ...AUTOMATED, source }, acts: [{ refreshed: settledAt(newer) }] };
    const args = ['--repo', repository.url, '--timeout', '240s'];
    expect(await played(script, ['--commit', ours.slice(0, 12), ...args])).toMatchObject({ code: 0 });
    const late = await played({ ...script, name: 'elsewhere' }, ['--commit', aside, ...args, '--timeout', '15s']);
    expect(late).toMatchObject({ code: 3, stdout: expect.stringContaining(`wanted ${aside.slice(0, 12)}`) });
  });

  test('a sync is asked for as the Application would have it, after that of somebody else', async () => {
    const syncPolicy = { syncOptions: ['CreateNamespace=true'], retry: { limit: 2 } };
    const done = settledAt(OURS, operation('Succeeded', OURS, { finishedAt: '2026-01-01T00:50:00Z' }));
    const theirs = { status: { ...OUT(OURS), ...operation('Running', OLD) } };
    const theirEnd = { status: operation('Succeeded', OLD, { finishedAt: '2026-01-01T00:40:00Z' }) };
    // It goes on for far longer than the pause between two looks.
    const acts = [theirs, { refreshed: OUT(OURS) }, ...Array(15).fill(theirs), theirEnd, { operated: done }];
    const { code, stderr, requested } = await played({ name: 'by-hand', spec: { syncPolicy }, acts }, [
      ...commit,
      '--sync',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('a sync is running') });
    expect(requested).toEqual([
      {
        initiatedBy: { username: 'tiphys' },
        info: [{ name: 'tiphys wait', value: expect.any(String) }],
        retry: { limit: 2 },
        sync: { prune: false, syncOptions: ['CreateNamespace=true'] },
      },
    ]);
  });

  test('what is degraded is told with its Pods, as far as these may be read', async () => {
    await kube.apply(...WORKLOAD);
    const pods = '/api/v1/namespaces/shop/pods/web-1/status';
    await kube.admin('PATCH', pods, { status: CRASHING }, 'application/merge-patch+json');
    await kube.admin('POST', '/api/v1/namespaces/shop/events', BACK_OFF);
    const resources = [
      { ...DEPLOYMENT, namespace: 'shop', name: 'web', health: { status: 'Degraded', message: 'late' } },
    ];
    const degraded = settledAt(OURS, { health: { status: 'Degraded' }, resources });
    const args = [...commit, '--grace', '1s'];
    const blind = await played({ name: 'degraded', acts: [{ refreshed: degraded }] }, args);
    expect(blind.code).toBe(1);
    expect(blind.stdout).toMatch(/it is Degraded\n {2}Deployment shop\/web \(Degraded\)\n {4}late/);
    expect(blind.stdout).toContain('may not get deployments (apps) in namespace shop; grant it by');
    await kube.allow('argocd', 'reader', RULES);
    await kube.allow('argocd', 'reader', READ_PODS, 'shop');
    const seeing = await wait(['degraded', ...commit, '--grace', '0s', '--timeout', '15s', '-o', 'json'], 'reader');
    expect(seeing.code).toBe(3); // Nobody takes the refresh away here.
    expect(JSON.parse(seeing.stdout)).toMatchObject([
      {
        application: 'argocd/degraded',
        outcome: 'timed-out',
        troubles: [
          { resource: 'Deployment shop/web', state: 'Degraded', reasons: ['late'] },
          {
            resource: 'Pod shop/web-1',
            state: 'Running',
            reasons: [
              'container web: CrashLoopBackOff: back-off 10s; last ended: Error, exit code 3: no database',
              'BackOff: Back-off restarting failed container',
            ],
          },
        ],
      },
    ]);
  });

  test('whatever was in between, and in whichever order, the end decides', async () => {
    const over = { finishedAt: '2026-01-01T00:40:00Z' };
    const between: readonly Act[] = [
      { refreshed: OUT(OURS) },
      { status: { ...OUT(OURS), ...operation('Running', OURS, { finishedAt: null }) } },
      { status: settledAt(OURS, { health: { status: 'Degraded' } }) },
      { status: { ...settledAt(NEWER), ...operation('Succeeded', NEWER, over) } },
    ];
    const ends = {
      done: settledAt(OURS, operation('Succeeded', OURS, over)),
      degraded: settledAt(OURS, { health: { status: 'Degraded' }, ...operation('Succeeded', OURS, over) }),
      failed: { ...OUT(OURS), ...operation('Failed', OURS, { ...over, message: 'cannot be applied' }) },
    };
    const scripts = ordersOf(between).flatMap((acts, index) =>
      Object.entries(ends).map(([end, status]): Script => {
        const common = { spec: AUTOMATED, labels: { order: 'any' }, status: settledAt(OLD) };
        return { name: `${end}-${index}`, ...common, acts: [...acts, { status }] };
      }),
    );
    const performs = await Promise.all(scripts.map((script) => stage(kube, script)));
    await kube.allow('argocd', 'lister', [{ ...RULES[0], verbs: ['get', 'list', 'patch'] }] as readonly Rule[]);
    const args = ['-l', 'order=any', ...commit, '--grace', '20s', '-o', 'json'];
    const waiting = wait(args, 'lister');
    const [ended] = await Promise.all([waiting, ...performs.map((perform) => perform(waiting))]);
    const outcomes: { application: string; outcome: string; reason: string }[] = JSON.parse(ended.stdout);
    const told = outcomes.map(({ application, outcome, reason }) => `${application} ${outcome} ${reason}`);
    expect(told).toHaveLength(scripts.length);
    const ways = [
      'done-\\d+ done null',
      'degraded-\\d+ failed it is Degraded',
      'failed-\\d+ failed its sync failed: .*',
    ];
    for (const line of told) expect(line).toMatch(new RegExp(`^argocd/(${ways.join('|')})$`));
    expect(ended.code).toBe(1);
  });

  test('several, by their labels', async () => {
    const labels = { team: 'shop' };
    const script = (name: string) => {
      return { name, labels, status: settledAt(OURS), acts: [{ refreshed: settledAt(OURS) }] };
    };
    const performs = [await stage(kube, script('one')), await stage(kube, script('two'))];
    await kube.allow('argocd', 'lister', [{ ...RULES[0], verbs: ['get', 'list', 'patch'] }] as readonly Rule[]);
    const [ended] = await Promise.all([
      wait(['-l', 'team=shop'], 'lister', { TIPHYS_COMMIT: OURS }),
      ...performs.map((perform) => perform()),
    ]);
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/argocd\/one: synced[\s\S]*argocd\/two: synced/),
    });
    expect(await wait(['-l', 'team=none'], 'lister')).toMatchObject({ code: 2 });
  });

  test('what cannot be asked', async () => {
    expect(await wait(['nobody'])).toMatchObject({ code: 2, stderr: expect.stringContaining('APPLICATION_GONE') });
    expect(await wait(['nobody'], 'stranger')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('resources: ["applications"], verbs: ["get"]') },
    });
    expect(await wait(['a', '--commit', 'main'])).toMatchObject({ code: 2 });
    expect(await wait(['a'], 'waiter', { TIPHYS_COMMIT: 'main' })).toMatchObject({ code: 2 });
  });
});

function ordersOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  if (all.length <= 1) return [all];
  return all.flatMap((first, at) => ordersOf(all.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

const HYDRATOR = {
  drySource: { repoURL: 'https://git.example/deploy', path: 'web', targetRevision: 'main' },
  syncSource: { targetBranch: 'env/prod', path: 'web' },
};

const hydrated = { drySHA: OURS, hydratedSHA: NEWER, sourceHydrator: HYDRATOR };

function hydration(phase: string) {
  return { phase, message: '', startedAt: '2026-01-01T00:30:00Z', ...hydrated };
}

const DEPLOYMENT = { group: 'apps', version: 'v1', kind: 'Deployment' };
const LABELS = { app: 'web' };
const CONTAINERS = { containers: [{ name: 'web', image: 'registry.example/web:2' }] };
const WORKLOAD = [
  {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'shop', name: 'web' } },
    spec: { selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS }, spec: CONTAINERS } },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'shop', name: 'default' } },
  { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'shop', name: 'web-1', labels: LABELS }, spec: CONTAINERS },
];
const ENDED = { exitCode: 3, reason: 'Error', message: 'no database' };
const CRASHING = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False' }],
  containerStatuses: [
    {
      ...{ name: 'web', image: 'x', imageID: 'x', ready: false, restartCount: 3, lastState: { terminated: ENDED } },
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } },
    },
  ],
};
const BACK_OFF = {
  metadata: { namespace: 'shop', generateName: 'web-1.' },
  involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web-1' },
  ...{
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off restarting failed container',
    reportingComponent: 'kubelet',
  },
  ...{ firstTimestamp: '2026-01-01T00:30:00Z', lastTimestamp: '2026-01-01T00:30:00Z', count: 1 },
};
