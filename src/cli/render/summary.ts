import type { CycleReport } from '../../core/report.ts';

/** "3 updates in 2 files, 12 current, 1 held, 0 failed"; `none` is named only when there are some. */
export function renderSummary(report: CycleReport): string {
  const count = (outcome: string) => report.items.filter((item) => item.outcome === outcome).length;
  const updates = count('update');
  const none = count('none');
  const parts = [
    `${counted(updates, 'update')}${updates > 0 ? ` in ${place(report)}` : ''}`,
    `${count('current')} current`,
    `${count('held')} held`,
    ...(none > 0 ? [`${none} without a version to move to`] : []),
    // One broken registry fails many images, and a broken Application fails before it has any.
    `${Math.max(count('failed'), report.failures.length)} failed`,
  ];
  return parts.join(', ');
}

function place({ files, commits, pullRequests }: CycleReport): string {
  if (commits.length === 0 && files.length === 0 && pullRequests.length > 0) {
    return counted(pullRequests.length, 'pull request');
  }
  return commits.length > 0 ? counted(commits.length, 'commit') : counted(files.length, 'file');
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
