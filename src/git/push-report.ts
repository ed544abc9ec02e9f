import { Failure } from '../core/failure.ts';
import { anyOf, type ErrorContext, gitFailure, oneLine } from './git-errors.ts';
import type { GitExit } from './processes.ts';

/** What became of a push of one ref. */
export type PushOutcome =
  | { readonly kind: 'pushed' }
  /** Somebody else was faster: worth another try on the new head. */
  | { readonly kind: 'raced'; readonly reason: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

// The wordings of git's own client and server, and of JGit's (Gerrit, Bitbucket), for a ref that moved or is locked.
const RACED = anyOf(
  /stale info/,
  /fetch first/,
  /non-fast-forward/,
  /needs force/,
  /cannot lock ref/,
  /failed to lock/,
  /unable to lock/,
  /lock (?:failure|error)/,
  /incorrect old value/,
  /reference already exists/,
  /remote ref updated/,
  /failed to update ref/,
);
const NOT_ALLOWED = anyOf(
  /returned error: 403\b/,
  /permission to .* denied/,
  /not allowed to push/,
  /denied to push/,
  /protected branch/,
  /read.?only/,
  /archived/,
);

/** Reads `git push --porcelain`: the line for the ref, else what was printed on standard error. */
export function readPush({ code, stdout, stderr }: GitExit, context: ErrorContext): PushOutcome {
  const line = stdout
    .toString()
    .split('\n')
    .find((text) => /^[ +*=!-]\t/.test(text));
  if (code === 0) return { kind: 'pushed' };
  const [flag, , summary = ''] = line?.split('\t') ?? [];
  if (flag === '!') {
    const reason = oneLine(/\((.*)\)/.exec(summary)?.[1] ?? summary, context.secrets);
    return RACED.test(summary)
      ? { kind: 'raced', reason }
      : { kind: 'failed', failure: refused(reason, stderr, context) };
  }
  if (NOT_ALLOWED.test(stderr)) return { kind: 'failed', failure: refused('not allowed', stderr, context) };
  return { kind: 'failed', failure: gitFailure(stderr, context) };
}

function refused(reason: string, stderr: string, context: ErrorContext): Failure {
  const said = oneLine(stderr, context.secrets);
  const why = said === '' ? reason : `${reason} (${said})`;
  const who = context.credentialSource ?? 'your user';
  return new Failure('GIT_PUSH_REFUSED', `the push to ${context.branch} of ${context.url} was refused: ${why}`, {
    fix: `let ${who} push to this branch, or name another one (git-branch: base:write)`,
  });
}
