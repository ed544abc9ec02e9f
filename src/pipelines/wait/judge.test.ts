import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseImageReference } from '../../core/reference.ts';
import { judge } from './judge.ts';
import { observe } from './observed-application.ts';
import type { Memory, Verdict, Wanted } from './verdict.ts';

const OLD = '0'.repeat(40);
const OURS = '1'.repeat(40);
const NEWER = '2'.repeat(40);
const GIT = 'https://git.example/deploy.git';
const REPOSITORY = 'registry.example/web';
const IMAGE = `${REPOSITORY}:2`;
const MARK = 'our-mark';

/** What a status says, short. */
interface State {
  readonly at?: string | readonly string[];
  readonly sync?: string;
  readonly health?: string;
  readonly images?: readonly string[];
  readonly refresh?: 'refresh' | 'hydrate';
  readonly requested?: boolean;
  readonly operation?: OperationState | undefined;
  readonly conditions?: Readonly<Record<string, string>>;
  readonly hydration?: Readonly<Record<string, object>>;
  readonly sources?: readonly object[];
  readonly automated?: object | null;
  readonly deleted?: true;
  readonly reconciledAt?: string;
}

interface OperationState {
  readonly phase: string;
  readonly at?: string;
  readonly began?: string;
  readonly ended?: string | null;
  readonly mark?: string;
  readonly message?: string;
  readonly retries?: number;
}

