import type { BuildOrder } from '../core/build-order.ts';
import { HANDOFF_STATES, type HandoffTarget, JUST_ACCEPTED, type StandingTarget } from '../core/handoff/operation.ts';
import type { NewHandoff, Pending, SettledTarget, StoredHandoff, Submission } from '../ports/handoffs.ts';
import { DamagedRow, numberIn, type Row, textIn, textOrNone } from './rows.ts';
import { DAY_MS, inBatches, rowOf, rowsOf, type Steps } from './steps.ts';

const BEGUN = 'handoffs_since_ms';
/** Targets that are kept, of all hand-offs: some 350 bytes each. */
const MOST_KEPT = 500_000;
/** ... and of those of one project, so that it leaves room for the others: a thousand times a hundred in a week. */
const MOST_OF_PROJECT = 100_000;
const MOST_PENDING = 10_000;
/** Operations can be asked for, and may be held, beyond their tokens. */
const KEPT_MS = 7 * DAY_MS;
/** A build that is later than that is not late any more but forgotten. */
const ORDERS_KEPT_MS = 400 * DAY_MS;

export function* beginHandoffs(nowMs: number): Steps<void> {
  yield* rowsOf('INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', BEGUN, nowMs);
}

export function* submitHandoff(handoff: NewHandoff, nowMs: number): Steps<Submission> {
  // Whoever finds the store empty begins it anew, and his own token is older than that.
  yield* beginHandoffs(nowMs);
  const begun = yield* rowOf('SELECT value FROM meta WHERE name = $1', BEGUN);
  if (begun === undefined || handoff.issuedMs < numberIn(begun, 'value')) return { kind: 'forgotten' };
  yield* rowsOf('DELETE FROM handoffs WHERE keep_until_ms < $1', nowMs);
  yield* rowsOf('DELETE FROM handoff_orders WHERE written_ms < $1', nowMs - ORDERS_KEPT_MS);
  const { id, token, body, secret, project, order, expiresMs, targets } = handoff;
  const added = yield* rowsOf(
    `INSERT INTO handoffs (id, token, body, secret, project, size, scope, number, created_ms, keep_until_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (token) DO NOTHING RETURNING id`,
    ...[id, token, body, secret, project, targets.length, order?.scope ?? null, order?.number ?? null, nowMs],
    Math.max(expiresMs, nowMs + KEPT_MS),
  );
  if (added.length === 0) return yield* usedBefore(handoff);
  const full = yield* overfull(project);
  if (full) {
    yield* rowsOf('DELETE FROM handoffs WHERE id = $1', id);
    return full;
  }
  yield* inBatches(targets, (some) => keepTargets(id, some));
  return { kind: 'accepted', id, isNew: true };
}

function* overfull(project: string): Steps<Extract<Submission, { readonly kind: 'full' }> | undefined> {
  const sum = 'SELECT CAST(sum(size) AS BIGINT) AS kept FROM handoffs';
  const own = yield* rowOf(`${sum} WHERE project = $1`, project);
  if (own !== undefined && numberIn(own, 'kept') > MOST_OF_PROJECT) return { kind: 'full', of: 'project' };
  const all = yield* rowOf(sum);
  return all !== undefined && numberIn(all, 'kept') > MOST_KEPT ? { kind: 'full', of: 'all' } : undefined;
}

function* usedBefore({ token, body, secret }: NewHandoff): Steps<Submission> {
  const before = yield* rowOf('SELECT id, body FROM handoffs WHERE token = $1', token);
  if (before === undefined || textIn(before, 'body') !== body) return { kind: 'used' };
  // A token can be issued anew under its id, or signed anew: what is answered now has to open the operation.
  yield* rowsOf('UPDATE handoffs SET secret = $1 WHERE token = $2', secret, token);
  return { kind: 'accepted', id: textIn(before, 'id'), isNew: false };
}

function* keepTargets(id: string, targets: readonly HandoffTarget[]): Steps<void> {
  const rows = targets.map((_, index) => {
    const at = 5 * index + 3;
    return `($1, $${at}, $${at + 1}, $${at + 2}, $${at + 3}, $${at + 4}, $2, '')`;
  });
  yield* rowsOf(
    `INSERT INTO handoff_targets (handoff, application, alias, image, tag, digest, state, reason)
     VALUES ${rows.join(', ')}`,
    ...[id, JUST_ACCEPTED.state],
    ...targets.flatMap(({ application, alias, image, tag, digest }) => [application, alias, image, tag, digest]),
  );
}

