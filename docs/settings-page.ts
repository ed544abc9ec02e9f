import type { ProgramShape } from '../src/cli/completion/shape.ts';
import { spellings } from '../src/cli/completion/shape.ts';
import type { Setting } from '../src/config/settings/setting.ts';
import { SETTING_GROUPS } from '../src/config/settings/settings-catalogue.ts';

const INTRODUCTION = `<!-- Written by \`node docs/check.ts --write\` from the program itself; edits here are lost. -->

# Settings

Every setting of Argo CD Image Updater is known here, and those of Tiphys' own are beside them. One is given, in this
order of strength,

1. by its flag; a flag of yes and no may stand alone or take its value behind an equals sign: \`--leader-election=false\`;
2. by its variable; an empty one says nothing;
3. by its key in the ConfigMap \`argocd-image-updater-config\` or, marked S, in the Secret
   \`argocd-image-updater-secret\`, when \`-f\` gives them. They must be in Argo CD's own namespace as flag or variable say,
   else in \`argocd\`. They are read once, when the program starts. Keys marked C hold the content of the file that the
   flag names, and go before a file that is only there by default.

A value that means nothing is an error, failure \`SETTING_INVALID\`, wherever it stands, even when a stronger source hides
it; all of them are told at once. Upstream takes the default instead, with a warning at most. Variables and keys take
\`true\` and \`false\` in any letter case, as upstream; its other values, such as \`1\`, upstream ignores, and here they are
errors. An unknown key is warned about, with the nearest right one. What is not used is accepted, and named
in one warning, \`SETTING_UNUSED\`.

The last column compares with upstream: \`same\`, or \`better\` and how.
`;

const OTHER_COMMANDS = `## Flags of upstream's other commands

The flags of \`run\` and \`webhook\` are above.

| Command | Flag | Compared with upstream |
| --- | --- | --- |`;

/** Flags of upstream's commands that are no settings (reference part 2, section 5). */
const COMMAND_FLAGS: readonly (readonly [command: string, flags: readonly string[]])[] = [
  [
    'test',
    [
      '--semver-constraint',
      '--allow-tags',
      '--ignore-tags',
      '--update-strategy',
      '--registries-conf-path',
      '--loglevel',
      '--kubeconfig',
      '--credentials',
      '--platforms',
      '--rate-limit',
    ],
  ],
  ['template', []],
  ['version', ['--short']],
  ['completion', ['--no-descriptions']],
];

const OTHER_VARIABLES = `## Other variables

| Variable | Compared with upstream |
| --- | --- |
| \`ENABLE_LOG_COLORS\` | same: \`false\` switches colours off; so do \`--no-color\` and \`NO_COLOR\` |
| \`POD_NAMESPACE\` | same |
| \`KUBECONFIG\` | better: read where the input is a cluster, several files too, as kubectl does |
| \`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`NO_PROXY\` | same |
| \`GNUPGHOME\` | same; without it the keyring below the user's home folder counts |
| \`ARGOCD_TLS_DATA_PATH\`, \`ARGOCD_SSH_DATA_PATH\` | not yet: git's own settings count; comes with Git credentials, step 4 |
| \`ARGOCD_EXEC_TIMEOUT\`, \`ARGOCD_EXEC_FATAL_TIMEOUT\` | better: not needed, every call of git has its own bound |
| \`ARGOCD_GIT_ATTEMPTS_COUNT\` | better: not needed, a push that lost a race is tried again by itself |
| \`ARGOCD_ASK_PASS_SOCK\`, \`ARGOCD_GIT_ASKPASS_NONCE\`, \`ARGOCD_BINARY_NAME\` | better: not needed, passwords reach git through its environment |
| \`TIPHYS_GIT_USERNAME\`, \`TIPHYS_GIT_PASSWORD\`, \`TIPHYS_GIT_HOST\` | Tiphys' own: see [Git credentials](configuration.md#git-credentials) |
`;

/** docs/settings.md: every setting with all ways to give it, and how it compares with upstream. */
export function settingsPage(program: ProgramShape): string {
  const commands = COMMAND_FLAGS.flatMap(([command, flags]) => commandRows(command, flags, program));
  return [
    INTRODUCTION,
    ...SETTING_GROUPS.map(({ title, settings }) => `## ${title}\n\n${table(settings)}\n`),
    `${[OTHER_COMMANDS, ...commands].join('\n')}\n`,
    OTHER_VARIABLES,
  ].join('\n');
}

function table(settings: readonly Setting[]): string {
  const header = ['Flag', 'Variable', 'Key', 'Meaning', 'Value', 'Default', 'Compared with upstream'];
  const rows = settings.map((setting) => [
    code(setting.flag),
    code(setting.variable),
    keyText(setting),
    setting.meaning,
    setting.kind.form,
    defaultText(setting),
    comparison(setting),
  ]);
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.map(escaped).join(' | ')} |`).join('\n');
}

function keyText({ key, contentKey, secretKey }: Setting): string {
  if (contentKey !== undefined) return `${code(contentKey)} C`;
  return secretKey === undefined ? code(key) : `${code(secretKey)} S`;
}

function defaultText({ defaultNote, default: text, defaults = {} }: Setting): string {
  const others = Object.entries(defaults).map(([command, other]) => `${code(other)} for \`${command}\``);
  return [defaultNote ?? code(text), ...others].join('; ');
}

function comparison({ state, better, own }: Setting): string {
  if (own) return "Tiphys' own";
  if (state.kind === 'needless') return `better: not needed, ${state.why}`;
  return better === undefined ? 'same' : `better: ${better}`;
}

function commandRows(name: string, flags: readonly string[], program: ProgramShape): string[] {
  const command = program.commands.find((one) => one.name === name);
  const known = command?.flags.flatMap(spellings) ?? [];
  const row = (flag: string, isThere: boolean) => `| ${name} | ${code(flag)} | ${isThere ? 'same' : 'not yet'} |`;
  return [row('', command !== undefined), ...flags.map((flag) => row(flag, known.includes(flag)))];
}

function code(text: string | undefined): string {
  return text ? `\`${text}\`` : '';
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