function object(state: State) {
  const { at = OURS, sync = 'Synced', health = 'Healthy', images = [IMAGE], operation, sources } = state;
  const revisions = typeof at === 'string' ? { revision: at } : { revisions: at };
  const { automated = {} } = state;
  const source = { repoURL: GIT, path: 'web', targetRevision: 'main' };
  const dry = { drySource: source, syncSource: { targetBranch: 'env' } };
  return {
    metadata: {
      annotations: state.refresh ? { [`argocd.argoproj.io/${state.refresh}`]: 'normal' } : {},
      ...(state.deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      ...(sources ? { sources } : state.hydration ? { sourceHydrator: dry } : { source }),
      syncPolicy: automated === null ? {} : { automated },
    },
    ...(state.requested ? { operation: { sync: {} } } : {}),
    status: {
      reconciledAt: state.reconciledAt ?? '2026-01-01T01:00:00Z',
      sync: { status: sync, ...revisions },
      health: { status: health },
      summary: { images },
      conditions: Object.entries(state.conditions ?? {}).map(([type, message]) => ({ type, message })),
      ...(state.hydration ? { sourceHydrator: state.hydration } : {}),
      ...(operation ? { operationState: operationState(operation) } : {}),
    },
  };
}

function operationState({ phase, at, began = '2026-01-01T00:30:00Z', ended, mark, message, retries }: OperationState) {
  const finishedAt = ended === undefined ? '2026-01-01T00:40:00Z' : ended;
  return {
    ...{ phase, message, startedAt: began, retryCount: retries },
    ...(finishedAt === null ? {} : { finishedAt }),
    operation: { sync: {}, info: mark === undefined ? [] : [{ name: 'tiphys wait', value: mark }] },
    syncResult: { revision: at },
  };
}

const wanting = (more: Partial<Wanted> = {}): Wanted => {
  return { commit: OURS, repoURL: undefined, images: [], syncMark: undefined, graceMs: 30_000, ...more };
};

/** After the first look, which asks for a refresh. */
const REFRESHED: Memory = { firstOperation: '', askedMs: { refresh: 0 } };

function verdictOf(state: State | undefined, wanted = wanting(), memory: Memory = REFRESHED, histories = {}): Verdict {
  const application = state && observe(object(state));
  const look = { application, nowMs: 100_000, histories: new Map(Object.entries<boolean>(histories)) };
  return judge(memory, look, wanted).verdict;
}

const image = (text: string) => {
  const read = parseImageReference(text);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
};

const DONE = { kind: 'done' };
const lacking = (lacks: string, reason = /./) => {
  return { kind: 'waiting', lacks, reason: expect.stringMatching(reason) };
};
const FAILED = (reason: RegExp) => ({ kind: 'failed', reason: expect.stringMatching(reason) });

describe('one look', () => {
  const running = { phase: 'Running', ended: null };
  const degraded: Memory = { ...REFRESHED, bad: { lacks: 'health', sinceMs: 60_000 } };
  const shortly: Memory = { ...REFRESHED, bad: { lacks: 'health', sinceMs: 90_000 } };
  for (const [what, state, expected, wanted, memory] of [
    ['there, healthy', {}, DONE],
    ['at the beginning of an object id', {}, DONE, wanting({ commit: OURS.slice(0, 8) })],
    ['at whatever Git says', { at: OLD }, DONE, wanting({ commit: undefined })],
    ['not refreshed yet', { refresh: 'refresh' }, lacking('refresh')],
    ['not hydrated yet', { refresh: 'hydrate' }, lacking('refresh')],
    ['being deleted', { deleted: true }, FAILED(/being deleted/)],
    ['gone', undefined, FAILED(/was deleted/)],
    ['a sync is asked for', { requested: true }, lacking('operation', /asked for/)],
    ['a sync is running', { operation: { ...running, message: 'hook' } }, lacking('operation', /running: hook/)],
    [
      'a sync waits for a window',
      { operation: { ...running, message: 'sync window' } },
      lacking('operation', /window/),
    ],
    ['a sync is tried again', { operation: { phase: 'Running', retries: 1 } }, lacking('operation', /retry 2/)],
    ['a sync is ended', { operation: { ...running, phase: 'Terminating' } }, lacking('operation', /terminated/)],
    [
      'a sync whose result is not compared',
      { operation: { phase: 'Succeeded', ended: '2026-01-01T02:00:00Z' } },
      lacking('refresh'),
    ],
    ['out of sync, to be synced', { sync: 'OutOfSync' }, lacking('sync', /^it is OutOfSync$/)],
    ['out of sync, by hand', { sync: 'OutOfSync', automated: null }, lacking('sync', /--sync/)],
    ['automation is off', { sync: 'OutOfSync', automated: { enabled: false } }, lacking('sync', /--sync/)],
    ['progressing', { health: 'Progressing' }, lacking('health', /Progressing/)],
    ['suspended', { health: 'Suspended' }, lacking('health', /Suspended/)],
    ['missing', { health: 'Missing' }, lacking('health', /Missing/)],
    ['degraded since now', { health: 'Degraded' }, lacking('health', /Degraded/)],
    ['degraded for a moment', { health: 'Degraded' }, lacking('health'), wanting(), shortly],
    ['degraded for long', { health: 'Degraded' }, FAILED(/Degraded/), wanting(), degraded],
    ['degraded of before', { health: 'Degraded', sync: 'OutOfSync' }, lacking('sync'), wanting(), degraded],
    ['bad of another kind before', { conditions: { ComparisonError: 'x' } }, lacking('manifests'), wanting(), degraded],
    ['no grace', { health: 'Degraded' }, FAILED(/Degraded/), wanting({ graceMs: 0 })],
    ['a sync that failed', { operation: { phase: 'Failed', at: OURS, message: 'no' } }, FAILED(/its sync failed: no/)],
    ['an error', { operation: { phase: 'Error', at: OURS } }, FAILED(/its sync failed: Error/)],
    [
      'a sync of another commit that failed',
      { sync: 'OutOfSync', operation: { phase: 'Failed', at: OLD } },
      lacking('sync'),
    ],
    ['a warning is no error', { conditions: { OrphanedResourceWarning: 'x' } }, DONE],
    ['the image runs', {}, DONE, wanting({ images: [image(IMAGE)] })],
    ['any version of it', {}, DONE, wanting({ images: [image(REPOSITORY)] })],
    ['another version runs', {}, lacking('image', /runs 2/), wanting({ images: [image(`${REPOSITORY}:3`)] })],
    ['another image runs', {}, lacking('image', /custom resources/), wanting({ images: [image('other:2')] })],
    ['during a roll-out', { images: [`${REPOSITORY}:1`, IMAGE] }, DONE, wanting({ images: [image(IMAGE)] })],
    ['never compared', { at: '' }, lacking('revision', /never compared/)],
  ] as [string, State | undefined, object, Wanted?, Memory?][]) {
    test(what, () => expect(verdictOf(state, wanted, memory)).toMatchObject(expected));
  }

  test('an Application that never was', () => {
    const { verdict } = judge(undefined, { application: undefined, nowMs: 0, histories: new Map() }, wanting());
    expect(verdict).toMatchObject({ kind: 'unknown', problem: { code: 'APPLICATION_GONE' } });
  });
});

describe('revisions', () => {
  const withRepository = wanting({ repoURL: GIT });
  const lost: Memory = { ...REFRESHED, bad: { lacks: 'revision', sinceMs: 0 } };
  const chart = { repoURL: 'https://charts.example', chart: 'web', targetRevision: '1.2' };
  const source = { repoURL: GIT, path: 'web', targetRevision: 'main' };

  test('another one is refreshed away, and without a repository it cannot be told', () => {
    expect(verdictOf({ at: NEWER })).toMatchObject({ lacks: 'revision', ask: { kind: 'refresh' } });
    expect(verdictOf({ at: NEWER }, wanting(), lost)).toMatchObject({
      kind: 'unknown',
      problem: { code: 'REVISION_UNKNOWN', fix: expect.stringContaining('--repo') },
    });
  });

  test('with one its history is asked for, and counts', () => {
    expect(verdictOf({ at: NEWER }, withRepository)).toMatchObject({
      ...{ lacks: 'revision', ask: { kind: 'history', source: { revision: NEWER, targetRevision: 'main' } } },
    });
    expect(verdictOf({ at: NEWER }, withRepository, REFRESHED, { [NEWER]: true })).toEqual(DONE);
    const older = verdictOf({ at: OLD }, withRepository, lost, { [OLD]: false });
    expect(older).toMatchObject({ kind: 'waiting', lacks: 'revision', ask: { kind: 'refresh' } });
  });

  for (const [what, sources, at, wanted, expected] of [
    ['one of several', [chart, source], ['1.2.0', OURS], wanting(), DONE],
    ['the one that is meant', [chart, source], ['1.2.0', OURS], withRepository, DONE],
    ['whatever its spelling', [source], [OURS], wanting({ repoURL: 'git@git.example:deploy' }), DONE],
    ['none that is meant', [chart, chart], ['1.2.0', OURS], withRepository, lacking('revision', /none of its sources/)],
  ] as const) {
    test(`of several sources: ${what}`, () => expect(verdictOf({ sources, at }, wanted)).toMatchObject(expected));
  }

  for (const [what, hydration, at, expected] of [
    ['hydrated and synced', { lastSuccessfulOperation: { drySHA: OURS, hydratedSHA: 'aa' } }, 'aa', DONE],
    ['of an older commit', { lastSuccessfulOperation: { drySHA: OLD, hydratedSHA: 'aa' } }, 'aa', lacking('revision')],
    ['not synced', { lastSuccessfulOperation: { drySHA: OURS, hydratedSHA: 'bb' } }, 'aa', lacking('revision', /bb/)],
    ['under way', { currentOperation: { phase: 'Hydrating' } }, 'aa', lacking('hydration')],
    ['failed', { currentOperation: { phase: 'Failed', message: 'no' } }, 'aa', lacking('hydration', /no/)],
  ] as const) {
    test(`of a source hydrator: ${what}`, () => expect(verdictOf({ hydration, at })).toMatchObject(expected));
  }
});

describe('a sync of our own', () => {
  const wanted = wanting({ syncMark: MARK });
  const before = '2026-01-01T00:00:00Z';
  const since: Memory = { ...REFRESHED, firstOperation: before };
  for (const [what, operation, expected] of [
    ['none yet', undefined, { lacks: 'operation', ask: { kind: 'sync' } }],
    ['one of before', { phase: 'Succeeded', at: OURS, began: before }, { ask: { kind: 'sync' } }],
    ['one of before that failed', { phase: 'Failed', at: OURS, began: before }, { ask: { kind: 'sync' } }],
    ['another one since', { phase: 'Succeeded', at: OURS }, DONE],
    ['another one since, of an older commit', { phase: 'Succeeded', at: OLD }, { ask: { kind: 'sync' } }],
    ['another one since that failed', { phase: 'Failed', at: OURS }, FAILED(/failed/)],
    ['ours', { phase: 'Succeeded', mark: MARK }, DONE],
    ['ours, which failed', { phase: 'Error', mark: MARK, message: 'no' }, FAILED(/no/)],
    ['ours, within the second of the last', { phase: 'Succeeded', mark: MARK, began: before }, DONE],
  ] as const) {
    test(what, () => expect(verdictOf(operation ? { operation } : {}, wanted, since)).toMatchObject(expected));
  }

  test('is asked for only once the commit is there and nothing else is under way', () => {
    expect(verdictOf({ at: OLD }, wanted, since)).toMatchObject({ lacks: 'revision' });
    expect(verdictOf({ requested: true }, wanted, since)).not.toHaveProperty('ask');
  });
});

/** Looks at one state after the other, a second apart. */
function follow(states: readonly (State | undefined)[], wanted: Wanted, stepMs = 1_000) {
  let memory: Memory | undefined;
  const verdicts: Verdict[] = [];
  for (const [index, state] of states.entries()) {
    const application = state && observe(object(state));
    const judged = judge(memory, { application, nowMs: index * stepMs, histories: new Map() }, wanted);
    memory = judged.memory;
    verdicts.push(judged.verdict);
    if (judged.verdict.kind !== 'waiting') break;
  }
  return verdicts;
}

const short = (verdicts: readonly Verdict[]) =>
  verdicts.map((one) => (one.kind === 'waiting' ? `${one.lacks}${one.ask ? `+${one.ask.kind}` : ''}` : one.kind));

describe('whole rollouts', () => {
  const OUT: State = { sync: 'OutOfSync' };
  const running: State = { ...OUT, operation: { phase: 'Running', at: OURS, ended: null } };
  const synced: State = { operation: { phase: 'Succeeded', at: OURS } };
  for (const [what, states, expected, more] of [
    [
      'automated',
      [{ at: OLD }, { at: OLD, refresh: 'refresh' }, OUT, running, { ...synced, health: 'Progressing' }, synced],
      ['refresh+refresh', 'refresh', 'sync', 'operation', 'health', 'done'],
    ],
    [
      'by hand, with --sync',
      [{ at: OLD }, { ...OUT, automated: null }, { ...OUT, requested: true }, running, synced],
      ['refresh+refresh', 'operation+sync', 'operation', 'operation', 'done'],
      { syncMark: MARK },
    ],
    [
      'an operation of somebody else is respected, then ours is asked for',
      [
        { at: OLD, operation: { phase: 'Running', at: OLD, ended: null } },
        { at: OURS, ...OUT, operation: { phase: 'Running', at: OLD, ended: null } },
        { at: OURS, ...OUT, operation: { phase: 'Succeeded', at: OLD } },
        { at: OURS, operation: { phase: 'Succeeded', at: OURS, mark: MARK } },
      ],
      ['refresh+refresh', 'operation', 'operation+sync', 'done'],
      { syncMark: MARK },
    ],
    [
      'degraded for a moment, and again',
      [
        {},
        ...Array(25).fill({ health: 'Degraded' }),
        { health: 'Progressing' },
        ...Array(25).fill({ health: 'Degraded' }),
        {},
      ],
      ['refresh+refresh', ...Array(25).fill('health'), 'health', ...Array(25).fill('health'), 'done'],
    ],
    [
      'degraded to stay',
      [{}, ...Array(40).fill({ health: 'Degraded' })],
      ['refresh+refresh', ...Array(30).fill('health'), 'failed'],
    ],
    [
      'manifests that cannot be made, for a moment',
      [{ at: OLD }, { at: OLD, sync: 'Unknown', conditions: { ComparisonError: 'x' } }, OUT, synced],
      ['refresh+refresh', 'manifests', 'sync', 'done'],
    ],
    [
      'superseded before it was synced',
      [{ at: OLD }, OUT, { at: NEWER, ...OUT }, ...Array(40).fill({ at: NEWER })],
      ['refresh+refresh', 'sync', 'revision', ...Array(27).fill('revision'), 'revision+refresh', 'revision', 'unknown'],
    ],
    ['deleted amid it', [{ at: OLD }, OUT, undefined], ['refresh+refresh', 'sync', 'failed']],
    [
      'a retry that helps',
      [{ at: OLD }, { ...OUT, operation: { phase: 'Running', at: OURS, retries: 1 } }, synced],
      ['refresh+refresh', 'operation', 'done'],
    ],
    [
      'retries that do not',
      [
        { at: OLD },
        { ...OUT, operation: { phase: 'Running', at: OURS } },
        { ...OUT, operation: { phase: 'Failed', at: OURS } },
      ],
      ['refresh+refresh', 'operation', 'failed'],
    ],
  ] as [string, (State | undefined)[], string[], Partial<Wanted>?][]) {
    test(what, () => expect(short(follow(states, wanting(more)))).toEqual(expected));
  }
});

describe('laws', () => {
  const phase = fc.constantFrom('Running', 'Terminating', 'Succeeded', 'Failed', 'Error');
  const operation = fc.record(
    {
      phase,
      at: fc.constantFrom(OLD, OURS, NEWER),
      began: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:30:00Z'),
      mark: fc.constantFrom(MARK, 'other'),
    },
    { requiredKeys: ['phase', 'at', 'began'] },
  );
  const state: fc.Arbitrary<State> = fc.record(
    {
      at: fc.constantFrom(OLD, OURS, NEWER),
      sync: fc.constantFrom('Synced', 'OutOfSync', 'Unknown'),
      health: fc.constantFrom('Healthy', 'Progressing', 'Degraded', 'Missing', 'Suspended'),
      images: fc.constantFrom([IMAGE], [`${REPOSITORY}:1`], []),
      refresh: fc.constant('refresh' as const),
      requested: fc.constant(true),
      operation,
      conditions: fc.constantFrom({ ComparisonError: 'x' }, { SyncError: 'x' }),
    },
    { requiredKeys: [] },
  );
  const wanted = fc.record({
    ...{ commit: fc.constantFrom(OURS, undefined), repoURL: fc.constant(undefined) },
    ...{ images: fc.constantFrom([], [image(IMAGE)]), syncMark: fc.constantFrom(MARK, undefined) },
    graceMs: fc.constantFrom(0, 5_000, 30_000),
  });
  const states = fc.array(state, { minLength: 1, maxLength: 60 });

  test('done is only what has all that is wanted', () => {
    fc.assert(
      fc.property(states, wanted, (all, asked) => {
        const verdicts = follow(all, asked);
        if (verdicts.at(-1)?.kind !== 'done') return;
        const last = observe(object(all[verdicts.length - 1] ?? {}));
        expect(last).toMatchObject({ sync: 'Synced', health: 'Healthy', awaitsRefresh: false, errors: [] });
        expect(last.operation?.isUnderWay ?? false).toBe(false);
        if (asked.commit) expect(last.sources[0]?.revision).toBe(OURS);
        if (asked.images.length > 0) expect(last.reported.images).toContain(IMAGE);
        if (asked.syncMark) expect(last.operation?.phase).toBe('Succeeded');
        expect(verdicts[0]).toMatchObject({ ask: { kind: 'refresh' } });
      }),
    );
  });

  test('nothing is asked for more often than it may be, nor amid an operation', () => {
    fc.assert(
      fc.property(states, wanted, (all, asked) => {
        const verdicts = follow(all, asked);
        for (const [kind, pause] of [
          ['refresh', 30],
          ['sync', 15],
        ] as const) {
          const times = verdicts.flatMap((one, index) =>
            one.kind === 'waiting' && one.ask?.kind === kind ? [index] : [],
          );
          for (const [index, time] of times.entries()) {
            if (index > 0) expect(time - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(pause);
            if (kind === 'sync') expect(observe(object(all[time] ?? {})).operation?.isUnderWay ?? false).toBe(false);
          }
        }
      }),
    );
  });

  test('what looks bad for less than the time of grace fails nobody', () => {
    const passing = fc.array(fc.tuple(state, state), { maxLength: 20 });
    fc.assert(
      fc.property(passing, (pairs) => {
        const calm = pairs.flatMap(([one, other]) => [
          { ...one, operation: undefined, health: 'Degraded' },
          { ...other, operation: undefined, health: 'Progressing', at: OURS, conditions: {} },
        ]);
        const kinds = follow(calm, wanting({ graceMs: 3_000 })).map(({ kind }) => kind);
        expect(kinds).not.toContain('failed');
      }),
    );
  });

  test('an Application that reaches what is wanted, and stays so, is done, whatever was before', () => {
    const passing = fc.array(
      state.map((one) => ({ ...one, operation: undefined, conditions: {} })),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(passing, (all) => {
        expect(follow([...all, {}, {}], wanting()).at(-1)?.kind).toBe('done');
      }),
    );
  });
});
