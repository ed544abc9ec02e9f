import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import { type CredentialSource, parseCredentialSource } from '../core/credential-source.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import {
  BUILT_IN_REGISTRIES,
  canonicalHost,
  canonicalPrefix,
  type Endpoint,
  isHost,
  isLoopback,
  type RegistriesConfig,
} from '../core/registry-endpoint.ts';
import { type ParsedRegistries, Report } from './registries-report.ts';
import { Fields, isEmpty, keysOf, resolve } from './registry-fields.ts';

/** One entry of the list after its own rules; the rules among entries come later. */
interface Entry {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly hasPrefix: boolean;
  readonly isDefault: boolean;
}

/**
 * Reads registries.conf in upstream's format (reference part 1, 4.1). Strict, as upstream: unknown and duplicate keys
 * are problems. Keys that this version does not use are accepted and named in one warning each.
 * Entries add to the built-in Docker Hub; one with its prefix takes its place.
 * @returns all problems at once, each with its place ("registries[1].api_url") and remedy
 */
export function parseRegistriesConf(text: string): ParsedRegistries {
  // Scalars are read as they are written ("failsafe"): which of them are booleans depends on the key.
  const document = parseDocument(text, { schema: 'failsafe', version: '1.1' });
  const report = new Report();
  for (const error of document.errors) {
    const remedy = error.code === 'DUPLICATE_KEY' ? 'remove one of the two' : 'correct the YAML';
    report.problem('registries.conf', firstLine(error.message), remedy);
  }
  if (document.errors.length > 0) return report.refused();
  const entries = listOf(document, report).flatMap(([path, map]) => readEntry(document, path, map, report) ?? []);
  const config = combine(entries, report);
  report.warnUnused();
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

function readEntry(document: Document, path: string, map: YAMLMap, report: Report): Entry | undefined {
  const fields = new Fields(document, path, map, report);
  fields.checkKeys();
  const name = fields.required('name');
  const apiUrlText = fields.required('api_url');
  const insecure = fields.boolean('insecure') ?? false;
  const apiUrl = apiUrlText && fields.parse('api_url', parseApiUrl(apiUrlText, insecure));
  const prefixText = fields.text('prefix') ?? '';
  const prefix = prefixText && fields.parse('prefix', parsePrefix(prefixText));
  const credentials = readCredentials(fields);
  const ping = fields.boolean('ping') ?? true;
  const isDefault = fields.boolean('default') ?? false;
  const defaultNamespace = fields.text('defaultns');
  if (!name || !apiUrl || prefix === undefined) return undefined;
  const serves = prefix === '' ? canonicalHost(new URL(apiUrl).host) : canonicalPrefix(prefix);
  const endpoint = {
    name,
    prefix: serves,
    apiUrl,
    ...(credentials === undefined ? {} : { credentials }),
    insecure,
    ping,
    // Docker Hub's official images lie below library/, whoever configures it.
    defaultNamespace: defaultNamespace ?? (serves === 'docker.io' ? 'library' : ''),
  };
  return { path, endpoint, hasPrefix: prefix !== '', isDefault };
}

function readCredentials(fields: Fields): CredentialSource | undefined {
  const text = fields.text('credentials');
  const source = text && fields.parse('credentials', parseCredentialSource(text));
  if (!source) return undefined;
  if (source.kind === 'ext') {
    fields.warn('credentials', 'ext: scripts are not run yet', 'use env:, secret: or pullsecret:');
  }
  return source;
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}

function parseApiUrl(text: string, insecure: boolean): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return unparsable('is not a URL that begins with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') return unparsable('has a user or password in it; use credentials');
  if (url.search !== '' || url.hash !== '') return unparsable('has a query or fragment');
  if (url.protocol === 'http:' && !insecure && !isLoopback(url.host)) {
    return unparsable('is plain HTTP to another machine: write https://, or insecure: true if that is meant');
  }
  return parsed(`${url.origin}${url.pathname}`.replace(/\/+$/, ''));
}

/** What stands before an image's name: a host, perhaps a port, perhaps a path. */
function parsePrefix(text: string): Parsed<string> {
  const prefix = text.replace(/\/+$/, '');
  const [host = '', ...path] = prefix.split('/');
  if (isHost(host) && path.every((part) => part !== '')) return parsed(prefix);
  return unparsable(`"${text}" is not what stands before an image's name, such as ghcr.io or ghcr.io/acme`);
}
