import { type Problem, toProblem } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { parseConfigMap, parseSecret } from '../core/objects/parse-key-values.ts';
import type { ObjectKey } from '../ports/cluster.ts';
import type { KubernetesClient } from './client.ts';
import { CONFIG_MAPS, describePlace, type Place, SECRETS } from './resources.ts';

/** What was found of objects that are named somewhere; what is not there is left out. */
export interface NamedObjects {
  readonly found: readonly KeyValueObject[];
  /** What there may be, but could not be read. */
  readonly warnings: readonly Problem[];
}

const AT_A_TIME = 8;

/** Each object by its name alone, once however often it is named. */
export async function readNamed(
  client: KubernetesClient,
  kind: 'ConfigMap' | 'Secret',
  keys: readonly ObjectKey[],
  signal: AbortSignal,
): Promise<NamedObjects> {
  const unique = [...new Map(keys.map((key) => [`${key.namespace}/${key.name}`, key])).values()];
  const found: KeyValueObject[] = [];
  const warnings: Problem[] = [];
  const queue = unique.values();
  const work = async () => {
    for (const { namespace, name } of queue) {
      const place: Place = { resource: kind === 'Secret' ? SECRETS : CONFIG_MAPS, namespace, name };
      try {
        const object = await readOne(client, kind, place, signal);
        if (object) found.push(object);
      } catch (error) {
        signal.throwIfAborted();
        warnings.push(toProblem(describePlace(place), error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return { found, warnings };
}

async function readOne(
  client: KubernetesClient,
  kind: 'ConfigMap' | 'Secret',
  place: Place,
  signal: AbortSignal,
): Promise<KeyValueObject | undefined> {
  const { status, body } = await client.call({ verb: 'get', place, understands: [404] }, signal);
  if (status === 404) return undefined;
  if (kind === 'ConfigMap') {
    const read = parseConfigMap(body, '');
    return read.ok ? read.value : undefined;
  }
  const read = parseSecret(body, '');
  return read.ok ? read.value.secret : undefined;
}
