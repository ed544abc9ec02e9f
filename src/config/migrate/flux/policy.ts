import { parseAllowTags } from '../../../core/deciding/tag-filter.ts';
import type { Problem } from '../../../core/failure.ts';
import type { FieldPath } from '../../../core/field-path.ts';
import type { MigrationNote } from '../../../core/migration.ts';
import { formatImageName, type ImageName } from '../../../core/reference.ts';
import { flagAt, mappingAt, textAt, textsAt } from '../../../core/untyped.ts';
import { semver } from '../../../strategies/semver.ts';
import { parseNamedImage } from '../../annotations/image-list.ts';
import type { UpdateSettings } from '../../image-updater/definition.ts';
import { globOf } from './exclusion.ts';
import { type FluxObject, findObject, placeOf, problemAt } from './objects.ts';

/** What an ImagePolicy and its ImageRepository come to. */
export interface TranslatedPolicy {
  readonly image: ImageName;
  /** With the constraint. */
  readonly imageName: string;
  readonly settings: UpdateSettings;
  /** The Secret with the registry's credentials, of the ImageRepository's namespace. */
  readonly secret: { readonly namespace: string; readonly name: string } | undefined;
}

export interface PolicyTranslation {
  readonly policy: FluxObject;
  /** Undefined when something has no equivalent, which `failures` name. */
  readonly translated: TranslatedPolicy | undefined;
  readonly failures: readonly Problem[];
  readonly notes: readonly MigrationNote[];
}

/** The versions that Flux counts: three numbers, with or without "v" and a suffix. */
const FULL_VERSION = 'regexp:^v?[0-9]+\\.[0-9]+\\.[0-9]+(?:-.*)?$';

/** Translates an ImagePolicy; what it says and cannot be said is a failure, what is said elsewhere a note. */
export function translatePolicy(policy: FluxObject, repositories: readonly FluxObject[]): PolicyTranslation {
  const repository = repositoryOf(policy, repositories);
  if (!repository) return noRepository(policy);
  const named = parseNamedImage(textAt(repository.spec, 'image') ?? '');
  const choice = readChoice(policy);
  const filter = readFilter(policy, choice);
  const failures = [
    ...(named ? [] : [problemAt(repository, ['spec', 'image'], 'names no image', 'name an image')]),
    ...choice.failures,
    ...filter.failures,
  ];
  const exclusions = readExclusions(repository);
  const notes = [
    ...notesOnPolicy(policy, choice),
    ...filter.notes,
    ...exclusions.notes,
    ...notesOnRepository(repository),
  ];
  if (!named || failures.length > 0) return { policy, translated: undefined, failures, notes };
  const { image } = named;
  return {
    policy,
    translated: {
      image,
      imageName: `${formatImageName(image)}${choice.constraint ? `:${choice.constraint}` : ''}`,
      settings: {
        updateStrategy: choice.strategy,
        ...(filter.allowTags === undefined ? {} : { allowTags: filter.allowTags }),
        ...(exclusions.globs.length > 0 ? { ignoreTags: exclusions.globs } : {}),
      },
      secret: secretOf(repository),
    },
    failures,
    notes,
  };
}

function secretOf({ namespace, spec }: FluxObject): TranslatedPolicy['secret'] {
  const name = textAt(mappingAt(spec, 'secretRef'), 'name');
  return name === undefined ? undefined : { namespace, name };
}

function repositoryOf(policy: FluxObject, repositories: readonly FluxObject[]): FluxObject | undefined {
  const ref = mappingAt(policy.spec, 'imageRepositoryRef');
  return findObject(repositories, textAt(ref, 'namespace') ?? policy.namespace, textAt(ref, 'name') ?? '');
}

function noRepository(policy: FluxObject): PolicyTranslation {
  const path = ['spec', 'imageRepositoryRef'];
  const failure = problemAt(policy, path, 'the ImageRepository is not among the input', 'give it too');
  return { policy, translated: undefined, failures: [failure], notes: [] };
}

/** How the newest tag is found. */
interface Choice {
  readonly strategy: 'semver' | 'alphabetical' | 'digest';
  readonly constraint: string | undefined;
  readonly failures: readonly Problem[];
}

