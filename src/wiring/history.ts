import type { Work } from '../cli/work.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { resolveConfiguration } from '../controller/configure.ts';
import { historyBranches, readHistory } from '../controller/history.ts';
import { applicationId } from '../core/applications/application.ts';
import { uniqueProblems } from '../core/failure.ts';
import type { HistoryReport } from '../core/history.ts';
import { redactProblem } from '../core/redact.ts';
import { configurationSettings } from './configuration.ts';
import { openWiredGit } from './git.ts';
import { openInput } from './inputs.ts';
import { readWording } from './wording.ts';

export async function history(...[options, choose, signal]: Parameters<Work['history']>): Promise<HistoryReport> {
  const { settings, source } = await openInput(options, signal);
  const input = await source.load(signal);
  const asked = cycleSettings(settings, options.defaultStateDir);
  const { author } = await readWording(settings, asked.commit);
  await using git = openWiredGit(asked, author, () => input);
  const { repoURLs, branch, project, image, most, since } = options;
  const isNamed = repoURLs.length > 0;
  const application =
    isNamed || options.application === undefined ? options.application : choose(input.applications.map(applicationId));
  const applications = input.applications.filter(
    (one) => !isNamed && (application === undefined || applicationId(one) === application),
  );
  const configuration = configurationSettings(asked, source.live !== undefined);
  const { configured } = resolveConfiguration({ ...input, applications }, configuration);
  const branches = isNamed
    ? repoURLs.map((repoURL) => ({ repoURL, branch, project }))
    : historyBranches(configured.flatMap(({ images }) => images));
  const sinceMs = since && ('atMs' in since ? since.atMs : Date.now() - since.agoMs);
  const read = await readHistory(branches, { application, image, sinceMs, most }, git, signal);
  // Secrets need no Application beside them when the repository is named.
  const unread = input.failures.filter(({ code }) => !isNamed || code !== 'NO_APPLICATIONS');
  // What cannot go on has no branch that could be told; the others have.
  const idle = configured.flatMap((one) => [...one.failures, ...one.failedImages.map(({ problem }) => problem)]);
  return {
    entries: read.entries,
    failures: uniqueProblems([...unread, ...read.failures].map(redactProblem)),
    warnings: uniqueProblems([...input.warnings, ...idle].map(redactProblem)),
  };
}
