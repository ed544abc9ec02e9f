import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { nearest } from '../core/nearest.ts';
import { type Platform, parsePlatform } from '../core/platform.ts';

// setTimeout takes no more than 31 bits of milliseconds and fires at once beyond.
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;
const HIGHEST_PORT = 65_535;

/** What commander collects from the flags that run, plan and explain share, after the parsers below. */
export type CycleFlags = {
  readonly filename: readonly string[];
  readonly argocdNamespace: string;
  readonly registriesConfPath?: string;
  readonly platforms: readonly Platform[];
  readonly writeBack?: 'git';
  readonly stateDir: string;
  readonly gitCommitUser: string;
  readonly gitCommitEmail: string;
  readonly gitCommitGrouping: 'branch' | 'application';
  readonly gitCommitMessagePath?: string;
};

/** The flags that run, plan and explain share. Names and defaults that upstream has too are upstream's. */
export function cycleFlags(defaultStateDir: string): Option[] {
  return [
    new Option('-f, --filename <path>', "file, folder or - for standard input, as kubectl's; may be repeated")
      .argParser(repeated(notEmpty))
      .makeOptionMandatory(),
    new Option('--argocd-namespace <namespace>', "Argo CD's own namespace; part of the name of an override file")
      .default('argocd')
      .argParser(notEmpty),
    new Option('--registries-conf-path <file>', "registries.conf, in upstream's format").argParser(notEmpty),
    new Option(
      '--platforms <platforms>',
      'os/arch[/variant], separated by commas; for images that name none themselves',
    )
      .default([], 'any')
      .argParser(platforms),
    closedSet(new Option('--write-back <method>', 'for Applications without a write-back-method'), ['git']),
    new Option('--state-dir <folder>', 'where copies of Git repositories are kept')
      .default(defaultStateDir, '$XDG_STATE_HOME/tiphys')
      .argParser(notEmpty),
    new Option('--git-commit-user <name>', 'author of commits').default('argocd-image-updater').argParser(notEmpty),
    new Option('--git-commit-email <address>', "author's e-mail address")
      .default('noreply@argoproj.io')
      .argParser(notEmpty),
    closedSet(new Option('--git-commit-grouping <unit>', 'one commit for each of these').default('branch'), [
      'branch',
      'application',
    ]),
    new Option('--git-commit-message-path <file>', 'template of commit messages; comes with step 2').argParser(
      notEmpty,
    ),
  ];
}

export function intervalFlag(defaultText: string): Option {
  return new Option('--interval <duration>', "pause between two cycles, in Go's syntax: 90s, 2m, 1h30m")
    .default(interval(defaultText), defaultText)
    .argParser(interval);
}

export function portFlag(): Option {
  return new Option('--port <port>', "the registry's port").default(0, 'any that is free').argParser(port);
}

/** The value must be one of `values`; a slip is answered with the nearest of them. */
export function closedSet(option: Option, values: readonly string[]): Option {
  return option.choices(values).argParser((text: string) => oneOf(text, values));
}

/** @throws {InvalidArgumentError} naming all values and the nearest */
export function oneOf(text: string, values: readonly string[]): string {
  if (values.includes(text)) return text;
  const meant = values.length > 1 ? nearest(text, values) : undefined;
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new InvalidArgumentError(`It must be ${alternatives(values)}${advice}`);
}

function alternatives(values: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(values);
}

function repeated(parse: (text: string) => string) {
  return (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), parse(text)];
}

function notEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

function platforms(text: string, before: readonly Platform[]): readonly Platform[] {
  const parts = text.split(',').map((part) => {
    const platform = parsePlatform(part);
    if (!platform.ok) throw new InvalidArgumentError(`${capitalised(platform.problem)}.`);
    return platform.value;
  });
  return [...before, ...parts];
}

function interval(text: string): number {
  const duration = parseDuration(text);
  if (!duration.ok) throw new InvalidArgumentError(`${capitalised(duration.problem)}.`);
  const ms = Math.round(duration.value);
  if (ms <= 0) throw new InvalidArgumentError('It must be more than 0; for a single cycle use --once.');
  if (ms > LONGEST_INTERVAL_MS) throw new InvalidArgumentError('It must not be more than 24 days (576h).');
  return ms;
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= HIGHEST_PORT) return number;
  throw new InvalidArgumentError(`It must be a number from 0 to ${HIGHEST_PORT}.`);
}

function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
