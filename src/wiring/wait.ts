import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaitOptions, Work } from '../cli/work.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { settle } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { Failure } from '../core/failure.ts';
import type { WaitReport } from '../core/wait-report.ts';
import { type WaitTools, waitFor } from '../pipelines/wait/wait.ts';
import type { LiveApplications, ObjectKey } from '../ports/cluster.ts';
import type { Rollouts } from '../ports/rollout.ts';
import { openWiredGit } from './git.ts';
import { asksArgocd } from './inputs.ts';

/** Where Applications are looked at. */
export interface Deployments extends AsyncDisposable {
  readonly applications: LiveApplications;
  readonly rollouts: Rollouts;
}

/** Nothing is committed. */
const NOBODY = { name: CATALOGUE.commitUser.default, email: CATALOGUE.commitEmail.default };

export async function wait(...[options, told, signal]: Parameters<Work['wait']>): Promise<WaitReport> {
  const { given, commit, repoURL, branch, images, isSynced, timeoutMs, graceMs } = options;
  const settings = settle(given);
  const asked = cycleSettings(settings, options.defaultStateDir);
  await using deployments = await openDeployments(options);
  await using git = openWiredGit(asked, NOBODY, () => ({ secrets: [], configMaps: [] }));
  const tools: WaitTools = {
    ...deployments,
    ...{ git, told, nowMs: Date.now, sleep: (ms, until) => sleep(ms, undefined, { signal: until }) },
  };
  const keys = await keysOf(options, deployments.rollouts, asked.argocdNamespace, signal);
  const syncMark = isSynced ? randomUUID() : undefined;
  const wanted = { commit, repoURL, images, syncMark, graceMs };
  const applications = keys.map((key) => waitFor(key, { wanted, branch, timeoutMs }, tools, signal));
  return { applications: await Promise.all(applications) };
}

/** The parts that speak with a cluster, or with Argo CD, are loaded only for one. */
export async function openDeployments({ given }: Pick<WaitOptions, 'given'>): Promise<Deployments> {
  if (asksArgocd(given)) return (await import('./argocd.ts')).openArgocdDeployments(given);
  return await (await import('./cluster.ts')).openClusterDeployments(given);
}

/** @throws {Failure} NO_APPLICATIONS when none has the labels */
async function keysOf(
  { applications, selector, namespace, isEverywhere }: WaitOptions,
  rollouts: Rollouts,
  argocdNamespace: string,
  signal: AbortSignal,
): Promise<readonly ObjectKey[]> {
  const own = namespace ?? argocdNamespace;
  if (selector === undefined) return applications.map((text) => keyOf(text, own));
  const keys = await rollouts.select(isEverywhere ? undefined : own, selector, signal);
  if (keys.length > 0) return keys;
  throw new Failure('NO_APPLICATIONS', `no Application has the labels ${selector}`, {
    fix: 'correct the selector, or name the namespace with -n',
    object: '--selector',
  });
}

export function keyOf(text: string, own: string): ObjectKey {
  const [first = '', second] = text.split('/');
  return second === undefined ? { namespace: own, name: first } : { namespace: first, name: second };
}
