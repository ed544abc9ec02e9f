import type { RunEvent, Work } from '../cli/work.ts';
import { runSettings } from '../config/settings/cycle-settings.ts';
import { logSettings } from '../config/settings/log-settings.ts';
import { askedLooks } from '../controller/asked-looks.ts';
import { type FinishedCycle, runEvery } from '../controller/run.ts';
import { parseImageIdentifier } from '../core/reference.ts';
import type { CycleReport } from '../core/report.ts';
import { openParts } from './cycle-parts.ts';
import type { AskForLooks } from './handoff-serving.ts';
import { openInput } from './inputs.ts';
import { watchStore } from './store.ts';

export async function plan(...[options, signal]: Parameters<Work['plan']>): Promise<CycleReport> {
  await using parts = await openParts(await openInput(options, signal), { dryRun: true });
  return await parts.cycle(signal);
}

export async function explain(...[options, choose, signal]: Parameters<Work['explain']>): Promise<CycleReport> {
  await using parts = await openParts(await openInput(options, signal), { dryRun: true, choose });
  return await parts.cycle(signal);
}

export async function run(...[options, happened, signal]: Parameters<Work['run']>): Promise<'done' | 'stopped'> {
  if (options.fromCluster) {
    const { runOverCluster } = await import('./controller.ts');
    return await runOverCluster(options, happened, signal);
  }
  const input = await openInput(options, signal);
  const { settings } = input;
  const { intervalMs, once, dryRun } = runSettings(settings);
  const log = logSettings(settings, 'stand-alone');
  const finished = (cycle: FinishedCycle) => happened({ kind: 'cycle', dryRun, ...cycle }, log);
  if (once) {
    await using parts = await openParts(input, { dryRun });
    await runEvery({ intervalMs, once }, parts.cycle, finished, askedLooks(), signal);
    return 'done';
  }
  const { openHealth } = await import('./health.ts');
  const { openServing } = await import('./serving.ts');
  const { openHandoffServing } = await import('./handoff-serving.ts');
  const looks = askedLooks();
  const told = (event: RunEvent) => happened(event, log);
  await using health = await openHealth(settings, 'stand-alone', told);
  await using serving = await openServing(settings, { kind: 'stand-alone' }, looks, health, told);
  watchStore(serving, input);
  const { observer, watched } = serving;
  const { listed } = health;
  await using parts = await openParts(input, { dryRun, intervalMs, observer, listed });
  const askForLooks: AskForLooks = (targets) => {
    for (const { image } of targets) looks.ask(parseImageIdentifier(image));
  };
  await using _handoffs = await openHandoffServing(settings, parts, askForLooks, {
    happened: told,
    metrics: serving.metrics,
  });
  using _expected = serving.metrics?.cyclesExpected(intervalMs);
  await runEvery({ intervalMs, once }, watched(parts.cycle, dryRun), finished, looks, signal);
  return 'stopped';
}
