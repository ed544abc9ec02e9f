import type { Finding } from '../../core/finding.ts';
import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { outputFlag } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { findingFields, renderFindings, renderNotes } from '../render/findings.ts';
import { renderGithub } from '../render/github.ts';
import type { CycleOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
type Format = (typeof FORMATS)[number];

type Flags = CycleFlags & { readonly output: Format; readonly online?: true; readonly strict?: true };

interface LintOptions extends CycleOptions {
  readonly output: Format;
  readonly online: boolean;
  /** Whether warnings make it fail too. */
  readonly strict: boolean;
}

export const lint: CliCommand = {
  name: 'lint',
  description: 'find what is wrong or pointless in configuration, each with its line and remedy',
  examples: [
    { command: 'tiphys lint -f apps/', what: 'everything at once; exit 1 when there are errors' },
    { command: 'tiphys lint -f apps/ --registries-conf-path registries.conf --online', what: 'ask the registries too' },
    { command: 'tiphys lint -f apps/ --strict -o sarif > tiphys.sarif', what: 'for a code host; warnings fail too' },
  ],
  define(command, context) {
    addCycleFlags(command, 'lint');
    command
      .addOption(outputFlag(FORMATS))
      .option('--online', 'ask the registries: is there a tag that each image may move to?')
      .option('--strict', 'exit 1 for warnings too')
      .action((flags: Flags) => {
        const { output, online = false, strict = false } = flags;
        const options: LintOptions = { ...cycleOptions(flags, command, 'lint', context), output, online, strict };
        context.request(options, perform);
      });
  },
};

async function perform(options: LintOptions, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes, version } = desk;
  const { output, online, strict } = options;
  const report = await work.lint(options, online, printer.signal);
  printer.complain(renderNotes(report.notes, palettes.stderr));
  if (output === 'text') printer.print(renderFindings(report, palettes.stdout));
  else printer.print(await findingsFor(output, report.findings, version));
  if (report.isIncomplete) return EXIT.failed;
  const isBad = ({ severity }: Finding) => strict || severity === 'error';
  return report.findings.some(isBad) ? EXIT.testFailed : EXIT.ok;
}

async function findingsFor(
  output: Exclude<Format, 'text'>,
  findings: readonly Finding[],
  version: string,
): Promise<string> {
  if (output === 'github') return renderGithub(findings);
  if (output === 'json') return renderJson(findings.map(findingFields));
  const { sarifLog } = await import('../render/sarif.ts');
  return renderJson(sarifLog(findings, version));
}
