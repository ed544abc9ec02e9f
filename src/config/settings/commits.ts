import type { Author } from '../../core/commits/commit-author.ts';
import { anyText, boolean, filledText, oneOf } from './kinds.ts';
import { CYCLES, SERVERS, type Setting, USED } from './setting.ts';

/** What commits look like. */
export const COMMIT_SETTINGS = {
  commitUser: {
    flag: '--git-commit-user',
    variable: 'GIT_COMMIT_USER',
    key: 'git.user',
    meaning: 'author of commits; may be a template over `.AppName`, `.AppNamespace` and `.Project`',
    kind: filledText('<name>'),
    default: 'argocd-image-updater',
    commands: CYCLES,
    state: USED,
  },
  commitEmail: {
    flag: '--git-commit-email',
    variable: 'GIT_COMMIT_EMAIL',
    key: 'git.email',
    meaning: "author's e-mail address, or a template of it",
    kind: filledText('<address>'),
    default: 'noreply@argoproj.io',
    commands: CYCLES,
    state: USED,
  },
  commitGrouping: {
    flag: '--git-commit-grouping',
    meaning: 'one commit for each of these',
    kind: oneOf('<unit>', ['branch', 'application']),
    default: 'branch',
    commands: CYCLES,
    state: USED,
    own: true,
  },
  commitMessagePath: {
    flag: '--git-commit-message-path',
    contentKey: 'git.commit-message-template',
    meaning: 'template of commit messages',
    kind: filledText('<file>'),
    default: '/app/config/commit.template',
    defaultNote: '/app/config/commit.template, if there is one',
    commands: CYCLES,
    state: USED,
  },
  commitSignOff: {
    flag: '--git-commit-sign-off',
    variable: 'GIT_COMMIT_SIGN_OFF',
    key: 'git.commit-sign-off',
    meaning: 'end commit messages with Signed-off-by',
    kind: boolean,
    default: 'false',
    commands: CYCLES,
    state: USED,
  },
  commitSigningKey: {
    flag: '--git-commit-signing-key',
    variable: 'GIT_COMMIT_SIGNING_KEY',
    key: 'git.commit-signing-key',
    meaning: "sign commits with this key: GnuPG's id of it, or the file of an SSH key",
    kind: anyText('<key>'),
    defaultNote: 'commits are not signed',
    commands: [...CYCLES, 'git', 'set-image'],
    state: USED,
  },
  commitSigningMethod: {
    flag: '--git-commit-signing-method',
    variable: 'GIT_COMMIT_SIGNING_METHOD',
    key: 'git.commit-signing-method',
    meaning: 'what kind of key signs commits',
    kind: oneOf('<method>', ['openpgp', 'ssh']),
    default: 'openpgp',
    commands: [...CYCLES, 'git', 'set-image'],
    state: USED,
  },
  commitMethod: {
    flag: '--git-commit-method',
    variable: 'GIT_COMMIT_METHOD',
    meaning: "who makes commits: git, or with the credential of a GitHub App GitHub's API, which signs them",
    kind: oneOf('<method>', ['git', 'api']),
    default: 'git',
    commands: [...SERVERS, 'git'],
    state: USED,
  },
} as const satisfies Readonly<Record<string, Setting>>;

/** Who commits where nobody else is known to. */
export const DEFAULT_AUTHOR: Author = {
  name: COMMIT_SETTINGS.commitUser.default,
  email: COMMIT_SETTINGS.commitEmail.default,
};
