import { isScalar, Scalar } from 'yaml';
import { type Planned, planned, refused } from './edit-text.ts';
import { isPlainString } from './scalar-text.ts';
import { effectiveValue, isNull, scalarText, type YamlFile, type YamlMapping, type YamlNode } from './yaml-file.ts';
import { duplicateKey } from './yaml-path.ts';

/** The text that readers find under a key; undefined for none, null, the empty text and for what is no scalar. */
export function textUnder(file: YamlFile, mapping: YamlMapping, key: string): string | undefined {
  return scalarText(effectiveValue(file, mapping, key)) || undefined;
}

/** Whether every reader finds just this text in a node: `1.10` without quotes is a number to them. */
export function saysText(node: YamlNode | undefined, text: string): boolean {
  if (!isScalar(node) || scalarText(node) !== text) return false;
  return node.type !== Scalar.PLAIN || isPlainString(text, false);
}

/** What it takes that readers find `wanted` under a key, or nothing for undefined. */
export function setKey(file: YamlFile, mapping: YamlMapping, key: string, wanted: string | undefined): Planned {
  const found = file.lookup(mapping, key);
  if (found.kind === 'several') {
    const { why, fix } = duplicateKey(key);
    return refused(why, fix);
  }
  const value = effectiveValue(file, mapping, key);
  if (wanted === undefined ? !scalarText(value) : saysText(value, wanted)) return planned([]);
  if (found.kind === 'none') {
    // What is merged in from elsewhere cannot be taken away here; the check after the edit says so.
    if (wanted === undefined) return planned([]);
    return planned([{ kind: 'put', soil: { kind: 'mapping', node: mapping }, path: [key], value: wanted }]);
  }
  const { pair } = found;
  if (wanted !== undefined) return planned([{ kind: 'set', slot: { kind: 'pair', mapping, pair }, value: wanted }]);
  return planned(isNull(pair.value) ? [] : [{ kind: 'remove', mapping, pair }]);
}
