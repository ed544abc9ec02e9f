import { type Application, applicationId } from '../core/applications/application.ts';
import { Failure, type Problem } from '../core/failure.ts';
import { idOf } from '../core/objects/object-key.ts';
import { parseApplication } from '../core/objects/parse-application.ts';
import { isUntyped, listAt, textAt, type Untyped } from '../core/untyped.ts';
import type { ApplicationSource } from '../ports/application-source.ts';
import type { ObjectKey, PatchOutcome } from '../ports/cluster.ts';
import type { ArgocdAnswer, ArgocdClient, ArgocdRequest } from './client.ts';

/** How long the answer to a refresh is waited for, so that what is refused is told. */
const REFRESH_MS = 5_000;

/** The key by which Argo CD finds an Application again: with its project, what is gone is told from what is hidden. */
interface Place extends ObjectKey {
  readonly project: string;
}

/** An Application as the API shows it, or why it cannot be read. */
interface ReadApplication {
  readonly application?: Application;
  readonly problem?: Problem;
}

export interface ArgocdSource extends Required<ApplicationSource> {
  /** Reads one that the API has shown elsewhere, and knows from then on where it is. */
  read(object: Untyped): ReadApplication;
}

/**
 * The Applications that an account of Argo CD may see, and those it may change, over Argo CD's own API. Nothing else
 * is known there: no ImageUpdaters, no Secrets, no ConfigMaps.
 */
export function argocdSource(client: ArgocdClient): ArgocdSource {
  const projects = new Map<string, string>();
  const read = (object: Untyped) => {
    const one = readOne(object);
    const { application } = one;
    if (application) projects.set(applicationId(application), application.project);
    return one;
  };
  const placeOf = ({ namespace, name }: ObjectKey): Place => {
    return { namespace, name, project: projects.get(`${namespace}/${name}`) ?? '' };
  };

  function ask(key: ObjectKey, more: Partial<ArgocdRequest>, signal: AbortSignal): Promise<ArgocdAnswer> {
    const { namespace, name, project } = placeOf(key);
    const object = `Application ${namespace}/${name}`;
    const path = `/applications/${encodeURIComponent(name)}`;
    if (more.body) {
      const body = { name, appNamespace: namespace, project, ...more.body };
      return client.call({ method: 'PATCH', object, path, ...more, body }, signal);
    }
    const query = { appNamespace: namespace, project, ...more.query };
    return client.call({ method: 'GET', object, path, ...more, query }, signal);
  }

  return {
    read,
    async load(signal) {
      // Argo CD can send chosen fields only, but neither the types of sources nor what the last sync applied.
      const { body } = await client.call({ method: 'GET', path: '/applications', object: 'Applications' }, signal);
      const items = listAt(body, 'items').filter(isUntyped).map(read);
      const applications = items.flatMap(({ application }) => application ?? []);
      const failures = items.flatMap(({ problem }) => problem ?? []);
      const warnings = items.length === 0 ? [NOTHING_SEEN] : [];
      return { applications, imageUpdaters: [], secrets: [], configMaps: [], failures, warnings };
    },
    live: {
      async application(key, signal) {
        const { status, body } = await ask(key, { understands: [404] }, signal);
        if (status === 404) return undefined;
        read(body);
        return body;
      },
      async applicationSet({ namespace, name }, signal) {
        const path = `/applicationsets/${encodeURIComponent(name)}`;
        const object = `ApplicationSet ${namespace}/${name}`;
        const query = { appsetNamespace: namespace };
        const request = { method: 'GET', path, query, object, understands: [403, 404] } as const;
        const { status, body } = await client.call(request, signal);
        return status >= 400 ? undefined : body;
      },
      async patch(key, operations, signal) {
        const body = { patch: JSON.stringify(operations), patchType: 'json' };
        return outcomeOf(await ask(key, { body, understands: [400, 404, 409, 500] }, signal));
      },
      async refresh(key, signal) {
        try {
          const query = { refresh: 'normal' };
          const { status } = await ask(key, { query, understands: [404], onceWithinMs: REFRESH_MS }, signal);
          return status === 404 ? 'gone' : 'asked';
        } catch (error) {
          // It has asked at once, and answers when the look is over, which nobody waits for here.
          if (error instanceof Failure && error.code === 'ARGOCD_UNREACHABLE') return 'asked';
          throw error;
        }
      },
    },
  };
}

function readOne(object: Untyped): ReadApplication {
  const read = parseApplication(object, '');
  if (read.ok) return { application: read.value };
  return {
    problem: {
      code: 'APPLICATION_INVALID',
      object: idOf(object),
      message: read.problem,
      fix: 'correct the Application',
    },
  };
}

const NOTHING_SEEN: Problem = {
  code: 'NO_APPLICATIONS',
  object: 'Argo CD',
  message: 'its API shows no Application',
  fix: 'add a line to policy.csv of the ConfigMap argocd-rbac-cm: p, <account or role>, applications, get, */*, allow',
};

/** Argo CD has no status of its own for a patch that does not fit. */
function outcomeOf({ status, body }: ArgocdAnswer): PatchOutcome {
  if (status === 404) return { kind: 'gone' };
  if (status < 400) return { kind: 'patched', object: body };
  const reason = textAt(body, 'message') ?? `HTTP ${status}`;
  if (status === 409 || reason.startsWith('error applying patch:')) return { kind: 'test-failed' };
  return { kind: 'refused', reason };
}
