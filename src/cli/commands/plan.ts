import type { CycleReport, ItemReport } from '../../core/report.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { outputFlag } from '../flags.ts';
import { complainOf, printPlan } from '../print-report.ts';
import { renderDiff, renderPatch } from '../render/diff.ts';
import { planDocument, renderJson, renderYaml } from '../render/documents.ts';
import { renderSummary } from '../render/summary.ts';
import type { CycleOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json', 'yaml', 'diff'] as const;
type Format = (typeof FORMATS)[number];

type Flags = CycleFlags & { readonly output: Format; readonly exitCode?: true };

interface PlanOptions extends CycleOptions {
  readonly output: Format;
  /** Whether changes make an exit code of their own. */
  readonly exitCode: boolean;
}

export const plan: CliCommand = {
  name: 'plan',
  description: 'print what run would do, and change nothing',
  examples: [
    { command: 'tiphys plan -f apps/', what: 'what a run would change, with diffs' },
    { command: 'tiphys plan -n argocd', what: 'the Applications of the cluster that kubectl would ask' },
    { command: 'tiphys plan -f apps/ -o diff | git apply', what: 'apply it to a work tree by hand' },
    { command: 'tiphys plan -f apps/ --exit-code -o json', what: 'for scripts: exit 1 when there are changes' },
  ],
  define(command, context) {
    addCycleFlags(command, 'plan');
    command
      .addOption(outputFlag(FORMATS))
      .option('--exit-code', 'exit 1 when there are changes')
      .action((flags: Flags) => {
        const { output, exitCode = false } = flags;
        const options: PlanOptions = { ...cycleOptions(flags, command, 'plan', context), output, exitCode };
        context.request(options, perform);
      });
  },
};

async function perform(options: PlanOptions, desk: Desk, work: Work): Promise<number> {
  const { output, exitCode } = options;
  const report = await work.plan(options, desk.printer.signal);
  if (output === 'text') printPlan(report, desk, `${renderSummary(report)}\n`);
  else {
    desk.printer.print(await planData(report, output, desk));
    complainOf(report, desk);
  }
  if (hasFailed(report)) return EXIT.failed;
  return exitCode && hasChanges(report) ? EXIT.changes : EXIT.ok;
}

function planData(report: CycleReport, output: Exclude<Format, 'text'>, desk: Desk): string | Promise<string> {
  if (output === 'json') return renderJson(planDocument(report));
  if (output === 'yaml') return renderYaml(planDocument(report));
  if (!desk.toTerminal) return renderPatch(report.files);
  return report.files.map(({ diff }) => renderDiff(diff, desk.palettes.stdout)).join('');
}

function hasChanges({ files, items }: CycleReport): boolean {
  // What an open request says already waits for a person, not for a run.
  const isOpen = ({ pullRequest }: ItemReport) => pullRequest !== undefined && pullRequest.state !== 'planned';
  return files.length > 0 || items.some((item) => item.outcome === 'update' && !isOpen(item));
}
