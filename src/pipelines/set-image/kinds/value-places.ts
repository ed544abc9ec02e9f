import { isMap, isScalar, isSeq } from 'yaml';
import type { Planned } from '../../../core/edits/edit-text.ts';
import { setPath, textAt } from '../../../core/edits/key-path.ts';
import { keyText, scalarText, type YamlFile, type YamlNode } from '../../../core/edits/yaml-file.ts';
import { nearest } from '../../../core/nearest.ts';

/** The text at a key of Helm values; "" for a key without a value, undefined where there is no such key. */
export function statedAt(yaml: YamlFile, key: string): string | undefined {
  return textAt(yaml, key) ?? (isEmptyKey(setPath(yaml, key, 'x')) ? '' : undefined);
}

/** Whether a text would be put where one is missing, and not behind a new key. */
function isEmptyKey(plan: Planned): boolean {
  return plan.ok && plan.operations.every(({ kind }) => kind === 'set');
}

export interface StatedKey {
  readonly key: string;
  readonly text: string;
}

/** Keys that look as if they could state an image. */
const IMAGE_KEY = /(?:^|\.)(?:[\w-]*image[\w-]*|tag|repository|[\w-]*Tag)(?:\[\d+\])?$/;
const MOST_KEYS = 1_000;

export function isImageKey(key: string): boolean {
  return IMAGE_KEY.test(key);
}

/** The keys of Helm values that look as if they stated an image, with what they say: "image.tag (1.2)". */
export function imageKeys(yaml: YamlFile): readonly StatedKey[] {
  const keys: StatedKey[] = [];
  const visit = (node: YamlNode | null | undefined, path: string, depth: number) => {
    if (depth > 20 || keys.length >= MOST_KEYS) return;
    if (isScalar(node) && isImageKey(path)) keys.push({ key: path, text: scalarText(node) ?? '' });
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, `${path}[${index}]`, depth + 1);
    if (!isMap(node)) return;
    for (const pair of node.items) {
      visit(pair.value, path === '' ? (keyText(pair) ?? '') : `${path}.${keyText(pair)}`, depth + 1);
    }
  };
  visit(yaml.root, '', 0);
  return keys;
}

const NAMED_AT_MOST = 10;

/** Why a key finds nothing, and what is there instead. */
export function missingKey(
  { key, message }: { readonly key: string; readonly message: string },
  present: readonly StatedKey[],
): { readonly message: string; readonly fix: string } {
  const there = present.slice(0, NAMED_AT_MOST).map((one) => `${one.key} (${one.text})`);
  const meant = nearest(
    key,
    present.map((one) => one.key),
  );
  return {
    message: there.length === 0 ? message : `${message}; there is ${there.join(', ')}`,
    fix:
      meant === undefined || meant === key
        ? 'name a key that is there, as in --key image.tag'
        : `did you mean ${meant}?`,
  };
}
