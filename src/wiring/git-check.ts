import type { Work } from '../cli/work.ts';
import { cycleSettings } from '../config/settings/cycle-settings.ts';
import { checkGit as check } from '../controller/git-check.ts';
import type { GitCheckReport } from '../core/git-check.ts';
import { redactProblem } from '../core/redact.ts';
import { openWiredForges } from './forges.ts';
import { openWiredGit } from './git.ts';
import { openInput } from './inputs.ts';
import { readWording } from './wording.ts';

export async function checkGit(...[options, signal]: Parameters<Work['checkGit']>): Promise<GitCheckReport> {
  const { settings, source } = await openInput(options, signal);
  const input = await source.load(signal);
  const asked = cycleSettings(settings, options.defaultStateDir);
  const { commit } = asked;
  const { author } = await readWording(settings, commit);
  await using git = openWiredGit(asked, author, () => input);
  await using forges = openWiredForges();
  const parts = {
    git,
    forges,
    isSigning: commit.signing !== undefined,
    appsCommitThroughApi: commit.method === 'api',
  };
  const { repoURLs, branch, project, secret } = options;
  const named = secret === undefined ? {} : { secret };
  const checks = await Promise.all(
    repoURLs.map((repoURL) => check({ repoURL, branch, project, ...named }, parts, signal)),
  );
  // Secrets need no Application beside them.
  const unread = input.failures.filter(({ code }) => code !== 'NO_APPLICATIONS');
  return { checks, failures: unread.map(redactProblem), warnings: input.warnings.map(redactProblem) };
}
