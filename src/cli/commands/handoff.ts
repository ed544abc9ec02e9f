import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HandoffReport } from '../../core/handoff/report.ts';
import { formatReference, parseImageReference } from '../../core/reference.ts';
import type { CliCommand, CommandContext } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { durationFlag, notEmpty, orderNumber, outputFlag, parsedValue, repeated } from '../flags.ts';
import { handOn } from '../hand-on.ts';
import { HANDOFF_FORMATS, type HandoffFormat, printHandoff, renderStanding } from '../render/handoff.ts';
import type { HandOffOptions, Work } from '../work.ts';

interface Flags {
  readonly server?: string;
  readonly application?: readonly string[];
  readonly selector?: string;
  readonly order?: number;
  readonly tokenEnv?: string;
  readonly audience?: string;
  readonly caFile?: string;
  readonly wait?: true;
  readonly timeout: number;
  readonly failIfSuperseded?: true;
  readonly output: HandoffFormat;
}

interface AskedHandOff extends HandOffOptions {
  readonly failsIfSuperseded: boolean;
  readonly output: HandoffFormat;
  readonly githubOutput: string | undefined;
}

export const handoff: CliCommand = {
  name: 'handoff',
  description: "hand an image off to tiphys serve, with the pipeline's own identity instead of a Git token",
  details: ['Exit codes: 0 handed off or done, 1 refused by the policy or failed, 2 error, 3 time is over.'],
  examples: [
    {
      command: 'tiphys handoff registry.example.com/shop:1.4.2@sha256:… --server https://tiphys.example.com --wait',
      what: 'in GitHub Actions, with --audience',
    },
    {
      command: 'tiphys handoff "$IMAGE@$DIGEST" --server "$URL" --token-env TIPHYS_TOKEN --application argocd/shop',
      what: 'in GitLab CI, where id_tokens: names the variable',
    },
  ],
  define(command, context) {
    command
      .argument('<IMAGE...>', 'registry/repository:tag@digest, as the push printed it', repeated(pushedImage))
      .option('--server <url>', 'where tiphys serve is; absent: TIPHYS_SERVER', notEmpty)
      .option(
        '--application <name>',
        'only this Application, by name or as namespace/name; may be repeated',
        repeated(notEmpty),
      )
      .addOption(new Option('-l, --selector <labels>', 'only Applications with such labels').conflicts('application'))
      .option('--order <number>', 'which build it is, where the rule lets the pipeline say so', orderNumber)
      .option(
        '--token-env <name>',
        "the variable that holds the pipeline's token; absent: GitHub is asked for one",
        notEmpty,
      )
      .option('--audience <audience>', 'what GitHub makes the token for, as handoff.yaml has it', notEmpty)
      .option('--ca-file <file>', 'certificates that the server is trusted by, instead of the usual ones', notEmpty)
      .option('--wait', 'until it is healthy, or nothing more will become of it')
      .addOption(durationFlag('--timeout <duration>', 'how long to wait at most', '10m'))
      .option('--fail-if-superseded', 'exit 1 when a newer build has taken its place')
      .addOption(outputFlag(HANDOFF_FORMATS))
      .action((images: readonly string[], flags: Flags) => {
        context.request(askedHandOff(images, flags, command, context), perform);
      });
  },
};

function askedHandOff(
  images: readonly string[],
  flags: Flags,
  command: Command,
  { env }: CommandContext,
): AskedHandOff {
  const { server = env['TIPHYS_SERVER'], application = [], selector, order: number, caFile, output } = flags;
  if (!server) return command.error('error: name the server: --server <url>, or TIPHYS_SERVER');
  return {
    ...{ server, applications: application, selector, order: number, caFile, output },
    images: images.map(imageAndDigest),
    token: tokenSource(flags, command, env),
    waitMs: flags.wait ? flags.timeout : undefined,
    failsIfSuperseded: flags.failIfSuperseded ?? false,
    githubOutput: env['GITHUB_OUTPUT'] || undefined,
  };
}

/** Three parts of base64url: whatever else the variable holds is better sent to nobody. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function tokenSource(
  { tokenEnv, audience }: Flags,
  command: Command,
  env: CommandContext['env'],
): HandOffOptions['token'] {
  if (tokenEnv !== undefined) {
    const token = env[tokenEnv]?.trim();
    return token !== undefined && TOKEN.test(token)
      ? { kind: 'given', token }
      : command.error(`error: the variable ${tokenEnv} of --token-env holds no token of OpenID Connect`);
  }
  const [url, requestToken] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  if (!url || !requestToken) {
    const github = env['GITHUB_ACTIONS'] === 'true';
    return command.error(
      github
        ? 'error: the job needs permissions: {id-token: write}'
        : 'error: name the variable with the token: --token-env <name>',
    );
  }
  if (audience === undefined)
    return command.error('error: say what the token is for, as handoff.yaml has it: --audience');
  return { kind: 'github', url, requestToken, audience };
}

async function perform(options: AskedHandOff, desk: Desk, work: Work): Promise<number> {
  const { failsIfSuperseded, output, githubOutput, ...asked } = options;
  const { printer } = desk;
  const report = await work.handOff(asked, (now) => printer.complain(renderStanding(now)), printer.signal);
  await handOn(printHandoff(report, output), { output, githubOutput }, desk, work);
  return exitCode(report, { isWaitedFor: asked.waitMs !== undefined, failsIfSuperseded });
}

function exitCode(
  { state, isFinal }: HandoffReport,
  { isWaitedFor, failsIfSuperseded }: { readonly isWaitedFor: boolean; readonly failsIfSuperseded: boolean },
): number {
  if (state === 'refused' || state === 'failed') return EXIT.unhealthy;
  if (state === 'superseded') return failsIfSuperseded ? EXIT.superseded : EXIT.ok;
  // A person has to merge it.
  return isWaitedFor && !isFinal && state !== 'pull-request' ? EXIT.timedOut : EXIT.ok;
}

/** Commander collects texts. */
function pushedImage(text: string): string {
  imageAndDigest(text);
  return text;
}

function imageAndDigest(text: string): HandOffOptions['images'][number] {
  const { digest, ...image } = parsedValue(parseImageReference(text));
  if (image.tag === undefined) throw new InvalidArgumentError('It has no tag.');
  if (digest === undefined)
    throw new InvalidArgumentError('It has no digest; append @sha256:… as the push printed it.');
  return { image: formatReference(image), digest };
}
