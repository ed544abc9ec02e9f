import type { StepResult } from '../../core/set-image-report.ts';

/** What a step tells those behind it, whatever its outcomes are called. */
export type StepOutputs = Omit<StepResult, 'outcome'> & { readonly outcome: string };

/** For whom outputs are written. */
export type StepFormat = 'dotenv' | 'github-output';

export function formatStepOutputs(outputs: StepOutputs, format: StepFormat): string {
  const variables = stepOutputs(outputs);
  if (format === 'dotenv') return formatDotenv(variables);
  // The global one, because importing node:crypto takes a tenth of the whole command.
  return formatGithubOutput(variables, `tiphys-${crypto.randomUUID()}`);
}

/** By the name of the variable; "" where there is no such thing, so that no value of an earlier step is taken for it. */
export function stepOutputs({ outcome, commit, branch, pullRequestURL }: StepOutputs): ReadonlyMap<string, string> {
  return new Map([
    ['TIPHYS_OUTCOME', outcome],
    ['TIPHYS_COMMIT', commit ?? ''],
    ['TIPHYS_BRANCH', branch ?? ''],
    ['TIPHYS_PULL_REQUEST_URL', pullRequestURL ?? ''],
  ]);
}

/**
 * Lines of `NAME=value`, which GitLab reads as a dotenv report and a shell with `.`. Quoted only where a shell would
 * read anything else: GitLab keeps quotes.
 */
export function formatDotenv(outputs: ReadonlyMap<string, string>): string {
  return [...outputs].map(([name, value]) => `${name}=${shellWord(value)}\n`).join('');
}

function shellWord(value: string): string {
  return /^[\w./:@%+=,-]*$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/**
 * What a step of GitHub Actions appends to the file of GITHUB_OUTPUT.
 * @param delimiter  that nobody can guess, so that no value can end early and add an output of its own
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands "Multiline strings"
 */
export function formatGithubOutput(outputs: ReadonlyMap<string, string>, delimiter: string): string {
  return [...outputs].map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join('');
}
