import type { CommitReport, CycleReport, ItemReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import type { FinishedCycle } from '../work.ts';
import { itemMove, itemName, renderItemLine } from './item.ts';
import { renderPullRequestLine } from './pull-request.ts';
import { renderSummary } from './summary.ts';

/** A cycle that wrote: a line for each image that is not current, then the commits, then the pull requests. */
export function renderOutcomes(report: CycleReport, palette: Palette): string {
  const items = report.items.filter((item) => item.outcome !== 'current');
  const lines = items.map((item) =>
    item.outcome === 'update' ? renderUpdateLine(item, palette) : renderItemLine(item, palette),
  );
  const commits = report.commits.map((commit) => renderCommitLine(commit, palette));
  const requests = report.pullRequests.map((request) => renderPullRequestLine(request, palette));
  return [...lines, ...commits, ...requests].join('');
}

/** "3 updates in 1 commit, 12 current, 0 held, 0 failed (1.2 s)". */
export function renderCycleSummary({ report, tookMs }: FinishedCycle): string {
  return `${renderSummary(report)} (${(tookMs / 1000).toFixed(1)} s)\n`;
}

function renderUpdateLine(item: ItemReport, palette: Palette): string {
  const did = item.pullRequest ? 'proposed' : 'updated';
  return `${palette.added(did)} ${itemName(item)} ${itemMove(item)}: ${printable(item.reason)}\n`;
}

export function renderCommitLine({ commit, message, branch, repoURL }: CommitReport, palette: Palette): string {
  const [subject = ''] = message.split('\n');
  const where = palette.faint(`(${printable(branch)} of ${printable(repoURL)})`);
  return `${palette.heading('commit')}  ${palette.place(printable(commit.slice(0, 10)))} ${printable(subject)} ${where}\n`;
}
