import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { outputFlag } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { policyTestsDocument, renderPolicyTests } from '../render/policy-tests.ts';
import { renderProblems } from '../render/problems.ts';
import type { Work } from '../work.ts';

const FORMATS = ['text', 'json'] as const;

interface Flags {
  readonly output: (typeof FORMATS)[number];
}

interface TestPolicyOptions extends Flags {
  /** Files, folders and "-" for standard input. */
  readonly filenames: readonly string[];
}

export const testPolicy: CliCommand = {
  name: 'test-policy',
  description: 'run unit tests of policies',
  examples: [
    { command: 'tiphys test-policy policy-tests.yaml', what: 'failures in detail; exit 1 when there are any' },
    {
      command: 'generate-cases | tiphys test-policy -o json -',
      what: 'JSON Lines, one test a line; a JSON array back',
    },
  ],
  define(command, { request }) {
    command
      .argument('<FILE...>', 'tests in YAML, JSON or JSON Lines (docs/policy-tests.md); - for standard input')
      .addOption(outputFlag(FORMATS))
      .action((filenames: readonly string[], { output }: Flags) => {
        const options: TestPolicyOptions = { filenames, output };
        request(options, perform);
      });
  },
};

async function perform({ filenames, output }: TestPolicyOptions, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes } = desk;
  const report = await work.testPolicies(filenames, printer.signal);
  if (output === 'json') printer.print(renderJson(policyTestsDocument(report.results)));
  else printer.print(renderPolicyTests(report.results, palettes.stdout));
  printer.complain(renderProblems(report, palettes.stderr));
  if (report.failures.length > 0) return EXIT.failed;
  return report.results.every(({ ok }) => ok) ? EXIT.ok : EXIT.testFailed;
}
