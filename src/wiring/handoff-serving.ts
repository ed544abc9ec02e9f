import type { RunEvent } from '../cli/work.ts';
import { type HandoffSettings, handoffSettings } from '../config/settings/handoff-settings.ts';
import type { Settings } from '../config/settings/settings.ts';
import { openHandoffDesk } from '../controller/handoffs/handoff-desk.ts';
import type { HandoffLooks } from '../controller/handoffs/handoff-looks.ts';
import type { Survey } from '../controller/survey.ts';
import { toProblem } from '../core/failure.ts';
import type { HandoffTarget } from '../core/handoff/operation.ts';
import type { HandoffRules } from '../core/handoff/rules.ts';
import { recent } from '../core/recent.ts';
import { openFollow } from '../pipelines/handoff/follow-rollouts.ts';
import type { RolloutTools } from '../pipelines/wait/rollout.ts';
import type { HandoffStore } from '../ports/handoffs.ts';
import type { HandoffPolicy } from '../server/handoff/receive.ts';
import type { Metrics } from '../server/metrics/open-metrics.ts';
import { followRules } from './handoff-rules.ts';

/** What hand-offs are served with. */
export interface HandoffParts {
  readonly handoffs: { readonly store: HandoffStore; readonly looks: HandoffLooks } | undefined;
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
  readonly rollouts: Pick<RolloutTools, 'applications' | 'git'> | undefined;
}

/** Who looks at what was handed off. */
export type AskForLooks = (targets: readonly Pick<HandoffTarget, 'application' | 'image'>[]) => void;

/** Who is told of what is served. */
interface Told {
  readonly happened: (event: Exclude<RunEvent, { readonly kind: 'cycle' }>) => void;
  /** Undefined when no metrics are served. */
  readonly metrics: Metrics | undefined;
}

const PROJECT_RATE = { burst: 200, everyMs: 500 };
/** More than pipelines with wrong rules come to, also behind an ingress, where all have one address. */
const STRANGER_RATE = { burst: 200, everyMs: 100 };
const STRANGERS_RATE = { burst: 1_000, everyMs: 10 };
/** So old may be what is known of Applications; hand-offs come in swarms. */
const SURVEY_MS = 2_000;
/** So often it is looked whether something waits that nobody looks at: another replica took it, and has gone. */
const REMIND_EVERY_MS = 5_000;
/** So long it is left to whoever took it, and to whoever was asked. */
const ASKED_AGAIN_MS = 30_000;

/**
 * Takes hand-offs where the settings say so, until it is disposed of.
 * @throws {Failure} SETTING_INVALID, INPUT_UNREADABLE, STATE_UNUSABLE, ADDRESS_UNUSABLE, CERTIFICATE_INVALID
 * @throws {SettingsRefused}
 */
export async function openHandoffServing(
  settings: Settings,
  { handoffs, survey, rollouts }: HandoffParts,
  ask: AskForLooks,
  told: Told,
): Promise<AsyncDisposable> {
  const chosen = handoffSettings(settings);
  await using stack = new AsyncDisposableStack();
  if (!chosen || !handoffs) return stack.move();
  const policy = await openPolicy(settings, told);
  await handoffs.store.begin(Date.now());
  const desk = openHandoffDesk({
    store: handoffs.store,
    survey: recent(survey, SURVEY_MS, () => performance.now()),
    ask,
    follow: rollouts && openFollow({ ...rollouts, nowMs: Date.now }),
    now: Date.now,
  });
  const { happened } = told;
  const server = stack.use(await serve(chosen, policy, desk, told));
  happened({ kind: 'serving', what: 'hand-offs', port: server.port });
  stack.use(remind(handoffs.looks, ask, (error) => happened(trouble('warn', error))));
  return stack.move();
}

async function openPolicy(settings: Settings, { happened }: Told): Promise<() => Promise<HandoffPolicy>> {
  const { openIssuers } = await import('../server/handoff/issuers.ts');
  const open = ({ issuers, rules }: HandoffRules) => ({
    issuers: openIssuers(issuers, () => performance.now()),
    rules,
  });
  return await followRules(settings, open, (error) => happened(trouble('warn', error)));
}

async function serve(
  settings: HandoffSettings,
  policy: () => Promise<HandoffPolicy>,
  desk: ReturnType<typeof openHandoffDesk>,
  { happened, metrics }: Told,
) {
  const { serveHandoffs } = await import('../server/handoff/handoff-server.ts');
  const { openRates } = await import('../server/handoff/rates.ts');
  const { TLS_FOLDER } = await import('../server/tls.ts');
  const server = await serveHandoffs({
    settings,
    tlsFolder: TLS_FOLDER,
    policy,
    desk,
    rates: openRates(PROJECT_RATE),
    strangers: { each: openRates(STRANGER_RATE), all: openRates(STRANGERS_RATE) },
    now: Date.now,
    steadyNow: () => performance.now(),
    observe(handoff) {
      metrics?.handoff(handoff.outcome);
      // A flood shall not fill the log, too.
      if (handoff.outcome !== 'limited') happened({ kind: 'handoff', ...handoff });
    },
    failed: (error) => happened(trouble('warn', error)),
    onBug: (error) => happened(trouble('error', error)),
  });
  for (const problem of server.warnings) happened({ kind: 'problem', level: 'warn', problem });
  return server;
}

function trouble(level: 'warn' | 'error', error: unknown): Extract<RunEvent, { readonly kind: 'problem' }> {
  return { kind: 'problem', level, problem: toProblem('hand-offs', error) };
}

/**
 * Asks for looks at what waits for one, again and again. Not while whoever took it may be at it: who looks once it is
 * settled follows the policy alone, which may have something newer.
 */
function remind(looks: HandoffLooks, ask: AskForLooks, failed: (error: unknown) => void): Disposable {
  const asked = new Map<string, number>();
  const look = async () => {
    const left = (await looks.waiting()).filter(({ createdMs }) => Date.now() - createdMs >= ASKED_AGAIN_MS);
    const waiting = new Map(left.map((target) => [`${target.application} ${target.image}`, target]));
    for (const key of asked.keys().filter((one) => !waiting.has(one))) asked.delete(key);
    const now = performance.now();
    const due = [...waiting].filter(([key]) => now - (asked.get(key) ?? Number.NEGATIVE_INFINITY) >= ASKED_AGAIN_MS);
    for (const [key] of due) asked.set(key, now);
    ask(due.map(([, target]) => target));
  };
  let isFailing = false;
  const lookAndTell = async () => {
    try {
      await look();
      isFailing = false;
    } catch (error) {
      // A store that is away is told once, and not every few seconds.
      if (!isFailing) failed(error);
      isFailing = true;
    }
  };
  const timer = setInterval(lookAndTell, REMIND_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
