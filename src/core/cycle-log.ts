import { updaterTotals } from './cycle-totals.ts';
import type { Problem } from './failure.ts';
import type { LogLine } from './log-line.ts';
import type { CycleReport, ItemReport } from './report.ts';

/** What a cycle says in a log: a line for each outcome, and upstream's summary, which many parse. */
export function cycleLog(report: CycleReport, dryRun: boolean, tookMs: number): readonly LogLine[] {
  return [
    ...report.items.map((item) => itemLine(item, dryRun)),
    ...report.commits.map(({ repoURL, branch, commit }): LogLine => {
      return { level: 'info', message: 'commit pushed', fields: { repoURL, branch, commit } };
    }),
    ...report.pullRequests.map(({ repoURL, head, base, url, state }): LogLine => {
      return { level: 'info', message: 'pull request', fields: { repoURL, head, base, url, state } };
    }),
    ...report.warnings.map((problem) => problemLine('warn', problem)),
    ...report.failures.map((problem) => problemLine('error', problem)),
    summaryLine(report, tookMs),
  ];
}

/** A warning or a failure. */
export function problemLine(level: 'warn' | 'error', { code, object, message, fix }: Problem): LogLine {
  return { level, message, fields: { code, object, fix } };
}

function itemLine(
  { application, alias, image, from, to, outcome, rule, reason }: ItemReport,
  dryRun: boolean,
): LogLine {
  const fields = { application, alias, image, from, to, rule, reason };
  switch (outcome) {
    case 'update':
      return { level: 'info', message: dryRun ? 'image would be updated' : 'image updated', fields };
    case 'held':
      return { level: 'info', message: 'image held', fields };
    case 'current':
      return { level: 'debug', message: 'image up to date', fields };
    case 'none':
      return { level: 'debug', message: 'image skipped', fields };
    case 'failed':
      // Its failure has a line of its own, which one broken registry shares among all its images.
      return { level: 'debug', message: 'image failed', fields };
    default:
      return outcome satisfies never;
  }
}

function summaryLine({ items }: CycleReport, tookMs: number): LogLine {
  const { applications, considered, skipped, updated, errors } = updaterTotals(items);
  const counts = `applications=${applications} images_considered=${considered} images_skipped=${skipped}`;
  const message = `Processing results: ${counts} images_updated=${updated} errors=${errors}`;
  return { level: 'info', message, fields: { tookMs: Math.round(tookMs) } };
}
