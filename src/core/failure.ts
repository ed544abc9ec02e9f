/** Every code has a heading in docs/errors.md, and every heading there a code (a test keeps it so). */
export const FAILURE_CODES = [
  'INPUT_UNREADABLE',
  'NO_APPLICATIONS',
  'APPLICATION_INVALID',
  'APPLICATION_SET',
  'SETTING_INVALID',
  'SETTING_UNUSED',
  'CONFIG_INVALID',
  'CONFIG_DEPRECATED',
  'CONFIG_UNKNOWN_KEY',
  'CONFIG_UNMATCHED_ALIAS',
  'DUPLICATE_ALIAS',
  'CONSTRAINT_INVALID',
  'WRITE_BACK_UNSUPPORTED',
  'SOURCE_AMBIGUOUS',
  'SOURCE_UNSUPPORTED',
  'CREDENTIALS_INVALID',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_TIMEOUT',
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_NOT_FOUND',
  'REGISTRY_RATE_LIMITED',
  'REGISTRY_SERVER_ERROR',
  'REGISTRY_INVALID_ANSWER',
  'REGISTRY_EMPTY',
  'REGISTRY_REALM_REFUSED',
  'REGISTRY_DIGEST_MISMATCH',
  'GIT_MISSING',
  'GIT_UNREACHABLE',
  'GIT_TIMEOUT',
  'GIT_UNAUTHORIZED',
  'GIT_REPOSITORY_NOT_FOUND',
  'GIT_BRANCH_NOT_FOUND',
  'GIT_REF_INVALID',
  'GIT_PUSH_REFUSED',
  'GIT_CONFLICT',
  'GIT_FAILED',
  'STATE_LOCKED',
  'TARGET_OUTSIDE_REPOSITORY',
  'TARGET_NOT_FOUND',
  'TARGET_UNREADABLE',
  'TARGET_REFUSED',
  'TARGET_CONFLICT',
  'ABORTED',
  'INTERNAL',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** What a caller that comes back may do: wait with growing pauses, wait a stated time, or wait for a change. */
export type Retry =
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly ms: number }
  | { readonly kind: 'when-changed' };

/** What went wrong with what, and what a person does about it. The form in which failures and warnings are reported. */
export interface Problem {
  readonly code: FailureCode;
  /** "argocd/shop", "argocd/shop web", "registry ghcr.io", "apps/shop.yaml": the thing, as a person names it. */
  readonly object: string;
  readonly message: string;
  /** What to do, as an imperative: "set write-back-method: git". */
  readonly fix: string;
}

/** A broken outside world. Expected results are unions; a bug is left to crash. Never holds a secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly fix: string;
  readonly retry: Retry;
  constructor(
    code: FailureCode,
    message: string,
    options: { readonly fix: string; readonly retry?: Retry; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
    this.retry = options.retry ?? { kind: 'when-changed' };
  }
}

/** Any thrown thing as a problem of `object`; what is not a Failure is a bug and says so. */
export function toProblem(object: string, thrown: unknown): Problem {
  if (thrown instanceof Failure) return { code: thrown.code, object, message: thrown.message, fix: thrown.fix };
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'INTERNAL', object, message, fix: 'report this as a bug, with the output of `tiphys version`' };
}
