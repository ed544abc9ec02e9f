import type { CycleReport } from '../core/report.ts';
import { programShape } from './arguments.ts';
import { chooseAlias, chooseApplication } from './choose.ts';
import type { Commands, CycleOptions, DemoOptions, FinishedCycle, RunOptions } from './commands.ts';
import { completionScript } from './completion/script.ts';
import type { Printer } from './io.ts';
import type { Palette } from './palette.ts';
import { printable } from './printable.ts';
import { renderCycleSummary, renderOutcomes } from './render/cycle.ts';
import { renderDemoEvent } from './render/demo.ts';
import { renderDiff, renderPatch } from './render/diff.ts';
import { explanationDocument, planDocument, renderJson, renderYaml } from './render/documents.ts';
import { renderExplanation } from './render/explanation.ts';
import { renderPlan } from './render/plan.ts';
import { renderProblems } from './render/problems.ts';
import { renderSummary } from './render/summary.ts';
import type { ExplainRequest, PlanFormat, Request } from './request.ts';
import { versionLine } from './version.ts';

/** What every command prints with. */
export interface Desk {
  readonly printer: Printer;
  readonly version: string;
  /** For standard output and for standard error, which may be different things. */
  readonly palettes: { readonly stdout: Palette; readonly stderr: Palette };
  /** Whether a terminal, which obeys control characters, reads standard output. */
  readonly toTerminal: boolean;
}

export const EXIT = { ok: 0, changes: 1, failed: 2 } as const;

/**
 * Does what was asked for and prints what came of it.
 * @returns the exit code
 * @throws {Failure} for what stopped the command as a whole
 */
export async function perform(request: Request, commands: Commands, desk: Desk): Promise<number> {
  switch (request.kind) {
    case 'plan':
      return plan(request, commands, desk);
    case 'explain':
      return explain(request, commands, desk);
    case 'run':
      return run(request.options, commands, desk);
    case 'demo':
      return demo(request.options, commands, desk);
    case 'completion':
      desk.printer.print(completionScript(request.shell, programShape()));
      return EXIT.ok;
    case 'version':
      desk.printer.print(versionLine(desk.version));
      return EXIT.ok;
    case 'help':
      desk.printer.print(request.text);
      return EXIT.ok;
    case 'misuse':
      desk.printer.complain(
        `${desk.palettes.stderr.error('error')}: ${printable(request.message)}\n${request.help ?? ''}`,
      );
      return EXIT.failed;
    default:
      return request satisfies never;
  }
}

async function plan(
  { options, output, exitCode }: { options: CycleOptions; output: PlanFormat; exitCode: boolean },
  commands: Commands,
  desk: Desk,
): Promise<number> {
  const report = await commands.plan(options, desk.printer.signal);
  if (output === 'text') printPlan(report, desk, `${renderSummary(report)}\n`);
  else {
    desk.printer.print(await planData(report, output, desk));
    complainOf(report, desk);
  }
  if (hasFailed(report)) return EXIT.failed;
  return exitCode && hasChanges(report) ? EXIT.changes : EXIT.ok;
}

function planData(report: CycleReport, output: Exclude<PlanFormat, 'text'>, desk: Desk): string | Promise<string> {
  if (output === 'json') return renderJson(planDocument(report));
  if (output === 'yaml') return renderYaml(planDocument(report));
  if (!desk.toTerminal) return renderPatch(report.files);
  return report.files.map(({ diff }) => renderDiff(diff, desk.palettes.stdout)).join('');
}

/** Problems come after what went well and before the last line, which a person sees first. */
function printPlan(report: CycleReport, desk: Desk, lastLine: string): void {
  const body = renderPlan(report, desk.palettes.stdout);
  desk.printer.print(body && `${body}\n`);
  complainOf(report, desk);
  desk.printer.print(lastLine);
}

async function explain(request: ExplainRequest, commands: Commands, desk: Desk): Promise<number> {
  const { application, alias, options, output } = request;
  const choose = (ids: readonly string[]) => chooseApplication(ids, application);
  const whole = await commands.explain(options, choose, desk.printer.signal);
  const report = alias === undefined ? whole : chooseAlias(whole, alias);
  if (output === 'json') desk.printer.print(renderJson(explanationDocument(report.items)));
  else if (output === 'yaml') desk.printer.print(await renderYaml(explanationDocument(report.items)));
  else desk.printer.print(explanationText(report, application, desk));
  complainOf(report, desk);
  return hasFailed(report) ? EXIT.failed : EXIT.ok;
}

function explanationText(report: CycleReport, application: string, desk: Desk): string {
  if (report.items.length === 0 && !hasFailed(report)) return `${printable(application)} names no image to follow\n`;
  return renderExplanation(report.items, desk.palettes.stdout);
}

async function run(options: RunOptions, commands: Commands, desk: Desk): Promise<number> {
  let failed = false;
  const finished = (cycle: FinishedCycle) => {
    failed = hasFailed(cycle.report);
    if (options.dryRun) printPlan(cycle.report, desk, renderCycleSummary(cycle));
    else printCycle(cycle, desk);
  };
  await commands.run(options, finished, desk.printer.signal);
  return options.once && failed ? EXIT.failed : EXIT.ok;
}

function printCycle(cycle: FinishedCycle, desk: Desk): void {
  desk.printer.print(renderOutcomes(cycle.report, desk.palettes.stdout));
  complainOf(cycle.report, desk);
  desk.printer.print(renderCycleSummary(cycle));
}

async function demo(options: DemoOptions, commands: Commands, desk: Desk): Promise<number> {
  let failed = false;
  await commands.demo(
    options,
    (event) => {
      desk.printer.print(renderDemoEvent(event, desk.palettes.stdout));
      if (event.kind !== 'cycle') return;
      complainOf(event.report, desk);
      failed ||= hasFailed(event.report);
    },
    desk.printer.signal,
  );
  return options.once && failed ? EXIT.failed : EXIT.ok;
}

function complainOf(report: CycleReport, desk: Desk): void {
  desk.printer.complain(renderProblems(report, desk.palettes.stderr));
}

function hasFailed({ failures, items }: CycleReport): boolean {
  return failures.length > 0 || items.some((item) => item.outcome === 'failed');
}

function hasChanges({ files, items }: CycleReport): boolean {
  return files.length > 0 || items.some((item) => item.outcome === 'update');
}
