import { Failure } from '../core/failure.ts';
import { textAt, type Untyped } from '../core/untyped.ts';
import type { ArgocdServer } from './server.ts';

/** What Argo CD's own rules call that which a method of its API does. */
const ACTIONS = { GET: 'get', PATCH: 'update', POST: 'sync' } as const;

export type Method = keyof typeof ACTIONS;

/** An answer that is no success, and that whoever asked has no use for. */
export function refusal(
  { url }: ArgocdServer,
  { object, method }: { readonly object: string; readonly method: Method },
  status: number,
  body: Untyped | undefined,
): Failure {
  const said = (body && textAt(body, 'message')) ?? `HTTP ${status}`;
  if (status === 401) {
    return new Failure('ARGOCD_UNAUTHORIZED', `Argo CD at ${url} does not accept the token: ${said}`, {
      fix: 'make one with argocd account generate-token, and give it with ARGOCD_TOKEN',
      retry: { kind: 'backoff' },
      object: 'Argo CD',
    });
  }
  if (status === 403) return forbidden(object, method, said);
  if (status === 429 || status >= 502) {
    return new Failure('ARGOCD_UNREACHABLE', `Argo CD at ${url} cannot answer now: ${said} (HTTP ${status})`, {
      fix: 'nothing, if it passes; else see the log of argocd-server',
      retry: { kind: 'backoff' },
      object,
    });
  }
  if (status === 404 && body === undefined) return invalidAnswer(object);
  return new Failure('ARGOCD_REFUSED', `Argo CD refuses it: ${said}`, { fix: 'do what it says', object });
}

/** Names the line that is missing, as `policy.csv` would have it. */
function forbidden(object: string, method: Method, said: string): Failure {
  const [, what, subject] = /^permission denied: ([^,]+, [^,]+, [^,]+)(?:, sub: ([^,]+))?/.exec(said) ?? [];
  const line = `p, ${subject ?? '<account or role>'}, ${what ?? `applications, ${ACTIONS[method]}, <project>/*`}, allow`;
  return new Failure('ARGOCD_FORBIDDEN', `Argo CD does not let the token's account do it: ${said.split(', iat:')[0]}`, {
    fix: `add a line to policy.csv of the ConfigMap argocd-rbac-cm: ${line}`,
    retry: { kind: 'backoff' },
    object,
  });
}

export function invalidAnswer(object: string): Failure {
  return new Failure('ARGOCD_INVALID_ANSWER', "the answer is not one of Argo CD's API", {
    fix: 'check --argocd-server-addr with its path, and proxies on the way: a login page is no API',
    retry: { kind: 'backoff' },
    object,
  });
}
