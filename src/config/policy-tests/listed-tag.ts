import type { ListedTag } from '../../core/deciding/listed-tag.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { type Platform, parsePlatform } from '../../core/platform.ts';
import { type Digest, parseDigest } from '../../core/reference.ts';
import { parseTimestamp } from '../../core/timestamp.ts';
import { asText } from '../../core/untyped.ts';
import type { Fields, KnownMapping } from '../fields.ts';

/** What a tag can be listed with; `firstSeen` plays no part until there is a gate that asks for it. */
const TAG_KEYS = ['name', 'created', 'digest', 'platforms', 'firstSeen'] as const;

/**
 * A listed tag: its name, or a mapping with what a registry would know about it. A name that no tag can have and a time
 * that is none are no problems: a registry says such things too, and the decision drops the candidate for it.
 */
export function readListedTag(fields: Fields, value: unknown, path: FieldPath): ListedTag | undefined {
  const text = asText(value);
  if (text !== undefined) return { name: text };
  const tag = fields.mapping(value, path, TAG_KEYS);
  if (!tag) return undefined;
  const name = fields.text(tag, 'name');
  if (name === undefined) {
    fields.refuse([...path, 'name'], 'is missing', 'give the tag its name');
    return undefined;
  }
  const createdNs = parseTimestamp(fields.text(tag, 'created') ?? '');
  const digest = readDigest(fields, tag);
  const platforms = readPlatforms(fields, tag);
  fields.text(tag, 'firstSeen');
  return {
    name,
    ...(createdNs === undefined ? {} : { createdNs }),
    ...(digest === undefined ? {} : { digest }),
    ...(platforms === undefined ? {} : { platforms }),
  };
}

function readDigest(fields: Fields, tag: KnownMapping): Digest | undefined {
  const text = fields.text(tag, 'digest');
  if (text === undefined) return undefined;
  const digest = parseDigest(text);
  if (digest.ok) return digest.value;
  fields.refuse([...tag.path, 'digest'], digest.problem, 'write sha256: and 64 hex digits, or leave it out');
  return undefined;
}

function readPlatforms(fields: Fields, tag: KnownMapping): readonly Platform[] | undefined {
  return fields.texts(tag, 'platforms')?.flatMap((text, index) => {
    const platform = parsePlatform(text);
    if (platform.ok) return [platform.value];
    fields.refuse([...tag.path, 'platforms', index], platform.problem, 'write os/arch or os/arch/variant');
    return [];
  });
}