function readChoice(policy: FluxObject): Choice {
  const path: FieldPath = ['spec', 'policy'];
  const rules = mappingAt(policy.spec, 'policy');
  const fail = (field: string, problem: string, fix: string): Choice => {
    return { strategy: 'semver', constraint: undefined, failures: [problemAt(policy, [...path, field], problem, fix)] };
  };
  const tag = followedTag(policy);
  if (tag !== undefined) return { strategy: 'digest', constraint: tag, failures: [] };
  if (rules['semver'] !== undefined) {
    const range = textAt(mappingAt(rules, 'semver'), 'range')?.trim() || undefined;
    const judge = semver.judge(range);
    return judge.ok
      ? { strategy: 'semver', constraint: range, failures: [] }
      : fail('semver', judge.problem, 'correct it');
  }
  const NEWEST = 'use newest-build, if later builds have higher numbers';
  if (rules['numerical'] !== undefined) return fail('numerical', 'no strategy compares tags as numbers', NEWEST);
  if (rules['alphabetical'] === undefined) return fail('', 'says no policy', 'add semver or alphabetical');
  if (textAt(mappingAt(rules, 'alphabetical'), 'order')?.toLowerCase() !== 'desc') {
    return { strategy: 'alphabetical', constraint: undefined, failures: [] };
  }
  return fail('alphabetical', 'no strategy chooses the lowest tag (order desc)', 'make tags that sort upwards');
}

/** The one tag whose digest is followed: `pattern: ^latest$` with `digestReflectionPolicy: Always`. */
function followedTag({ spec }: FluxObject): string | undefined {
  if (textAt(spec, 'digestReflectionPolicy') !== 'Always') return undefined;
  return /^\^([A-Za-z0-9_-]+)\$$/.exec(textAt(mappingAt(spec, 'filterTags'), 'pattern') ?? '')?.[1];
}

interface Filter {
  readonly allowTags?: string;
  readonly failures: readonly Problem[];
  readonly notes: readonly MigrationNote[];
}

function readFilter(policy: FluxObject, { strategy }: Choice): Filter {
  const filter = mappingAt(policy.spec, 'filterTags');
  const pattern = textAt(filter, 'pattern');
  const path = ['spec', 'filterTags'];
  if (textAt(filter, 'extract')) {
    const problem = 'no strategy compares a part of a tag';
    const fix = 'use newest-build with the pattern as allowTags, if the part grows with time';
    return { failures: [problemAt(policy, [...path, 'extract'], problem, fix)], notes: [] };
  }
  if (strategy === 'digest') return { failures: [], notes: [] };
  if (!pattern) return { ...(strategy === 'semver' ? { allowTags: FULL_VERSION } : {}), failures: [], notes: [] };
  const allowTags = `regexp:${pattern}`;
  const read = parseAllowTags(allowTags);
  if (!read.ok) return { failures: [problemAt(policy, [...path, 'pattern'], read.problem, 'correct it')], notes: [] };
  const message = `tags such as 1.2 count as versions too where the pattern lets them through (${placeOf(policy, path)})`;
  return { allowTags, failures: [], notes: strategy === 'semver' ? [{ object: policy.title, message }] : [] };
}

function notesOnPolicy(policy: FluxObject, { strategy }: Choice): readonly MigrationNote[] {
  const reflection = textAt(policy.spec, 'digestReflectionPolicy') ?? 'Never';
  const path = ['spec', 'digestReflectionPolicy'];
  const messages = [
    ...(reflection === 'Never' || strategy === 'digest'
      ? []
      : [`digestReflectionPolicy ${reflection} has no equivalent: ${strategy} writes tags (${placeOf(policy, path)})`]),
    ...(flagAt(policy.spec, 'suspend') ? [SUSPENDED] : []),
  ];
  return messages.map((message) => ({ object: policy.title, message }));
}

const SUSPENDED = 'is suspended: annotate the Applications with tiphys.dev/suspend: "true"';

function notesOnRepository(repository: FluxObject): readonly MigrationNote[] {
  const { spec, title } = repository;
  const provider = textAt(spec, 'provider') ?? 'generic';
  const inRegistriesConf = [
    ['certSecretRef', 'ca_secret, cert_file and key_file'],
    ['proxySecretRef', 'proxy'],
    ['insecure', 'insecure'],
  ] as const;
  const messages = [
    ...inRegistriesConf
      .filter(([field]) => spec[field] !== undefined)
      .map(([field, keys]) => `${field} is said in registries.conf: ${keys} (${placeOf(repository, ['spec', field])})`),
    ...(provider === 'generic' ? [] : [`provider ${provider}: known registries open by the identity of the process`]),
    ...(spec['serviceAccountName'] === undefined ? [] : ['serviceAccountName has no equivalent: use a pull Secret']),
    ...(flagAt(spec, 'suspend') ? [SUSPENDED] : []),
  ];
  return messages.map((message) => ({ object: title, message }));
}

function readExclusions(repository: FluxObject): {
  readonly globs: readonly string[];
  readonly notes: readonly MigrationNote[];
} {
  const read = textsAt(repository.spec, 'exclusionList').map((text) => ({ text, glob: globOf(text) }));
  return {
    globs: read.flatMap(({ glob }) => glob ?? []),
    notes: read.flatMap(({ text, glob }, index) => {
      if (glob !== undefined) return [];
      const place = placeOf(repository, ['spec', 'exclusionList', index]);
      return [{ object: repository.title, message: `no glob says the same as the exclusion ${text} (${place})` }];
    }),
  };
}
