import { isMap } from 'yaml';
import type { Sprout } from '../core/edits/draft.ts';
import { allOf, type Planned, planned, refused } from '../core/edits/edit-text.ts';
import { setKey, textUnder } from '../core/edits/set-key.ts';
import { keyText, type YamlFile, type YamlList, type YamlMapping } from '../core/edits/yaml-file.ts';
import type { WantedImage } from '../core/target.ts';
import { type HelmEntry, helmEntries, helmVersion } from './helm-keys.ts';
import type { Stated } from './image-texts.ts';
import type { OverrideList } from './override-list.ts';

export interface Parameter {
  readonly value: string;
  readonly forceString: boolean;
  /** Where it is written; undefined for the Application's own and for one that is an alias. */
  readonly at?: { readonly yaml: YamlFile; readonly mapping: YamlMapping; readonly forceKey: string | undefined };
}

/** By name; of several with one name Argo CD lets the last one win. */
export type Parameters = ReadonlyMap<string, Parameter>;

const FORCE = 'forcestring';

/** `helm.parameters`: {name, value, forcestring}; Argo CD reads the last key in any case. */
export const helmParameters: OverrideList<Parameters> = {
  path: ['helm', 'parameters'],
  ofSource: ({ helm }) =>
    new Map<string, Parameter>(
      (helm?.parameters ?? []).map(({ name, value, forceString }) => [name, { value, forceString }]),
    ),
  ofFile: readParameters,
  version: (state, { keys }) => helmVersion(keys, statedIn(state)),
  says: (state, wanted) => helmEntries(wanted, statedIn(state)).length === 0,
  change: (state, wanted) => {
    const entries = helmEntries(wanted, statedIn(state));
    return new Map<string, Parameter>([
      ...state,
      ...entries.map(({ key, value }): [string, Parameter] => [key, { value, forceString: true }]),
    ]);
  },
  // Upstream's order, by bytes; names are ASCII as a rule, where code units and bytes agree.
  items: (state) =>
    [...state]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { value, forceString }]) => item(name, value, FORCE, forceString)),
  plan,
};

function statedIn(parameters: Parameters): Stated {
  return (key) => parameters.get(key)?.value;
}

function item(name: string, value: string, forceKey: string, forceString: boolean): Sprout {
  return new Map<string, Sprout>([
    ['name', name],
    ['value', value],
    [forceKey, forceString],
  ]);
}

/** The parameters of a list. */
export function readParameters(yaml: YamlFile, list: YamlList): Parameters {
  const parameters = new Map<string, Parameter>();
  for (const entry of list.items) {
    const mapping = yaml.resolve(entry);
    const name = isMap(mapping) ? textUnder(yaml, mapping, 'name') : undefined;
    if (!isMap(mapping) || name === undefined) continue;
    const forceKey = mapping.items.map(keyText).find((key) => key?.toLowerCase() === FORCE);
    const forceString = forceKey !== undefined && textUnder(yaml, mapping, forceKey) === 'true';
    const value = textUnder(yaml, mapping, 'value') ?? '';
    parameters.set(name, { value, forceString, ...(mapping === entry ? { at: { yaml, mapping, forceKey } } : {}) });
  }
  return parameters;
}

function plan(state: Parameters, _list: YamlList, wanted: WantedImage, append: (item: Sprout) => Planned): Planned {
  const spelling = [...state.values()].find(({ at }) => at?.forceKey)?.at?.forceKey ?? FORCE;
  return allOf(
    helmEntries(wanted, statedIn(state)).map((entry) => {
      const parameter = state.get(entry.key);
      return parameter
        ? setParameter(parameter, entry, spelling)
        : append(item(entry.key, entry.value, spelling, true));
    }),
  );
}

/**
 * What it takes that a parameter holds a value, as text.
 * @param spelling the key that forces it to be text, where the parameter has none yet
 */
export function setParameter({ at, forceString }: Parameter, { key, value }: HelmEntry, spelling: string): Planned {
  if (!at) return refused(`the parameter ${key} is an alias`, 'write the parameter out in place of the alias');
  const set = setKey(at.yaml, at.mapping, 'value', value);
  return forceString || !isRetyped(value) ? set : allOf([set, force(at.yaml, at.mapping, at.forceKey ?? spelling)]);
}

function force(yaml: YamlFile, mapping: YamlMapping, key: string): Planned {
  const found = yaml.lookup(mapping, key);
  if (found.kind === 'one') {
    return planned([{ kind: 'set', slot: { kind: 'pair', mapping, pair: found.pair }, value: true }]);
  }
  return planned([{ kind: 'put', soil: { kind: 'mapping', node: mapping }, path: [key], value: true }]);
}

/** Whether Helm's `--set` takes the text for something else, so that the parameter must be forced to be a string. */
function isRetyped(value: string): boolean {
  return /^(?:true|false|null|0|[-+]?[1-9]\d*)$/i.test(value);
}
