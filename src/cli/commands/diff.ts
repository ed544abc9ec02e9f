import { givenByEnvironment } from '../../config/settings/settings.ts';
import { SETTINGS } from '../../config/settings/settings-catalogue.ts';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { notEmpty, outputFlag } from '../flags.ts';
import { printable } from '../printable.ts';
import { renderJson } from '../render/documents.ts';
import { environmentDiffDocument, renderEnvironmentDiff } from '../render/environment-diff.ts';
import { addSettingFlags, givenByFlags } from '../setting-flags.ts';
import type { DiffOptions, Work } from '../work.ts';

const FORMATS = ['table', 'json'] as const;

interface AskedDiff extends DiffOptions {
  readonly output: (typeof FORMATS)[number];
}

export const diff: CliCommand = {
  name: 'diff',
  description: 'show which images differ between two environments',
  details: [
    'Images are compared by the name that manifests call them; of Helm values, and of Helm parameters, by their keys.',
    'Exit codes, as kubectl diff has them: 0 nothing differs, 1 something does, 2 an error.',
  ],
  examples: [
    { command: 'tiphys diff envs/staging envs/production', what: 'two kustomizations, or folders of manifests' },
    { command: 'tiphys diff values-staging.yaml values-production.yaml', what: 'what two Helm values files say' },
    { command: 'tiphys diff shop-staging shop-production -o json', what: 'two Applications of the cluster' },
  ],
  define(command, context) {
    command
      .argument('<ENV>', 'a file, a folder, or an Application by name or as namespace/name', notEmpty)
      .argument('<ENV>', 'the other one', notEmpty)
      .addOption(outputFlag(FORMATS));
    addSettingFlags(command, 'diff');
    command.action((left: string, right: string, { output }: Pick<AskedDiff, 'output'>) => {
      const { env, defaultStateDir } = context;
      const given = [...givenByFlags(command, 'diff'), ...givenByEnvironment(SETTINGS, env)];
      const options: AskedDiff = { environments: [left, right], given, defaultStateDir, output };
      context.request(options, perform);
    });
  },
};

async function perform({ output, ...asked }: AskedDiff, { printer, palettes }: Desk, work: Work): Promise<number> {
  const report = await work.diff(asked, printer.signal);
  if (output === 'json') printer.print(renderJson(environmentDiffDocument(report)));
  else printer.print(renderEnvironmentDiff(report, palettes.stdout));
  for (const reason of report.unread)
    printer.complain(`${palettes.stderr.warning('note')}: not read: ${printable(reason)}\n`);
  return report.differences.length > 0 ? EXIT.changes : EXIT.ok;
}
