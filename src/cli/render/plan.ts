import type { CycleReport, ItemReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderDiff } from './diff.ts';
import { itemMove, itemName, renderItemLine, renderTarget } from './item.ts';
import { pullRequestText } from './pull-request.ts';

/** What would change: a block per change, the diff of every file, then a line for each image that stays behind. */
export function renderPlan(report: CycleReport, palette: Palette): string {
  const changes = report.items.filter((item) => item.outcome === 'update').map((item) => renderChange(item, palette));
  const diffs = [...report.files, ...report.patches].map(({ diff }) => renderDiff(diff, palette));
  const others = report.items
    .filter((item) => item.outcome !== 'update' && item.outcome !== 'current')
    .map((item) => renderItemLine(item, palette));
  return [...changes, ...diffs, others.join('')].filter((block) => block !== '').join('\n');
}

/** One change: what moves from where to where, why, and in which file. */
export function renderChange(item: ItemReport, palette: Palette): string {
  const lines = [
    palette.heading(itemName(item)),
    `  ${palette.added(itemMove(item))} (${printable(item.strategy)})`,
    `  ${printable(item.reason)}`,
    ...(item.target === null ? [] : [`  ${palette.faint(renderTarget(item.target))}`]),
    ...(item.pullRequest ? [`  pull request ${pullRequestText(item.pullRequest)}`] : []),
    ...item.notes.map((note) => `  note: ${printable(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}
