import type { CliCommand } from '../cli-command.ts';
import { addCycleFlags, type CycleFlags, cycleOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { age, outputFlag } from '../flags.ts';
import { credentialsDocument, renderCredentials, renderUnknownAges } from '../render/credentials.ts';
import { renderJson } from '../render/documents.ts';
import { renderProblems } from '../render/problems.ts';
import type { CycleOptions, Work } from '../work.ts';

const FORMATS = ['table', 'json'] as const;
type Format = (typeof FORMATS)[number];

type Flags = CycleFlags & { readonly output: Format; readonly maxAge?: number };

interface CredentialsOptions extends CycleOptions {
  readonly output: Format;
  readonly maxAgeMs: number | undefined;
}

export const credentials: CliCommand = {
  name: 'credentials',
  description: 'name every credential, who uses it, how old it is and when it ends; nobody is asked, no value is shown',
  examples: [
    { command: 'tiphys credentials -f apps/ -f secrets.yaml', what: 'one line for each credential' },
    { command: 'tiphys credentials -f all.yaml --max-age 90d', what: 'exit 1 when a Secret is older than 90 days' },
  ],
  define(command, context) {
    addCycleFlags(command, 'credentials');
    command
      .addOption(outputFlag(FORMATS))
      .option('--max-age <duration>', 'exit 1 when a Secret is older: 90d, 1d12h, 36h', age)
      .action((flags: Flags) => {
        const { output, maxAge: maxAgeMs } = flags;
        context.request({ ...cycleOptions(flags, command, 'credentials', context), output, maxAgeMs }, perform);
      });
  },
};

async function perform(options: CredentialsOptions, { printer, palettes }: Desk, work: Work): Promise<number> {
  const { output, maxAgeMs } = options;
  const audit = await work.auditCredentials(options, maxAgeMs, printer.signal);
  printer.complain(renderProblems(audit, palettes.stderr));
  if (maxAgeMs !== undefined) printer.complain(renderUnknownAges(audit.rows, palettes.stderr));
  if (output === 'json') printer.print(renderJson(credentialsDocument(audit)));
  else printer.print(renderCredentials(audit.rows, palettes.stdout));
  if (audit.failures.length > 0) return EXIT.failed;
  return audit.rows.some(({ isTooOld }) => isTooOld) ? EXIT.testFailed : EXIT.ok;
}
