import { existsSync } from 'node:fs';
import type { Work } from '../cli/work.ts';
import { type CycleSettings, cycleSettings } from '../config/settings/cycle-settings.ts';
import { resolveConfiguration } from '../controller/configure.ts';
import { gatherCredentials } from '../controller/credential-audit.ts';
import { auditCredentials as audit, type CredentialAudit } from '../core/credentials/credential-audit.ts';
import type { RememberedOutcomes } from '../core/credentials/credential-outcome.ts';
import { type Problem, uniqueProblems } from '../core/failure.ts';
import { redactProblem } from '../core/redact.ts';
import { storePath } from '../store/open-store.ts';
import { configurationSettings } from './configuration.ts';
import { readIfThere } from './given-texts.ts';
import { openInput } from './inputs.ts';
import { readRegistriesConf, readSurroundings } from './registries.ts';
import { openConfiguredStore } from './store.ts';

export async function auditCredentials(
  ...[options, maxAgeMs, signal]: Parameters<Work['auditCredentials']>
): Promise<CredentialAudit> {
  const { settings, source } = await openInput(options, signal);
  const input = await source.load(signal);
  const cycle = cycleSettings(settings, options.defaultStateDir);
  const { argocdNamespace } = cycle;
  const configuration = resolveConfiguration(input, configurationSettings(cycle, source.live !== undefined));
  const registriesConf = await readRegistriesConf(settings);
  const memory = await readMemory(cycle);
  const facts = await gatherCredentials({
    ...(await readSurroundings()),
    secrets: input.secrets,
    configuration,
    registries: registriesConf.config,
    argocdNamespace,
    outcomes: memory.outcomes,
    readFile: readIfThere,
  });
  // An audit of Secrets and registries.conf needs no Application.
  const unread = input.failures.filter(({ code }) => code !== 'NO_APPLICATIONS');
  // An image that cannot go on uses no credential; the others are audited all the same.
  const idle = configuration.configured.flatMap(({ failures }) => failures);
  return {
    rows: audit(facts, Date.now(), maxAgeMs),
    failures: uniqueProblems([...unread, ...configuration.failures].map(redactProblem)),
    warnings: uniqueProblems(
      [...registriesConf.warnings, ...memory.problems, ...input.warnings, ...idle].map(redactProblem),
    ),
  };
}

/** What cycles remember of credentials. An audit makes no store where there is none. */
async function readMemory(
  settings: CycleSettings,
): Promise<{ readonly outcomes: readonly RememberedOutcomes[]; readonly problems: readonly Problem[] }> {
  const isAbsent = settings.store === undefined && !existsSync(storePath(settings.stateDir));
  if (isAbsent) return { outcomes: [], problems: [] };
  const problems: Problem[] = [];
  await using store = await openConfiguredStore(settings, (problem) => problems.push(problem));
  return { outcomes: await store.outcomes(), problems };
}
