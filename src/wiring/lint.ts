import type { Work } from '../cli/work.ts';
import { parseRegistriesConf } from '../config/registries/registries-conf.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import type { Settings } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { lint as lintInput } from '../controller/lint/lint.ts';
import type { RegistriesText } from '../controller/lint/registries-conf.ts';
import { loadSettled } from '../controller/lint/settled-input.ts';
import type { Problem } from '../core/failure.ts';
import type { LintReport } from '../core/finding.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { BUILT_IN_REGISTRIES } from '../core/registry-endpoint.ts';
import type { Registries } from '../registries/registries.ts';
import { configurationSettings } from './configuration.ts';
import { findText } from './given-texts.ts';
import { findHandoffRules } from './handoff-rules.ts';
import { givenHere, inputOpener } from './inputs.ts';
import { openConfigured } from './registries.ts';

export async function lint(...[options, online, signal]: Parameters<Work['lint']>): Promise<LintReport> {
  const settled = await loadSettled(inputOpener(options), await givenHere(options), signal);
  const { input } = settled;
  const cycle = cycleSettings(settled.settings, options.defaultStateDir);
  const { registries, missing } = await findRegistriesConf(settled.settings);
  const { argocdNamespace } = cycle;
  const settings = { argocdNamespace, ...configurationSettings(cycle, options.fromCluster === true) };
  await using stack = new AsyncDisposableStack();
  const asked = online ? await openForLint(registries, () => input.secrets) : undefined;
  stack.defer(async () => asked?.close());
  const failures = [...missing, ...(await judgeHandoffRules(settled.settings)), ...settled.failures];
  return await lintInput({ ...settled, failures, settings, registries, tags: asked?.scan() }, signal);
}

/** A registries.conf that is wrong is reported; the registries are asked as if there were none. */
async function openForLint(
  given: RegistriesText | undefined,
  secrets: () => readonly KeyValueObject[],
): Promise<Registries> {
  const parsed = given && parseRegistriesConf(given.text);
  return await openConfigured(parsed?.ok ? parsed.config : BUILT_IN_REGISTRIES, secrets);
}

/** Where registries.conf stands, if there is one; one that was asked for and is not there is missing. */
async function findRegistriesConf(settings: Settings): Promise<{
  readonly registries: RegistriesText | undefined;
  readonly missing: readonly Problem[];
}> {
  const { text, isAskedFor, origin } = await findText(settings, CATALOGUE.registriesConfPath);
  if (text === undefined) return { registries: undefined, missing: isAskedFor ? [noSuchFile(origin.file)] : [] };
  return { registries: { text, origin }, missing: [] };
}

/** What is wrong with handoff.yaml, where it is given. */
async function judgeHandoffRules(settings: Settings): Promise<readonly Problem[]> {
  if (settings.given(CATALOGUE.handoffConfig) === undefined) return [];
  const read = await findHandoffRules(settings);
  return read.ok ? [] : read.problems;
}

function noSuchFile(path: string): Problem {
  const fix = 'correct the path, or leave --registries-conf-path out';
  return { code: 'INPUT_UNREADABLE', object: path, message: 'there is no such file', fix };
}
