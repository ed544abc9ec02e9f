import type { Trouble, WaitedApplication, WaitProgress, WaitReport } from '../../core/wait-report.ts';
import type { Desk } from '../desk.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** Prints what is waited for as it changes, with the time that has passed. */
export function openProgress({ printer, palettes: { stderr } }: Pick<Desk, 'printer' | 'palettes'>) {
  let startedMs: number | undefined;
  return {
    tell: ({ application, atMs, reason }: WaitProgress): void => {
      startedMs ??= atMs;
      const since = seconds(atMs - startedMs).padStart(5);
      printer.complain(`${stderr.faint(since)} ${stderr.place(printable(application))}: ${printable(reason)}\n`);
    },
  };
}

/** A line for each Application, and below those that did not get there what stands in the way. */
export function renderWait({ applications }: WaitReport, palette: Palette): string {
  return applications.flatMap((one) => renderOne(one, palette)).join('');
}

/** The same as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function waitDocument({ applications }: WaitReport): readonly object[] {
  return applications.map(({ application, revisions, outcome, tookMs }) => {
    const { kind } = outcome;
    const reason = kind === 'done' ? null : kind === 'unknown' ? outcome.problem.message : outcome.reason;
    const troubles = kind === 'failed' || kind === 'timed-out' ? outcome.troubles : [];
    return { application, outcome: kind, revisions, reason, troubles, tookMs };
  });
}

function renderOne(
  { application, revisions, outcome, tookMs }: WaitedApplication,
  palette: Palette,
): readonly string[] {
  const name = palette.heading(printable(application));
  const time = `after ${seconds(tookMs)}`;
  switch (outcome.kind) {
    case 'done': {
      const at = revisions.length === 0 ? '' : ` at ${revisions.map(printable).join(', ')}`;
      return [`${name}: ${palette.added('synced and healthy')}${at} ${time}\n`];
    }
    case 'failed':
      return [
        `${name}: ${palette.error('failed')} ${time}: ${printable(outcome.reason)}\n`,
        ...outcome.troubles.map(renderTrouble),
      ];
    case 'timed-out':
      return [
        `${name}: ${palette.warning('time is over')} ${time}: ${printable(outcome.reason)}\n`,
        ...outcome.troubles.map(renderTrouble),
      ];
    case 'unknown':
      return [];
    default:
      return outcome satisfies never;
  }
}

function renderTrouble({ resource, state, reasons }: Trouble): string {
  const head = `  ${printable(resource)}${state === '' ? '' : ` (${printable(state)})`}\n`;
  return [head, ...reasons.map((reason) => `    ${printable(reason)}\n`)].join('');
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}
