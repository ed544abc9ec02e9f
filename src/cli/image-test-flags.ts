import { type Command, InvalidArgumentError, Option } from 'commander';
import { readPlainPolicy } from '../config/policy-tests/plain-policy.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { Policy } from '../core/deciding/policy.ts';
import { Failure, type Problem } from '../core/failure.ts';
import { linuxPlatform, type Platform } from '../core/platform.ts';
import { formatImageName, type ImageName, isRepositoryName, parseImageIdentifier } from '../core/reference.ts';
import { canonicalHost, isHost } from '../core/registry-endpoint.ts';
import { notEmpty, platforms, repeated } from './flags.ts';
import { addSettingFlags, givenByFlags } from './setting-flags.ts';
import type { ImageTestOptions } from './work.ts';

/** What commander collects, after the parsers below. */
export interface ImageTestFlags {
  readonly semverConstraint?: string;
  readonly allowTags?: string;
  readonly ignoreTags?: readonly string[];
  readonly updateStrategy?: string;
  readonly platforms: readonly Platform[];
  readonly tags?: string;
  readonly credentials?: string;
  readonly rateLimit?: string;
}

/** Adds the images and upstream's flags, by their names, and `--tags`. */
export function addImageTestFlags(command: Command): void {
  command.argument('<IMAGE...>', '[registry/]repository; what stands behind its colon plays no part', images);
  for (const flag of [...policyFlags(), ...sourceFlags()]) command.addOption(flag);
  addSettingFlags(command, 'test');
}

function policyFlags(): Option[] {
  return [
    new Option('--semver-constraint <constraint>', 'versions that count, such as ~1.2; for digest the tracked tag'),
    new Option('--allow-tags <function>', 'tags that count: regexp:<expression>, or any'),
    new Option('--ignore-tags <glob>', 'tags that do not count; may be repeated').argParser(repeated(notEmpty)),
    new Option('--update-strategy <name>', 'semver, newest-build, alphabetical or digest').default('semver'),
    new Option('--platforms <platforms>', 'os/arch[/variant], separated by commas; all must be there')
      .default([], "linux on this machine's processor; any with --tags")
      .argParser(platforms),
  ];
}

function sourceFlags(): Option[] {
  return [
    new Option('--tags <file>', 'tags instead of a registry: one a line, or JSON; - for standard input').argParser(
      notEmpty,
    ),
    new Option(
      '--credentials <source>',
      "env:VARIABLE or a Secret of the cluster, instead of the registry's own",
    ).argParser(notEmpty),
    new Option('--rate-limit <number>', 'requests a second; not used yet').argParser(number),
  ];
}

/** @throws {Failure} SETTING_INVALID for a policy or credentials that cannot be used */
export function imageTestOptions(
  given: readonly GivenImage[],
  flags: ImageTestFlags,
  command: Command,
): ImageTestOptions {
  const names = given.map(({ image }) => image);
  if (flags.credentials !== undefined) checkCredentials(flags.credentials, names);
  return {
    images: names,
    policy: policyOf(flags),
    settings: givenByFlags(command, 'test'),
    credentials: flags.credentials,
    tagsFrom: flags.tags,
  };
}

const FLAG_NAMES: Readonly<Record<string, string>> = {
  constraint: '--semver-constraint',
  strategy: '--update-strategy',
  allowTags: '--allow-tags',
};

function policyOf(flags: ImageTestFlags): Policy {
  const { updateStrategy: strategy, semverConstraint: constraint, allowTags, ignoreTags } = flags;
  const read = readPlainPolicy({ strategy, constraint, allowTags, ignoreTags }, (field) => FLAG_NAMES[field] ?? field);
  if (!read.ok) {
    const message = read.remarks.map((remark) => remark.message).join('; ');
    const fix = read.remarks.map((remark) => remark.fix).join('; ');
    throw new Failure('SETTING_INVALID', message, { fix });
  }
  const machine = flags.tags === undefined ? [linuxPlatform(process.arch)] : [];
  return { ...read.value, platforms: flags.platforms.length > 0 ? flags.platforms : machine };
}

/** Credentials go to one registry only: nobody means to show a password to two. */
function checkCredentials(text: string, names: readonly ImageName[]): void {
  const object = '--credentials';
  const source = parseCredentialSource(text);
  if (!source.ok) {
    const fix = 'write env:VARIABLE, or name a Secret of the cluster';
    throw new Failure('SETTING_INVALID', source.problem, { fix, object });
  }
  const hosts = new Set(names.map(({ registry }) => canonicalHost(registry || 'docker.io')));
  if (hosts.size > 1) {
    const fix = 'test the images of each registry by themselves';
    throw new Failure('SETTING_INVALID', `are for one registry, not for ${[...hosts].join(' and ')}`, { fix, object });
  }
}

export interface GivenImage {
  readonly image: ImageName;
  /** What stands behind the name: "1.2", "sha256:…". */
  readonly version: string | undefined;
}

function images(text: string, before: readonly GivenImage[] | undefined): readonly GivenImage[] {
  const { registry, repository, constraint, digest } = parseImageIdentifier(text);
  const isURL = text.includes('://');
  if (isURL || (registry !== '' && !isHost(registry)) || !isRepositoryName(repository)) {
    throw new InvalidArgumentError('It must be an image: [registry/]repository, the repository in lower case.');
  }
  return [...(before ?? []), { image: { registry, repository }, version: constraint ?? digest }];
}

/** Remarks on what was given and plays no part. */
export function notesOn(given: readonly GivenImage[], { rateLimit }: ImageTestFlags): readonly Problem[] {
  const message = 'is not used yet: the limits of the registries themselves apply';
  const fix = 'leave it out, or leave it';
  const unused: Problem = { code: 'SETTING_UNUSED', object: '--rate-limit', message, fix };
  return [...given.flatMap(noteOn), ...(rateLimit === undefined ? [] : [unused])];
}

/** Upstream reads the tag and says nothing. */
function noteOn({ image, version }: GivenImage): readonly Problem[] {
  if (version === undefined) return [];
  const message = `"${version}" behind the name plays no part; it is no constraint here`;
  const fix = `for a constraint give --semver-constraint "${version}"`;
  return [{ code: 'SETTING_UNUSED', object: formatImageName(image), message, fix }];
}

function number(text: string): string {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return text;
}
