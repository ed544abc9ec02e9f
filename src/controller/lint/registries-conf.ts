import { problemIn } from '../../config/problem.ts';
import { parseRegistriesConf } from '../../config/registries/registries-conf.ts';
import { writtenAt } from '../../config/written.ts';
import { type Problem, uniqueProblems } from '../../core/failure.ts';
import type { FieldPath } from '../../core/field-path.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import type { Origin } from '../../core/origin.ts';
import type { RegistriesConfig } from '../../core/registry-endpoint.ts';
import { asText, isUntyped, listAt } from '../../core/untyped.ts';
import { readYamlDocuments } from '../../core/yaml-documents.ts';
import { credentialReferences, type SecretReference, secretJudge } from './absent-secrets.ts';

/** A registries.conf that was given: a file, or a key of upstream's ConfigMap. */
export interface RegistriesText {
  readonly text: string;
  readonly origin: Origin;
}

export interface JudgedRegistries {
  /** Undefined where it cannot be read. */
  readonly config: RegistriesConfig | undefined;
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export function judgeRegistries(
  { text, origin }: RegistriesText,
  secrets: readonly KeyValueObject[],
): JudgedRegistries {
  const parsed = parseRegistriesConf(text, origin);
  const absent = referencesIn(text)
    .flatMap(secretJudge(secrets))
    .map((remark) => problemIn('registries.conf', origin, remark));
  return {
    config: parsed.ok ? parsed.config : undefined,
    failures: uniqueProblems([...(parsed.ok ? [] : parsed.problems), ...absent]),
    warnings: parsed.warnings,
  };
}

function referencesIn(text: string): readonly SecretReference[] {
  const [document] = readYamlDocuments(text);
  if (!document?.ok || !isUntyped(document.value)) return [];
  return listAt(document.value, 'registries').flatMap((registry, index) => {
    if (!isUntyped(registry)) return [];
    return ['credentials', 'ca_secret'].flatMap((key) => {
      const value = registry[key];
      const path: FieldPath = ['registries', index, key];
      return Array.isArray(value)
        ? value.flatMap((item, at) => reference(item, [...path, at]))
        : reference(value, path);
    });
  });
}

function reference(value: unknown, path: FieldPath): readonly SecretReference[] {
  const text = asText(value);
  return text === undefined ? [] : credentialReferences(writtenAt(path, text));
}