export function* findHandoff(id: string): Steps<StoredHandoff | undefined> {
  const row = yield* rowOf('SELECT * FROM handoffs WHERE id = $1', id);
  if (row === undefined) return undefined;
  const targets = yield* rowsOf('SELECT * FROM handoff_targets WHERE handoff = $1 ORDER BY application, alias', id);
  return {
    id,
    token: textIn(row, 'token'),
    secret: textIn(row, 'secret'),
    order: orderIn(row),
    createdMs: numberIn(row, 'created_ms'),
    targets: targets.map(targetIn),
  };
}

export function* pendingHandoffs(): Steps<Pending> {
  // What is held or proposed may wait for weeks: it must not hide what is new, nor be missing beside it.
  const rows = yield* rowsOf(
    `SELECT t.*, h.scope, h.number, h.created_ms FROM handoff_targets t JOIN handoffs h ON h.id = t.handoff
     WHERE t.state IN ('accepted', 'held', 'pull-request')
     ORDER BY max(CASE t.state WHEN 'accepted' THEN 1 ELSE 0 END) OVER (PARTITION BY t.application, t.alias) DESC,
       h.created_ms, h.id LIMIT ${MOST_PENDING}`,
  );
  const orders = yield* rowsOf(
    `SELECT DISTINCT o.* FROM handoff_targets t
     JOIN handoff_orders o ON o.application = t.application AND o.alias = t.alias
     WHERE t.state IN ('accepted', 'held', 'pull-request')`,
  );
  const written = new Map<string, Map<string, number>>();
  for (const row of orders) {
    const own = written.getOrInsertComputed(
      imageKey(textIn(row, 'application'), textIn(row, 'alias')),
      () => new Map(),
    );
    own.set(textIn(row, 'scope'), numberIn(row, 'number'));
  }
  return {
    targets: rows.map((row) => ({
      ...targetIn(row),
      handoff: textIn(row, 'handoff'),
      createdMs: numberIn(row, 'created_ms'),
      order: orderIn(row),
    })),
    writtenOf: (application, alias) => written.get(imageKey(application, alias)) ?? new Map(),
  };
}

function imageKey(application: string, alias: string): string {
  return `${application} ${alias}`;
}

export function* settleHandoffs(targets: readonly SettledTarget[], nowMs: number): Steps<void> {
  for (const { handoff, application, alias, written, ...standing } of targets) {
    const { state, reason, commit, repoURL, branch, pullRequest } = standing;
    yield* rowsOf(
      `UPDATE handoff_targets SET state = $1, reason = $2, git_commit = $3, repo_url = $4, branch = $5,
         pull_request = $6 WHERE handoff = $7 AND application = $8 AND alias = $9`,
      ...[state, reason, commit, repoURL, branch, pullRequest, handoff, application, alias],
    );
    if (written === undefined) continue;
    yield* rowsOf(
      `INSERT INTO handoff_orders (application, alias, scope, number, written_ms) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (application, alias, scope) DO UPDATE SET written_ms = excluded.written_ms,
         number = CASE WHEN excluded.number > handoff_orders.number THEN excluded.number
           ELSE handoff_orders.number END`,
      ...[application, alias, written.scope, written.number, nowMs],
    );
  }
}

function orderIn(row: Row): BuildOrder | undefined {
  const scope = textOrNone(row, 'scope');
  return scope === undefined ? undefined : { scope, number: numberIn(row, 'number') };
}

function targetIn(row: Row): StandingTarget {
  const state = HANDOFF_STATES.find((one) => one === row['state']);
  if (state === undefined) throw new DamagedRow('no state of a hand-off');
  return {
    application: textIn(row, 'application'),
    alias: textIn(row, 'alias'),
    image: textIn(row, 'image'),
    tag: textIn(row, 'tag'),
    digest: textIn(row, 'digest'),
    state,
    reason: textIn(row, 'reason'),
    commit: textOrNone(row, 'git_commit') ?? null,
    repoURL: textOrNone(row, 'repo_url') ?? null,
    branch: textOrNone(row, 'branch') ?? null,
    pullRequest: textOrNone(row, 'pull_request') ?? null,
  };
}
