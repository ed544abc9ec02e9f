import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import type { Origin } from '../../core/origin.ts';
import { BUILT_IN_REGISTRIES, isLoopback, type RegistriesConfig } from '../../core/registry-endpoint.ts';
import { type ParsedRegistries, Report } from './registries-report.ts';
import { type Entry, readEntry } from './registry-entry.ts';
import { Fields, isEmpty, keysOf, resolve } from './registry-fields.ts';

/** What is wrong with broken YAML is said by its first errors; the others follow from them, by the thousand. */
const MOST_ERRORS = 5;

/**
 * Reads registries.conf in upstream's format (reference part 1, 4.1) and with our own keys beside it. Strict, as
 * upstream: unknown and duplicate keys are problems. Files that it names are not opened here.
 * Entries add to the built-in Docker Hub; one with its prefix takes its place.
 * @param origin where the text stands, for problems
 * @returns all problems at once, each with its place ("registries[1].api_url") and remedy
 */
export function parseRegistriesConf(text: string, origin?: Origin): ParsedRegistries {
  // Scalars are read as they are written ("failsafe"): which of them are booleans depends on the key.
  const document = parseDocument(text, { schema: 'failsafe', version: '1.1' });
  const report = new Report(origin);
  for (const error of document.errors.slice(0, MOST_ERRORS)) {
    const remedy = error.code === 'DUPLICATE_KEY' ? 'remove one of the two' : 'correct the YAML';
    const { line = 1, col = 1 } = error.linePos?.[0] ?? {};
    report.broken({ line, column: col }, firstLine(error.message), remedy);
  }
  if (document.errors.length > 0) return report.refused();
  const entries = listOf(document, report).flatMap(
    ([path, map]) => readEntry(path, new Fields(document, path, map, report)) ?? [],
  );
  const config = combine(entries, report);
  return report.outcome(config);
}

/** The maps below `registries`, each with its path. */
function listOf(document: Document, report: Report): (readonly [string, YAMLMap])[] {
  const root = document.contents;
  if (root === null || isEmpty(root)) return [];
  if (!isMap(root)) {
    report.problem('registries.conf', 'is not a map', 'write "registries:" and a list below it');
    return [];
  }
  for (const key of keysOf(root)) {
    if (key !== 'registries')
      report.unknownKey(key, `${key} is not a key of registries.conf`, 'the only key is registries');
  }
  const list = resolve(document, root.get('registries', true));
  if (list === undefined || isEmpty(list)) return [];
  if (!isSeq(list)) {
    report.problem('registries', 'is not a list', 'begin each registry with "- name:"');
    return [];
  }
  return list.items.flatMap((item, index) => {
    const map = resolve(document, item);
    if (isMap(map)) return [[`registries[${index}]`, map] as const];
    report.problem(`registries[${index}]`, 'is not a map', 'write name, prefix and api_url');
    return [];
  });
}

/** The rules among entries, and the built-in registry beside them. */
function combine(entries: readonly Entry[], report: Report): RegistriesConfig {
  const [, ...moreDefaults] = entries.filter((entry) => entry.isDefault);
  for (const { path } of moreDefaults) {
    report.problem(
      `${path}.default`,
      'another registry is the default already',
      'leave default: true with one of them',
    );
  }
  const [, ...moreWithoutPrefix] = entries.filter((entry) => !entry.hasPrefix);
  for (const { path } of moreWithoutPrefix) {
    report.problem(`${path}.prefix`, 'another registry has no prefix either', 'give each registry a prefix');
  }
  warnAboutPrefixes(entries, report);
  refusePlainMirrors(entries, report);
  const byPrefix = new Map(BUILT_IN_REGISTRIES.endpoints.map((endpoint) => [endpoint.prefix, endpoint]));
  for (const { endpoint } of entries) byPrefix.set(endpoint.prefix, endpoint);
  const chosen =
    entries.find((entry) => entry.isDefault)?.endpoint.prefix ?? BUILT_IN_REGISTRIES.defaultEndpoint.prefix;
  const defaultEndpoint = byPrefix.get(chosen) ?? BUILT_IN_REGISTRIES.defaultEndpoint;
  return { endpoints: [...byPrefix.values()], defaultEndpoint };
}

function warnAboutPrefixes(entries: readonly Entry[], report: Report): void {
  for (const [index, { path, endpoint, hasPrefix }] of entries.entries()) {
    const { prefix } = endpoint;
    if (!hasPrefix) {
      // Upstream lets it serve every registry that nobody configured: versions from the wrong place (defect 43).
      const message = `no prefix: it serves the images of ${prefix}, the host of its api_url`;
      report.warning('SETTING_INVALID', `${path}.prefix`, message, `write prefix: ${prefix}`);
    }
    const later = entries.slice(index + 1).find((other) => other.endpoint.prefix === prefix);
    if (later === undefined) continue;
    const message = `${later.path} has the same prefix ${prefix} and takes its place`;
    report.warning('SETTING_UNUSED', path, message, 'remove one of the two');
  }
}

/** A mirror is as safe as an entry of its own says it is; without one it must be HTTPS. */
function refusePlainMirrors(entries: readonly Entry[], report: Report): void {
  const described = new Set(entries.map(({ endpoint }) => endpoint.apiUrl));
  for (const { path, endpoint } of entries) {
    const isPlain = (mirror: string) => mirror.startsWith('http:') && !isLoopback(new URL(mirror).host);
    const plain = endpoint.mirrors?.find((mirror) => isPlain(mirror) && !described.has(mirror));
    if (plain === undefined) continue;
    const fix = `write https://, or give it an entry with api_url: ${plain} and insecure: true if that is meant`;
    report.problem(`${path}.mirrors`, `is plain HTTP to another machine (${plain})`, fix);
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}
