import type { Problem } from '../../core/failure.ts';
import { nearest } from '../../core/nearest.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import type { Setting } from './setting.ts';
import type { Given } from './settings.ts';
import { SETTINGS } from './settings-catalogue.ts';

/** The ConfigMap and the Secret that upstream's settings are kept in. */
export const CONFIG_MAP = 'argocd-image-updater-config';
export const SECRET = 'argocd-image-updater-secret';

/** A key of one of the two, and what it sets. */
interface KnownKey {
  readonly setting: Setting;
  readonly isContent?: true;
}

const CONFIG_MAP_KEYS = knownKeys(({ key, contentKey }) => [
  ...(key === undefined ? [] : [[key, {}] as const]),
  ...(contentKey === undefined ? [] : [[contentKey, { isContent: true }] as const]),
]);
const SECRET_KEYS = knownKeys(({ secretKey }) => (secretKey === undefined ? [] : [[secretKey, {}] as const]));

export interface ObjectSettings {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * What the ConfigMap argocd-image-updater-config and the Secret argocd-image-updater-secret of one namespace say. An
 * empty value says nothing, as upstream, where it becomes an empty variable.
 * @param namespace where upstream is installed
 */
export function givenByObjects(
  objects: { readonly configMaps: readonly KeyValueObject[]; readonly secrets: readonly KeyValueObject[] },
  namespace: string,
): ObjectSettings {
  const read = [
    readObjects('ConfigMap', CONFIG_MAP, objects.configMaps, namespace, CONFIG_MAP_KEYS),
    readObjects('Secret', SECRET, objects.secrets, namespace, SECRET_KEYS),
  ];
  return {
    given: read.flatMap(({ given }) => given),
    problems: read.flatMap(({ problems }) => problems),
    warnings: read.flatMap(({ warnings }) => warnings),
  };
}

/** Where there is a ConfigMap or Secret of upstream's. */
export function namespacesOfSettings(objects: {
  readonly configMaps: readonly KeyValueObject[];
  readonly secrets: readonly KeyValueObject[];
}): readonly string[] {
  const named = [
    ...objects.configMaps.filter(({ name }) => name === CONFIG_MAP),
    ...objects.secrets.filter(({ name }) => name === SECRET),
  ];
  return [...new Set(named.map(({ namespace }) => namespace))];
}

function readObjects(
  kind: 'ConfigMap' | 'Secret',
  name: string,
  objects: readonly KeyValueObject[],
  namespace: string,
  known: ReadonlyMap<string, KnownKey>,
): ObjectSettings {
  const named = objects.filter((object) => object.name === name);
  const [ours, ...more] = named.filter((object) => object.namespace === namespace);
  const object = `${kind} ${namespace}/${name}`;
  const read = ours ? readKeys(object, ours, known) : { given: [], warnings: [] };
  const elsewhere = named.filter((one) => one.namespace !== namespace);
  return {
    given: read.given,
    problems: more.slice(0, 1).map((twin) => givenTwice(object, twin)),
    warnings: [...read.warnings, ...elsewhere.map((one) => stranger(kind, one))],
  };
}

function readKeys(
  object: string,
  { data, origin }: KeyValueObject,
  known: ReadonlyMap<string, KnownKey>,
): { readonly given: readonly Given[]; readonly warnings: readonly Problem[] } {
  const given: Given[] = [];
  const warnings: Problem[] = [];
  for (const [name, text] of Object.entries(data)) {
    const key = known.get(name);
    const place = origin ? { location: { origin, path: ['data', name] } } : {};
    if (key === undefined) warnings.push({ ...unknownKey(object, name, known), ...place });
    else if (text !== '') given.push({ ...key, source: 'key', name, object: `${object} ${name}`, text, ...place });
  }
  return { given, warnings };
}

/** A warning, not a failure: upstream passes over such keys, and charts let people add their own. */
function unknownKey(object: string, name: string, known: ReadonlyMap<string, KnownKey>): Problem {
  const meant = nearest(name, known.keys());
  const fix = meant === undefined ? 'remove it, or look up its name in docs/settings.md' : `write ${meant}`;
  return { code: 'CONFIG_UNKNOWN_KEY', object, message: `${name}: there is no such setting`, fix };
}

/** Which of them is meant, nobody can tell. */
function givenTwice(object: string, { origin }: KeyValueObject): Problem {
  const problem: Problem = {
    code: 'SETTING_INVALID',
    object,
    message: 'it is given more than once',
    fix: 'give it once',
  };
  return origin ? { ...problem, location: { origin, path: [] } } : problem;
}

function stranger(kind: string, { namespace, name }: KeyValueObject): Problem {
  return {
    code: 'SETTING_UNUSED',
    object: `${kind} ${namespace}/${name}`,
    message: `it is not read, because Argo CD's own namespace is another one`,
    fix: `give --argocd-namespace ${namespace} if it is meant`,
  };
}

function knownKeys(
  keysOf: (setting: Setting) => readonly (readonly [string, { readonly isContent?: true }])[],
): ReadonlyMap<string, KnownKey> {
  return new Map(SETTINGS.flatMap((setting) => keysOf(setting).map(([key, more]) => [key, { setting, ...more }])));
}
