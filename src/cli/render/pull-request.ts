import type { PullRequestReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** "https://git.example/pulls/7 (open)"; one that is not there yet by its branches. */
export function pullRequestText({ url, head, base, state, remarks }: PullRequestReport): string {
  const where = url ?? `${head} into ${base}`;
  return printable([`${where} (${state})`, ...remarks].join('; '));
}

/** What became of a request, in one line. */
export function renderPullRequestLine(request: PullRequestReport, palette: Palette): string {
  const { title, repoURL, base } = request;
  const where = palette.faint(`(${printable(base)} of ${printable(repoURL)})`);
  return `${palette.heading('request')} ${palette.place(pullRequestText(request))} ${printable(title)} ${where}\n`;
}
