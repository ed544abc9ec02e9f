import { Failure, type Retry } from '../core/failure.ts';
import { anyOf, type ErrorContext, gitFailure, tellingLine } from './git-errors.ts';
import type { GitExit } from './processes.ts';

/** What became of a push of one ref. */
export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** Somebody else was faster: worth another try on the new head. */
  | { readonly kind: 'raced'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

// A ref that moved or is locked, in the wordings of git's own client and server, of JGit (Gerrit, Bitbucket) and of
// Azure DevOps. A server that did not say what became of the ref is asked again as well: the next look tells.
const RACED = anyOf(
  /stale info/,
  /fetch first/,
  /non-fast[- ]forward/,
  /needs force/,
  /cannot lock ref/,
  /failed to lock|lock (?:failure|error)|unable to lock/,
  /incorrect old value/,
  /reference already exists/,
  /remote ref updated/,
  /failed to update ref/,
  /TF401028|updated by another client/,
  /failed to report status/,
);
// Not even alone could such a ref be written.
const NEVER_WRITABLE = /exists; cannot create|there are still refs under|file name too long|not a directory/i;
const NOT_ALLOWED = anyOf(
  /returned error: 403\b/,
  /permission to .* denied/,
  /not allowed to push/,
  /denied to push/,
  /protected branch/,
  /read.?only/,
  /archived/,
);

interface Remedy {
  /** Found in what the server says, as GitHub, GitLab, Gitea, Bitbucket, Azure DevOps, Gerrit or a hook word it. */
  readonly pattern: RegExp;
  readonly fix: (who: string) => string;
  readonly retry?: Retry;
}

// A rule set may name several; each that fits is part of the remedy.
const REMEDIES: readonly Remedy[] = [
  {
    pattern: /verified signature|(?:must|not) (?:be )?signed|unsigned|gpg signature/i,
    fix: () => 'sign commits (--git-commit-signing-key) with a key that the server knows',
  },
  {
    pattern:
      /not follow the pattern|invalid (?:author|committer)|(?:author|committer)\W.*\b(?:not|must)\b|commit message\b/i,
    fix: () => 'make commits as the server asks for (--git-commit-user, --git-commit-email, --git-commit-message-path)',
  },
  {
    pattern: NEVER_WRITABLE,
    fix: () => 'give the branch a shorter name, or one that is not the folder of another one (git-branch: base:write)',
  },
  {
    pattern: /archived|read.?only/i,
    fix: () => 'make the repository writable again, or suspend its Applications (tiphys.dev/suspend)',
  },
  {
    pattern: /internal server error|unpack(?:er)? (?:error|failed)|quota|size limit|exceeds/i,
    // Gitea words it so, too, when a commit is not signed that ought to be.
    fix: () => "look at the server's log and at the limits of the repository; `tiphys git check` tells of signatures",
    retry: { kind: 'backoff' },
  },
  {
    pattern: anyOf(
      /protected (?:branch|ref)|GH006|GH013|rule violations/,
      /pull request|merge request|TF402455/,
      /TF401027|not allowed|not permitted|permission|prohibited|denied/,
    ),
    fix: (who) => `let ${who} push to this branch, or name another one (git-branch: base:write)`,
  },
];

/** Reads `git push --porcelain`: the line for the ref, else what was printed on standard error. */
export function readPush({ code, stdout, stderr }: GitExit, context: ErrorContext): PushOutcome {
  const line = stdout
    .toString()
    .split('\n')
    .find((text) => /^[ +*=!-]\t/.test(text));
  if (code === 0) return { kind: 'pushed' };
  const [flag, , summary = ''] = line?.split('\t') ?? [];
  if (flag === '!') {
    const reason = tellingLine(/\((.*)\)/.exec(summary)?.[1] ?? summary, context.secrets);
    return RACED.test(summary) && !NEVER_WRITABLE.test(`${summary}\n${stderr}`)
      ? { kind: 'raced', reason }
      : { kind: 'failed', failure: refused(reason, stderr, context) };
  }
  if (NOT_ALLOWED.test(stderr)) return { kind: 'failed', failure: refused('not allowed', stderr, context) };
  return { kind: 'failed', failure: gitFailure(stderr, context) };
}

function refused(reason: string, stderr: string, context: ErrorContext): Failure {
  const said = tellingLine(stderr, context.secrets);
  const why = said === '' ? reason : `${reason} (${said})`;
  const remedies = REMEDIES.filter(({ pattern }) => pattern.test(`${reason}\n${stderr}`));
  const who = context.credentialSource ?? 'your user';
  const fixes = remedies.map(({ fix }) => fix(who));
  const retry = remedies.find((remedy) => remedy.retry !== undefined)?.retry;
  return new Failure('GIT_PUSH_REFUSED', `the push to ${context.branch} of ${context.url} was refused: ${why}`, {
    fix: fixes.join('; ') || "do what the server's hook asks for, or name another branch (git-branch: base:write)",
    ...(retry ? { retry } : {}),
  });
}
