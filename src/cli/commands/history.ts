import { type Command, InvalidArgumentError } from 'commander';
import { parseTimestamp } from '../../core/timestamp.ts';
import { chooseApplication } from '../choose.ts';
import type { CliCommand, CommandContext } from '../cli-command.ts';
import { addRepositoryFlags, type CycleFlags, repositoryOptions } from '../cycle-flags.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { age, notEmpty, objectName, outputFlag, repeated } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { historyDocument, renderHistory } from '../render/history.ts';
import { renderProblems } from '../render/problems.ts';
import type { HistoryOptions, Since, Work } from '../work.ts';

const FORMATS = ['table', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Flags extends CycleFlags {
  readonly output: Format;
  readonly repo?: readonly string[];
  readonly branch: string;
  readonly project: string;
  readonly image?: string;
  readonly limit: number;
  readonly since?: Since;
}

interface AskedHistory extends HistoryOptions {
  readonly output: Format;
}

export const history: CliCommand = {
  name: 'history',
  description: 'tell from Git which version came when, by whom and in which commit',
  examples: [
    { command: 'tiphys history -f apps/', what: 'the newest changes of all Applications' },
    { command: 'tiphys history shop -f apps/ --since 30d', what: 'those of one Application in the last month' },
    { command: 'tiphys history --repo https://github.com/acme/deploy --image acme/web', what: 'without Applications' },
  ],
  define(command, context) {
    command.argument('[APP]', 'an Application, by its name or as namespace/name', notEmpty);
    addRepositoryFlags(command, 'Applications, Secrets and ConfigMaps');
    command
      .option('--repo <url>', 'a repoURL, instead of those of Applications; may be repeated', repeated(notEmpty))
      .option('--branch <branch>', 'the branch of --repo; absent: the default branch', '')
      .option('--project <name>', 'AppProject whose repository Secrets count for --repo', objectName, 'default')
      .option('--image <name>', 'only an image, by its alias, its name, or the end of its name', notEmpty)
      .option('--limit <number>', 'how many changes, the newest ones', limit, 50)
      .option('--since <duration|date>', 'only what is not older: 90d, 12h, 2024-05-31, 2024-05-31T10:00:00Z', since)
      .addOption(outputFlag(FORMATS))
      .action((application: string | undefined, flags: Flags) => {
        context.request(askedHistory(application, flags, command, context), perform);
      });
  },
};

function askedHistory(
  application: string | undefined,
  flags: Flags,
  command: Command,
  context: CommandContext,
): AskedHistory {
  const { repo: repoURLs = [], branch, project, image, limit: most, since: from, output, filename } = flags;
  if (repoURLs.length === 0 && filename === undefined)
    command.error('error: give --repo <url>, or Applications with -f');
  if (repoURLs.length === 0 && branch !== '') command.error('error: --branch needs --repo <url>');
  const isProjectGiven = command.getOptionValueSource('project') === 'cli';
  if (repoURLs.length === 0 && isProjectGiven) command.error('error: --project needs --repo <url>');
  const asked = { repoURLs, branch, project, application, image, most, since: from, output };
  return { ...repositoryOptions(flags, command, context), ...asked };
}

async function perform(options: AskedHistory, { printer, palettes }: Desk, work: Work): Promise<number> {
  const { output, ...asked } = options;
  const choose = (ids: readonly string[]) => chooseApplication(ids, asked.application ?? '');
  const report = await work.history(asked, choose, printer.signal);
  if (output === 'json') printer.print(renderJson(historyDocument(report)));
  // Where somebody could not be asked, it is not known that there are none.
  else if (report.entries.length > 0 || report.failures.length === 0) {
    printer.print(renderHistory(report.entries, palettes.stdout));
  }
  printer.complain(renderProblems(report, palettes.stderr));
  return report.failures.length > 0 ? EXIT.failed : EXIT.ok;
}

function limit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of 1 or more.');
}

/** An age, or a moment; of a day its beginning in UTC. */
function since(text: string): Since {
  const moment = parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  return moment === undefined ? { agoMs: age(text) } : { atMs: Number(moment / 1_000_000n) };
}
