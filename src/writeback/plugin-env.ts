import { isMap } from 'yaml';
import type { Sprout } from '../core/edits/draft.ts';
import { allOf, type Planned, refused } from '../core/edits/edit-text.ts';
import { setKey, textUnder } from '../core/edits/set-key.ts';
import type { YamlFile, YamlList, YamlMapping } from '../core/edits/yaml-file.ts';
import type { WantedImage } from '../core/target.ts';
import type { OverrideList } from './override-list.ts';
import { pluginVariables, pluginVersion } from './plugin-keys.ts';

interface Variable {
  readonly value: string;
  /** Where it is written; undefined for the Application's own and for one that is an alias. */
  readonly at?: { readonly yaml: YamlFile; readonly mapping: YamlMapping };
}

/** By name. */
type Variables = ReadonlyMap<string, Variable>;

/** `plugin.env`: {name, value}, in the order in which they stand. */
export const pluginEnv: OverrideList<Variables> = {
  path: ['plugin', 'env'],
  ofSource: ({ pluginEnv: own = [] }) => new Map<string, Variable>(own.map(({ name, value }) => [name, { value }])),
  ofFile: readVariables,
  version: (state, { keys }) => pluginVersion(keys, valueIn(state)),
  says: (state, wanted) => pluginVariables(wanted, valueIn(state)).length === 0,
  change: (state, wanted) =>
    new Map<string, Variable>([
      ...state,
      ...pluginVariables(wanted, valueIn(state)).map(({ name, value }): [string, Variable] => [name, { value }]),
    ]),
  items: (state) => [...state].map(([name, { value }]) => item(name, value)),
  plan,
};

function valueIn(variables: Variables): (name: string) => string | undefined {
  return (name) => variables.get(name)?.value;
}

function item(name: string, value: string): Sprout {
  return new Map([
    ['name', name],
    ['value', value],
  ]);
}

function readVariables(yaml: YamlFile, list: YamlList): Variables {
  const variables = new Map<string, Variable>();
  for (const entry of list.items) {
    const mapping = yaml.resolve(entry);
    const name = isMap(mapping) ? textUnder(yaml, mapping, 'name') : undefined;
    if (!isMap(mapping) || name === undefined) continue;
    const value = textUnder(yaml, mapping, 'value') ?? '';
    variables.set(name, { value, ...(mapping === entry ? { at: { yaml, mapping } } : {}) });
  }
  return variables;
}

function plan(state: Variables, _list: YamlList, wanted: WantedImage, append: (item: Sprout) => Planned): Planned {
  return allOf(
    pluginVariables(wanted, valueIn(state)).map(({ name, value }) => {
      const variable = state.get(name);
      if (!variable) return append(item(name, value));
      if (variable.at) return setKey(variable.at.yaml, variable.at.mapping, 'value', value);
      return refused(`the variable ${name} is an alias`, 'write the variable out in place of the alias');
    }),
  );
}
