import type { Work } from '../cli/work.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { resolveConfiguration } from '../controller/configure.ts';
import { historyBranches, readHistory } from '../controller/history.ts';
import { applicationId } from '../core/application.ts';
import type { HistoryReport } from '../core/history.ts';
import { redactProblem } from '../core/redact.ts';
import type { BranchRef } from '../ports/git.ts';
import { openWiredGit } from './git.ts';
import { openInput } from './inputs.ts';
import { readWording } from './wording.ts';

export async function history(...[options, choose, signal]: Parameters<Work['history']>): Promise<HistoryReport> {
  const { settings, source } = await openInput(options, signal);
  const input = await source.load(signal);
  const asked = cycleSettings(settings, options.defaultStateDir);
  const { author } = await readWording(settings, asked.commit);
  await using git = openWiredGit(asked, author, () => input);
  const { repoURLs, branch, image, most, since } = options;
  const isNamed = repoURLs.length > 0;
  const application =
    isNamed || options.application === undefined ? options.application : choose(input.applications.map(applicationId));
  const given: readonly BranchRef[] = repoURLs.map((repoURL) => ({ repoURL, branch, project: 'default' }));
  const configuration = resolveConfiguration(input, {
    annotations: asked.annotations,
    defaultPlatforms: asked.platforms,
    writeBackDefault: asked.writeBack,
  });
  const images = configuration.configured
    .flatMap((one) => one.images)
    .filter((one) => application === undefined || applicationId(one.application) === application);
  const sinceMs = since && ('atMs' in since ? since.atMs : Date.now() - since.agoMs);
  const question = { application, image, sinceMs, most };
  const report = await readHistory(isNamed ? given : historyBranches(images), question, git, signal);
  // Secrets need no Application beside them when the repository is named.
  const unread = input.failures.filter(({ code }) => !isNamed || code !== 'NO_APPLICATIONS');
  return {
    entries: report.entries,
    failures: [...unread, ...report.failures].map(redactProblem),
    warnings: [...input.warnings, ...report.warnings].map(redactProblem),
  };
}
