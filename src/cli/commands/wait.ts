import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Given, givenByEnvironment } from '../../config/settings/settings.ts';
import { SETTINGS } from '../../config/settings/settings-catalogue.ts';
import { parseImageReference } from '../../core/reference.ts';
import type { WaitReport } from '../../core/wait-report.ts';
import type { CliCommand, CommandContext } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { durationFlag, notEmpty, objectName, outputFlag, parsedValue, repeated } from '../flags.ts';
import { renderJson } from '../render/documents.ts';
import { renderProblems } from '../render/problems.ts';
import { openProgress, renderWait, waitDocument } from '../render/wait.ts';
import { addSettingFlags, givenByFlags } from '../setting-flags.ts';
import type { WaitOptions, Work } from '../work.ts';

const FORMATS = ['text', 'json'] as const;

interface Flags {
  readonly namespace?: string;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly image?: readonly string[];
  readonly commit?: string;
  readonly repo?: string;
  readonly branch: string;
  readonly sync?: true;
  readonly timeout: number;
  readonly grace: number;
  readonly output: (typeof FORMATS)[number];
}

interface AskedWait extends WaitOptions {
  readonly output: Flags['output'];
}

export const wait: CliCommand = {
  name: 'wait',
  description: 'wait until Applications are synced to a commit, healthy and running an image',
  details: ['Exit codes: 0 done, 1 failed or degraded, 2 it could not be asked, 3 time is over.'],
  examples: [
    { command: 'tiphys wait shop --timeout 5m', what: 'after `set-image`: TIPHYS_COMMIT names the commit' },
    { command: 'tiphys wait shop --image registry.example.com/web:1.4.2 --sync', what: 'ask for a sync, too' },
    { command: 'tiphys wait shop --commit "$SHA" --repo "$URL"', what: 'others may commit meanwhile' },
    { command: 'tiphys wait -l app=shop --applications-api argocd', what: "several, over Argo CD's API" },
  ],
  define(command, context) {
    command
      .argument('[APP...]', 'Applications, by name or as namespace/name', repeated(applicationName))
      .option('-n, --namespace <name>', "of Applications that name none; absent: Argo CD's own", objectName)
      .addOption(new Option('-A, --all-namespaces', 'with -l: in all namespaces').conflicts('namespace'))
      .option('-l, --selector <labels>', 'the Applications with such labels: a=b,c!=d,e in (f,g)', notEmpty)
      .option('--commit <sha>', 'the commit to contain; absent: TIPHYS_COMMIT, else what the sources say now', commitId)
      .option('--repo <url>', 'the repoURL of the commit, so that later commits that contain it count too', notEmpty)
      .addOption(new Option('--branch <branch>', 'of --repo').default('', 'the one that the Application follows'))
      .option('--image <image>', 'an image that is to be used; may be repeated', repeated(image))
      .option('--sync', 'ask for a sync, once none is under way')
      .addOption(durationFlag('--timeout <duration>', 'how long to wait at most', '10m'))
      .addOption(durationFlag('--grace <duration>', 'how long Degraded, and what else may pass, must last', '30s'))
      .addOption(outputFlag(FORMATS));
    addSettingFlags(command, 'wait');
    command.action((applications: readonly string[] | undefined, flags: Flags) => {
      context.request(askedWait(applications ?? [], flags, command, context), perform);
    });
  },
};

function askedWait(
  applications: readonly string[],
  flags: Flags,
  command: Command,
  { env, defaultStateDir }: CommandContext,
): AskedWait {
  const { selector, namespace, repo: repoURL, branch, output } = flags;
  if (applications.length === 0 && selector === undefined) command.error('error: name an Application, or give -l');
  if (applications.length > 0 && selector !== undefined) command.error('error: -l goes without names');
  if (flags.allNamespaces && selector === undefined) command.error('error: -A needs -l <labels>');
  if (repoURL === undefined && branch !== '') command.error('error: --branch needs --repo <url>');
  const given: readonly Given[] = [...givenByFlags(command, 'wait'), ...givenByEnvironment(SETTINGS, env)];
  return {
    ...{ applications, selector, namespace, repoURL, branch, output, given, defaultStateDir },
    isEverywhere: flags.allNamespaces ?? false,
    commit: flags.commit ?? commitFrom(env, command),
    images: (flags.image ?? []).map((text) => parsedValue(parseImageReference(text))),
    isSynced: flags.sync ?? false,
    timeoutMs: flags.timeout,
    graceMs: flags.grace,
  };
}

/** What `set-image` has handed on; empty where it changed nothing. */
function commitFrom(env: CommandContext['env'], command: Command): string | undefined {
  const text = env['TIPHYS_COMMIT'];
  if (!text) return undefined;
  try {
    return commitId(text);
  } catch {
    return command.error('error: TIPHYS_COMMIT holds no commit');
  }
}

async function perform({ output, ...asked }: AskedWait, desk: Desk, work: Work): Promise<number> {
  const { printer, palettes } = desk;
  const report = await waitWithProgress(asked, desk, work);
  if (output === 'json') printer.print(renderJson(waitDocument(report)));
  else printer.print(renderWait(report, palettes.stdout));
  const failures = report.applications.flatMap(({ outcome }) => (outcome.kind === 'unknown' ? [outcome.problem] : []));
  printer.complain(renderProblems({ failures, warnings: [] }, palettes.stderr));
  return exitCode(report);
}

async function waitWithProgress(asked: WaitOptions, desk: Desk, work: Work): Promise<WaitReport> {
  using progress = openProgress(desk);
  return await work.wait(asked, progress.tell, desk.printer.signal);
}

/** What is worse to know counts: an Application that could not be asked, one that failed, one that took too long. */
function exitCode({ applications }: WaitReport): number {
  const kinds = new Set(applications.map(({ outcome }) => outcome.kind));
  if (kinds.has('unknown')) return EXIT.failed;
  if (kinds.has('failed')) return EXIT.unhealthy;
  return kinds.has('timed-out') ? EXIT.timedOut : EXIT.ok;
}

function applicationName(text: string): string {
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0) throw new InvalidArgumentError('It must be name or namespace/name.');
  return second === undefined ? objectName(first) : `${objectName(first)}/${objectName(second)}`;
}

function commitId(text: string): string {
  if (/^[0-9a-fA-F]{7,64}$/.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be the object id of a commit, of 7 hex digits or more.');
}

function image(text: string): string {
  parsedValue(parseImageReference(text));
  return text;
}
