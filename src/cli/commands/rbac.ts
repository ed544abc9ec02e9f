import { InvalidArgumentError, Option } from 'commander';
import type { CliCommand } from '../cli-command.ts';
import type { Desk } from '../desk.ts';
import { EXIT } from '../exit-code.ts';
import { closedArgument, closedSet, objectName } from '../flags.ts';
import { renderRights } from '../render/rights.ts';
import type { RightsOptions, Work } from '../work.ts';

interface Flags {
  readonly mode: 'namespaced' | 'cluster' | readonly string[];
  readonly namespace: string;
  readonly argocdNamespace?: string;
  readonly serviceAccount: string;
  readonly gitCredentials: RightsOptions['gitCredentials'];
  readonly writeBack: RightsOptions['writeBack'];
  readonly secret?: readonly string[];
  readonly leaderElection: boolean;
  readonly shards: number;
  readonly events: boolean;
  readonly metricsSecure?: true;
  readonly enableHandoff?: true;
}

interface PrintOptions extends RightsOptions {
  readonly serviceAccount: string;
}

const MOST_SHARDS = 16;

export const rbac: CliCommand = {
  name: 'rbac',
  description: 'print the Roles and bindings that Tiphys needs, rule by rule with what each is for, and no more',
  examples: [
    { command: 'tiphys rbac print | kubectl apply -f -', what: 'for Applications in the namespace of Argo CD' },
    {
      command: 'tiphys rbac print --git-credentials secret --secret git --secret shop/pull',
      what: 'without listing Secrets: only those that are named are read',
    },
    { command: 'tiphys rbac print --mode namespaces=shop,blog --write-back argocd', what: 'in other namespaces' },
  ],
  define(command, { request }) {
    const credentials = new Option('--git-credentials <where>', "repocreds lists Argo CD's repository Secrets");
    const method = new Option('--write-back <method>', 'argocd reads each Application that it writes');
    command
      .addArgument(closedArgument('<print>', 'what to do', ['print']))
      .option('--mode <mode>', 'where Applications are: namespaced, cluster or namespaces=a,b', mode, 'namespaced')
      .option('-n, --namespace <namespace>', 'where Tiphys runs', objectName, 'argocd')
      .option('--argocd-namespace <namespace>', "Argo CD's own; absent: where Tiphys runs", objectName)
      .option('--service-account <name>', 'to whom the rights are given', objectName, 'tiphys')
      .addOption(closedSet(credentials.default('repocreds'), ['repocreds', 'secret']))
      .addOption(closedSet(method.default('git'), ['git', 'argocd']))
      .option('--secret <name>', 'a Secret that something names, [namespace/]name; may be repeated', secretNames)
      .option('--no-leader-election', 'a single replica, run with --leader-election=false')
      .option('--shards <number>', 'as run has it', shards, 1)
      .option('--no-events', 'run with --disable-kube-events')
      .option('--enable-handoff', 'hand-offs are taken, and their roll-outs followed')
      .option('--metrics-secure', 'metrics are served to those who may have them')
      .action((_print: string, flags: Flags) => request(printOptions(flags), perform));
  },
};

function printOptions(flags: Flags): PrintOptions {
  const {
    namespace,
    argocdNamespace = namespace,
    secret = [],
    metricsSecure = false,
    enableHandoff = false,
    ...rest
  } = flags;
  return {
    ...rest,
    namespace,
    argocdNamespace,
    watched: flags.mode === 'cluster' ? '*' : flags.mode === 'namespaced' ? [namespace] : flags.mode,
    secrets: secret.map((text) => {
      const [first = '', name] = text.split('/');
      return name === undefined ? { namespace, name: first } : { namespace: first, name };
    }),
    secureMetrics: metricsSecure,
    handoffs: enableHandoff,
  };
}

function mode(text: string): Flags['mode'] {
  if (text === 'namespaced' || text === 'cluster') return text;
  const [, list = ''] = /^namespaces=(.+)$/.exec(text) ?? [];
  if (list === '') throw new InvalidArgumentError('It must be namespaced, cluster or namespaces=a,b.');
  return list.split(',').map(objectName);
}

function secretNames(text: string, before: readonly string[] = []): readonly string[] {
  const parts = text.split('/');
  if (parts.length > 2) throw new InvalidArgumentError('It must be name or namespace/name.');
  for (const part of parts) objectName(part);
  return [...before, text];
}

function shards(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST_SHARDS) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_SHARDS}.`);
}

async function perform(options: PrintOptions, { printer }: Desk, work: Work): Promise<number> {
  printer.print(await renderRights(await work.listRights(options), options));
  return EXIT.ok;
}
