import { Option } from 'commander';
import type { CliCommand } from '../cli-command.ts';
import { addFileFlags, type CycleFlags, fileOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedArgument, objectName, outputFlag } from '../flags.ts';
import { renderManifests, renderMigrationNotes, renderSketch } from '../render/migration.ts';
import { renderProblems } from '../render/problems.ts';
import type { MigrateOptions, Work } from '../work.ts';

const FORMATS = ['yaml', 'json'] as const;

interface Flags extends CycleFlags {
  readonly name: string;
  readonly output: (typeof FORMATS)[number];
}

type PrintOptions = MigrateOptions & Pick<Flags, 'output'>;

export const migrate: CliCommand = {
  name: 'migrate',
  description: 'print the ImageUpdater objects that mean the same as another configuration',
  examples: [
    { command: 'tiphys migrate annotations -f apps/ > image-updaters.yaml', what: "of Applications' annotations" },
    {
      command: 'kubectl get applications -A -o yaml | tiphys migrate annotations -f - | kubectl apply -f -',
      what: 'those of a cluster, in one go',
    },
    { command: 'tiphys migrate flux -f clusters/ -f apps/', what: "of Flux's image automation" },
  ],
  define(command, context) {
    command.addArgument(closedArgument('<FROM>', 'what is translated', ['annotations', 'flux']));
    addFileFlags(command, 'migrate');
    command
      .addOption(
        new Option('--name <name>', 'of the objects, one for each namespace')
          .default('tiphys-migrated')
          .argParser(objectName),
      )
      .addOption(outputFlag(FORMATS))
      .action((from: MigrateOptions['from'], flags: Flags) => {
        const { name, output } = flags;
        const options: PrintOptions = { ...fileOptions(flags, command, 'migrate', context), from, name, output };
        context.request(options, perform);
      });
  },
};

async function perform({ output, ...options }: PrintOptions, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes } = desk;
  const migration = await work.migrate(options, printer.signal);
  printer.print(await renderManifests(migration, output));
  // JSON has no comments.
  if (output === 'json') printer.complain(renderSketch(migration.sketch, ''));
  printer.complain(renderMigrationNotes(migration.notes, palettes.stderr));
  printer.complain(renderProblems({ failures: migration.failures, warnings: [] }, palettes.stderr));
  return migration.failures.length > 0 ? EXIT.failed : EXIT.ok;
}
