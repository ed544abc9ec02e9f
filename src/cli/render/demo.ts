import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import type { DemoEvent } from '../work.ts';
import { renderCommitLine } from './cycle.ts';
import { renderDiff } from './diff.ts';
import { renderItemLine } from './item.ts';
import { renderChange } from './plan.ts';

/** What the demo tells while it goes: what was seen, what was decided and why, and the commit that followed. */
export function renderDemoEvent(event: DemoEvent, palette: Palette): string {
  switch (event.kind) {
    case 'started':
      return renderStart(event, palette);
    case 'tag':
      return `\n${palette.place('new tag')} ${printable(event.image)}:${printable(event.tag)}\n`;
    case 'cycle':
      return renderCycle(event, palette);
    default:
      return event satisfies never;
  }
}

function renderStart(event: DemoEvent & { readonly kind: 'started' }, palette: Palette): string {
  const lines = [
    palette.heading(
      'A registry, a Git server and Tiphys are running. Ctrl-C ends all three and leaves nothing behind.',
    ),
    `  registry  ${printable(event.registry)}`,
    `  push      ${printable(event.pushCommand)}`,
    `  clone     git clone ${printable(event.cloneURL)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A cycle in which nothing happened says nothing. */
function renderCycle({ report }: DemoEvent & { readonly kind: 'cycle' }, palette: Palette): string {
  const changes = report.items.filter((item) => item.outcome === 'update').map((item) => renderChange(item, palette));
  const others = report.items
    .filter((item) => item.outcome === 'held' || item.outcome === 'failed')
    .map((item) => renderItemLine(item, palette));
  const commits = report.commits.map((commit) => renderCommitLine(commit, palette));
  const diffs = report.files.map((file) => renderDiff(file.diff, palette));
  const blocks = [...changes, others.join(''), commits.join(''), ...diffs].filter((block) => block !== '');
  return blocks.map((block) => `\n${block}`).join('');
}
