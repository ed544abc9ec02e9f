import type { CycleReport } from '../../core/report.ts';
import { chooseAlias, chooseApplication } from '../choose.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT, hasFailed } from '../exit-code.ts';
import { outputFlag } from '../flags.ts';
import { complainOf } from '../print-report.ts';
import { printable } from '../printable.ts';
import { explanationDocument, renderJson, renderYaml } from '../render/documents.ts';
import { renderExplanation } from '../render/explanation.ts';
import type { CycleOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json', 'yaml'] as const;
type Format = (typeof FORMATS)[number];

type Flags = CycleFlags & { readonly output: Format };

interface ExplainOptions extends CycleOptions {
  /** "name" or "namespace/name". */
  readonly application: string;
  readonly alias: string | undefined;
  readonly output: Format;
}

export const explain: CliCommand = {
  name: 'explain',
  description: 'say why an image is, or is not, about to be updated',
  examples: [
    { command: 'tiphys explain shop -f apps/', what: 'every image of the Application shop' },
    { command: 'tiphys explain argocd/shop web -f apps/ -o json', what: 'one image, every candidate' },
  ],
  define(command, context) {
    command.argument('<APP>', 'name or namespace/name of an Application').argument('[ALIAS]', 'one of its images');
    addCycleFlags(command, 'explain');
    command.addOption(outputFlag(FORMATS)).action((application: string, alias: string | undefined, flags: Flags) => {
      const cycle = cycleOptions(flags, command, 'explain', context);
      const options: ExplainOptions = { ...cycle, application, alias, output: flags.output };
      context.request(options, perform);
    });
  },
};

async function perform(options: ExplainOptions, desk: Desk, work: Work): Promise<number> {
  const { application, alias, output } = options;
  const choose = (ids: readonly string[]) => chooseApplication(ids, application);
  const whole = await work.explain(options, choose, desk.printer.signal);
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
