import type { FieldLocation } from './origin.ts';

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
  'CONFIG_UNMATCHED_SELECTOR',
  'CONFIG_CONFLICT',
  'DUPLICATE_ALIAS',
  'CONSTRAINT_INVALID',
  'NO_TAG_MATCHES',
  'WRITE_BACK_UNSUPPORTED',
  'VERIFICATION_UNSUPPORTED',
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
  'CHECKOUT_DIRTY',
  'CHECKOUT_UNUSABLE',
  'GIT_SIGNING_FAILED',
  'GIT_FAILED',
  'FORGE_UNKNOWN',
  'FORGE_UNAUTHORIZED',
  'FORGE_NOT_FOUND',
  'FORGE_RATE_LIMITED',
  'FORGE_UNREACHABLE',
  'FORGE_REFUSED',
  'FORGE_INVALID_ANSWER',
  'PULL_REQUEST_BLOCKED',
  'REPOSITORY_NOT_PERMITTED',
  'KUBECONFIG_INVALID',
  'CLUSTER_UNREACHABLE',
  'CLUSTER_UNAUTHORIZED',
  'CLUSTER_FORBIDDEN',
  'CLUSTER_KIND_MISSING',
  'CLUSTER_OVERLOADED',
  'CLUSTER_REFUSED',
  'CLUSTER_INVALID_ANSWER',
  'ARGOCD_UNREACHABLE',
  'ARGOCD_UNAUTHORIZED',
  'ARGOCD_FORBIDDEN',
  'ARGOCD_REFUSED',
  'ARGOCD_INVALID_ANSWER',
  'APPLICATION_GONE',
  'APPLICATION_MANAGED',
  'APPLICATION_SET_BACK',
  'APPLICATION_REFUSED',
  'REVISION_UNKNOWN',
  'HANDOFF_REFUSED',
  'HANDOFF_UNREACHABLE',
  'STATE_LOCKED',
  'STATE_DAMAGED',
  'STATE_UNUSABLE',
  'ADDRESS_UNUSABLE',
  'CERTIFICATE_INVALID',
  'TARGET_OUTSIDE_REPOSITORY',
  'TARGET_NOT_FOUND',
  'TARGET_UNREADABLE',
  'TARGET_REFUSED',
  'TARGET_CONFLICT',
  'IMAGE_NOT_FOUND',
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
  /** The field to blame, where one is. */
  readonly location?: FieldLocation;
}

/** A broken outside world. Expected results are unions; a bug is left to crash. Never holds a secret. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly fix: string;
  readonly retry: Retry;
  /** What it happened to, when whoever threw it knew better than whoever reports it. */
  readonly object: string | undefined;
  constructor(
    code: FailureCode,
    message: string,
    options: { readonly fix: string; readonly retry?: Retry; readonly object?: string; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.fix = options.fix;
    this.retry = options.retry ?? { kind: 'when-changed' };
    this.object = options.object;
  }
}

/** Waits for `work`; a Failure that names no object yet is said to be about this one. */
export async function about<T>(object: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure) || error.object !== undefined) throw error;
    const { code, message, fix, retry, cause } = error;
    throw new Failure(code, message, { fix, retry, object, cause });
  }
}

/** Each problem once: five hundred images of one dead registry are one failure. */
export function uniqueProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

/** Any thrown thing as a problem, of `object` unless it names its own; what is not a Failure is a bug and says so. */
export function toProblem(object: string, thrown: unknown): Problem {
  if (thrown instanceof Failure) {
    return { code: thrown.code, object: thrown.object ?? object, message: thrown.message, fix: thrown.fix };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'INTERNAL', object, message, fix: 'report this as a bug, with the output of `tiphys version`' };
}
