import { type Command, Option } from 'commander';
import { type CheckTarget, hasPassed, parseCheckTarget } from '../../core/registry-check.ts';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedArgument, notEmpty, outputFlag, parsedValue, repeated } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { renderProblems } from '../render/problems.ts';
import { registryChecksDocument, renderRegistryChecks } from '../render/registry-checks.ts';
import { addSettingFlags, givenByFlags } from '../setting-flags.ts';
import type { RegistryCheckOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Flags {
  readonly output: Format;
  readonly filename?: readonly string[];
}

interface CheckOptions extends RegistryCheckOptions {
  readonly output: Format;
}

export const registry: CliCommand = {
  name: 'registry',
  description: 'check registries step by step: what works, what does not, and what to do',
  examples: [
    { command: 'tiphys registry check', what: 'every registry of registries.conf, up to its credentials' },
    { command: 'tiphys registry check ghcr.io', what: 'one registry' },
    { command: 'tiphys registry check ghcr.io/acme/web:1.2', what: 'also its list of tags and one manifest' },
    { command: 'tiphys registry check -f secrets.yaml -o json acme/web', what: 'with Secrets; for scripts' },
  ],
  define(command, { request }) {
    command
      .addArgument(closedArgument('<check>', 'what to do', ['check']))
      .argument('[HOST|IMAGE...]', 'what to check; absent: every registry that is configured', target)
      .addOption(
        new Option(
          '-f, --filename <path>',
          'Secrets: file, folder or - for standard input; may be repeated; absent: those of the cluster',
        ).argParser(repeated(notEmpty)),
      );
    addSettingFlags(command, 'test');
    command
      .addOption(outputFlag(FORMATS))
      .action((_check: string, targets: readonly CheckTarget[] | undefined, flags: Flags) => {
        request(checkOptions(targets ?? [], flags, command), perform);
      });
  },
};

function checkOptions(targets: readonly CheckTarget[], flags: Flags, command: Command): CheckOptions {
  const { output, filename: filenames = [] } = flags;
  return { targets, filenames, settings: givenByFlags(command, 'test'), output };
}

function target(text: string, before: readonly CheckTarget[] | undefined): readonly CheckTarget[] {
  return [...(before ?? []), parsedValue(parseCheckTarget(text))];
}

async function perform({ output, ...asked }: CheckOptions, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes } = desk;
  const { checks, failures, warnings } = await work.checkRegistries(asked, printer.signal);
  if (output === 'json') printer.print(renderJson(registryChecksDocument(checks)));
  else printer.print(renderRegistryChecks(checks, palettes.stdout));
  printer.complain(renderProblems({ failures, warnings }, palettes.stderr));
  if (failures.length > 0) return EXIT.failed;
  return checks.every(hasPassed) ? EXIT.ok : EXIT.testFailed;
}
