import { mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import type { Lease, LeaseOutcome, LeaseStore } from '../ports/cluster.ts';
import type { ApiAnswer, KubernetesClient } from './client.ts';
import { apiVersionOf, LEASES } from './resources.ts';

export function leaseStore(client: KubernetesClient): LeaseStore {
  return {
    async get(key, signal) {
      const place = { resource: LEASES, ...key };
      const { status, body } = await client.call({ verb: 'get', place, understands: [404], once: true }, signal);
      return status === 404 ? undefined : readLease(body);
    },
    async create(lease, signal) {
      const place = { resource: LEASES, namespace: lease.namespace };
      const body = { type: 'application/json', content: leaseObject(lease) } as const;
      return outcomeOf(await client.call({ verb: 'create', place, body, understands: [409], once: true }, signal));
    },
    async update(lease, signal) {
      const { namespace, name } = lease;
      const place = { resource: LEASES, namespace, name };
      const body = { type: 'application/json', content: leaseObject(lease) } as const;
      return outcomeOf(await client.call({ verb: 'update', place, body, understands: [409], once: true }, signal));
    },
  };
}

function outcomeOf({ status, body }: ApiAnswer): LeaseOutcome {
  return status >= 400 ? { kind: 'conflict' } : { kind: 'written', lease: readLease(body) };
}

function readLease(body: Untyped): Lease {
  const [metadata, spec] = [mappingAt(body, 'metadata'), mappingAt(body, 'spec')];
  return {
    namespace: textAt(metadata, 'namespace') ?? '',
    name: textAt(metadata, 'name') ?? '',
    holder: textAt(spec, 'holderIdentity') ?? '',
    durationSeconds: Number(textAt(spec, 'leaseDurationSeconds') ?? 0),
    acquiredMs: timeAt(spec, 'acquireTime'),
    renewedMs: timeAt(spec, 'renewTime'),
    transitions: Number(textAt(spec, 'leaseTransitions') ?? 0),
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
  };
}

function timeAt(spec: Untyped, key: string): number | undefined {
  const ms = Date.parse(textAt(spec, key) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function leaseObject(lease: Lease): object {
  const { namespace, name, holder, durationSeconds, acquiredMs, renewedMs, transitions, resourceVersion } = lease;
  return {
    apiVersion: apiVersionOf(LEASES),
    kind: LEASES.kind,
    metadata: { namespace, name, ...(resourceVersion === '' ? {} : { resourceVersion }) },
    spec: {
      holderIdentity: holder,
      // 0 is refused; a lease that nobody holds says 1 with client-go too.
      leaseDurationSeconds: Math.max(1, durationSeconds),
      leaseTransitions: transitions,
      ...(acquiredMs === undefined ? {} : { acquireTime: microTime(acquiredMs) }),
      ...(renewedMs === undefined ? {} : { renewTime: microTime(renewedMs) }),
    },
  };
}

/** RFC 3339 with six digits behind the point, as MicroTime demands. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
