import type { Trouble, WaitedApplication, WaitProgress, WaitReport } from '../../core/wait-report.ts';
import type { Desk } from '../desk.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** How a terminal takes back the line that it is on. */
const CLEAR = '\r\u001b[K';
const TICK_MS = 1_000;

/** Tells what is waited for until it is disposed of. */
interface Progress extends Disposable {
  readonly tell: (progress: WaitProgress) => void;
}

/**
 * Prints what is waited for as it changes, with the time that has passed; on a terminal that time goes on in a last
 * line, so that a long wait is not taken for a dead one.
 */
export function openProgress({ printer, palettes: { stderr }, errorsToTerminal }: ProgressDesk): Progress {
  const startedMs = Date.now();
  const since = () => stderr.faint(seconds(Date.now() - startedMs).padStart(6));
  const showTime = () => printer.complain(`${CLEAR}${since()} ${stderr.faint('waiting')}`);
  const timer = errorsToTerminal ? setInterval(showTime, TICK_MS) : undefined;
  const clear = errorsToTerminal ? CLEAR : '';
  return {
    tell: ({ application, reason }) => {
      printer.complain(`${clear}${since()} ${stderr.place(printable(application))}: ${printable(reason)}\n`);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      printer.complain(clear);
    },
  };
}

type ProgressDesk = Pick<Desk, 'printer' | 'palettes' | 'errorsToTerminal'>;

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
