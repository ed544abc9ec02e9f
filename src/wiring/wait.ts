import { randomUUID } from 'node:crypto';
import type { WaitOptions, Work } from '../cli/work.ts';
import { DEFAULT_AUTHOR } from '../config/settings/commits.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { settle } from '../config/settings/settings.ts';
import { Failure } from '../core/failure.ts';
import type { WaitReport } from '../core/wait-report.ts';
import { type WaitTools, waitFor } from '../pipelines/wait/wait.ts';
import type { ObjectKey } from '../ports/cluster.ts';
import type { Rollouts } from '../ports/rollout.ts';
import { around } from './around.ts';
import { keyOf, openDeployments } from './deployments.ts';
import { openWiredGit } from './git.ts';

export async function wait(...[options, told, signal]: Parameters<Work['wait']>): Promise<WaitReport> {
  const { given, commit, repoURL, branch, images, isSynced, timeoutMs, graceMs } = options;
  const settings = settle(given);
  const asked = cycleSettings(settings, options.defaultStateDir);
  await using deployments = await openDeployments(options);
  await using git = openWiredGit(asked, DEFAULT_AUTHOR);
  const tools: WaitTools = { ...deployments, ...around, git, told };
  const keys = await keysOf(options, deployments.rollouts, asked.argocdNamespace, signal);
  const syncMark = isSynced ? randomUUID() : undefined;
  const wanted = { commit, repoURL, images, syncMark, graceMs };
  const applications = keys.map((key) => waitFor(key, { wanted, branch, timeoutMs }, tools, signal));
  return { applications: await Promise.all(applications) };
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
