import { Failure, type Retry } from '../core/failure.ts';
import { textAt, type Untyped } from '../core/untyped.ts';
import { describePlace, type Place } from './resources.ts';

/** The verbs of Kubernetes' access rules that we use. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch';

export interface Refused {
  readonly verb: Verb;
  readonly place: Place;
  readonly status: number;
  /** The Status object, as far as the answer was one. */
  readonly body: Untyped;
  /** What Retry-After asked for. */
  readonly retryAfterMs: number | undefined;
  /** Who asked: "context prod of ...". */
  readonly source: string;
}

/** An answer that is no success, and that whoever asked has no use for. */
export function apiFailure(refused: Refused): Failure {
  const { verb, place, status, body, retryAfterMs, source } = refused;
  const object = describePlace(place);
  const said = textAt(body, 'message') ?? `HTTP ${status}`;
  const again: Retry = retryAfterMs === undefined ? { kind: 'backoff' } : { kind: 'after', ms: retryAfterMs };
  if (status === 401) {
    return new Failure('CLUSTER_UNAUTHORIZED', `the API server does not accept the credentials of ${source}`, {
      fix: 'log in again, or correct the user of the kubeconfig',
      retry: { kind: 'backoff' },
      object: source,
    });
  }
  if (status === 403) return forbidden(refused, object, said);
  if (status === 404 && place.name === undefined) {
    const { group, version, kind } = place.resource;
    return new Failure('CLUSTER_KIND_MISSING', `the cluster knows no ${kind} (${group}/${version})`, {
      fix: `install its definition, or choose another cluster`,
      retry: { kind: 'backoff' },
      object: source,
    });
  }
  if (status === 429 || status >= 500) {
    return new Failure('CLUSTER_OVERLOADED', `the API server cannot ${verb} now: ${said} (HTTP ${status})`, {
      fix: 'nothing, if it passes; else see the log of the API server',
      retry: again,
      object,
    });
  }
  return new Failure('CLUSTER_REFUSED', `the API server refuses to ${verb} it: ${said}`, {
    fix: 'do what it says',
    object,
  });
}

/** Names the rule that is missing, as a Role would have it. */
function forbidden({ verb, place }: Refused, object: string, said: string): Failure {
  const { resource, namespace, name, subresource } = place;
  // What an admission policy forbids is no matter of rules.
  const user = /User "([^"]*)" cannot/.exec(said)?.[1];
  if (user === undefined) {
    return new Failure('CLUSTER_FORBIDDEN', `the API server forbids to ${verb} it: ${said}`, {
      fix: 'ask whoever set the policy that it names',
      object,
    });
  }
  const what = `${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`;
  const named = name === undefined || verb === 'create' ? '' : `, resourceNames: ["${name}"] or none`;
  const rule = `apiGroups: ["${resource.group}"], resources: ["${what}"], verbs: ["${verb}"]${named}`;
  const role = namespace === undefined ? 'ClusterRole, bound for the whole cluster' : `Role in namespace ${namespace}`;
  const group = resource.group === '' ? '' : ` (${resource.group})`;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  return new Failure('CLUSTER_FORBIDDEN', `"${user}" may not ${verb} ${what}${group} ${where}`, {
    fix: `grant it by a ${role}: ${rule}`,
    retry: { kind: 'backoff' },
    object,
  });
}

export function invalidAnswer(object: string): Failure {
  return new Failure('CLUSTER_INVALID_ANSWER', 'the answer is not one of an API server', {
    fix: 'check the address of the cluster, and proxies on the way: a login page is no API',
    retry: { kind: 'backoff' },
    object,
  });
}
