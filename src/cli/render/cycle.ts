import type { CommitReport, CycleReport, ItemReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import type { FinishedCycle } from '../work.ts';
import { itemMove, itemName, renderItemLine } from './item.ts';
import { renderSummary } from './summary.ts';

/** A cycle that wrote: a line for each image that is not current, then the commits. */
export function renderOutcomes(report: CycleReport, palette: Palette): string {
  const items = report.items.filter((item) => item.outcome !== 'current');
  const lines = items.map((item) =>
    item.outcome === 'update' ? renderUpdateLine(item, palette) : renderItemLine(item, palette),
  );
  return [...lines, ...report.commits.map((commit) => renderCommitLine(commit, palette))].join('');
}

/** "3 updates in 1 commit, 12 current, 0 held, 0 failed (1.2 s)". */
export function renderCycleSummary({ report, tookMs }: FinishedCycle): string {
  return `${renderSummary(report)} (${(tookMs / 1000).toFixed(1)} s)\n`;
}

function renderUpdateLine(item: ItemReport, palette: Palette): string {
  return `${palette.added('updated')} ${itemName(item)} ${itemMove(item)}: ${printable(item.reason)}\n`;
}

export function renderCommitLine({ commit, message, branch, repoURL }: CommitReport, palette: Palette): string {
  const [subject = ''] = message.split('\n');
  const where = palette.faint(`(${printable(branch)} of ${printable(repoURL)})`);
  return `${palette.heading('commit')}  ${palette.place(printable(commit.slice(0, 10)))} ${printable(subject)} ${where}\n`;
}
