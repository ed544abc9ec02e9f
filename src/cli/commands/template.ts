import { Argument, Option } from 'commander';
import type { Preview } from '../../core/commits/template-kinds.ts';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedSet, notEmpty } from '../flags.ts';
import { printable } from '../printable.ts';
import type { TemplateOptions, Work } from '../work.ts';

type Kind = TemplateOptions['kind'];

export const template: CliCommand = {
  name: 'template',
  description: 'print what a template of commit messages, branch names or groups gives',
  examples: [
    { command: 'tiphys template commit.template', what: "with upstream's sample data" },
    { command: 'tiphys template --data changes.json commit.template', what: 'with data of your own, as JSON' },
    { command: "echo 'img-{{.SHA256}}' | tiphys template --kind branch -", what: 'the name of a branch' },
  ],
  define(command, { request }) {
    command
      .addArgument(new Argument('[FILE]', "the template; - for standard input; absent: upstream's default text"))
      .addOption(
        closedSet(new Option('--kind <kind>', 'what the template is for').default('commit-message'), [
          'commit-message',
          'branch',
          'pull-request-group',
        ]),
      )
      .addOption(new Option('--data <file>', 'the data that the template sees, as JSON').argParser(notEmpty))
      .action((file: string | undefined, flags: { readonly kind: Kind; readonly data?: string }) => {
        const options: TemplateOptions = { file, kind: flags.kind, data: flags.data };
        request(options, perform);
      });
  },
};

async function perform(options: TemplateOptions, desk: Desk, work: Work): Promise<number> {
  const preview = await work.previewTemplate(options, desk.printer.signal);
  if (preview.kind === 'text') {
    // Exactly the text, so that a script may compare it; a person at a terminal wants the prompt on a line of its own.
    desk.printer.print(desk.toTerminal ? `${preview.text}\n` : preview.text);
    return EXIT.ok;
  }
  desk.printer.complain(`${desk.palettes.stderr.error('error')}: ${printable(complaint(preview, options))}\n`);
  return EXIT.testFailed;
}

function complaint(preview: Exclude<Preview, { kind: 'text' }>, options: TemplateOptions): string {
  const file = named(options.file) ?? 'template';
  switch (preview.kind) {
    case 'failed': {
      const { line, column, message } = preview.problem;
      return `${file}:${line}:${column}: ${message}`;
    }
    case 'bad-data':
      return `${named(options.data) ?? 'data'}: ${preview.problem}`;
    case 'no-text':
      return `${file}: gives no text`;
    default:
      return preview satisfies never;
  }
}

function named(path: string | undefined): string | undefined {
  return path === '-' ? 'standard input' : path;
}
