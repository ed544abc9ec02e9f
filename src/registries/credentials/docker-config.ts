import { parseGoGlob } from '../../core/deciding/go-glob.ts';
import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';
import { canonicalHost } from '../../core/registry-endpoint.ts';
import { isUntyped, mappingAt, type Untyped } from '../../core/untyped.ts';
import type { Credential } from './credential.ts';
import { isHelperName } from './helper.ts';

/**
 * Docker's configuration file, also the content of a Secret of type kubernetes.io/dockerconfigjson: everything in it
 * that may open one repository, in the order in which it is to be tried. Keys of `auths` are a host, with or without
 * scheme, port and path; its dot-separated parts may be globs; any spelling of Docker Hub is Docker Hub. The longest
 * path comes first, and of equal ones a host that is written out. An entry that cannot be read is passed over as long
 * as another one can.
 * @param registry  host and port of the registry's API
 * @returns empty when no key matches, or the matching ones hold nothing (a credential helper has it then)
 */
export function findDockerAuths(text: string, registry: string, repository: string): Parsed<readonly Credential[]> {
  const config = readObject(text);
  if (!config.ok) return config;
  const auths = config.value['auths'] ?? {};
  if (!isUntyped(auths)) return unparsable('its auths is not an object');
  return credentialsIn(auths, registry, repository);
}

/** The older form, of type kubernetes.io/dockercfg: what `auths` holds, without the file around it. */
export function findDockercfgAuths(text: string, registry: string, repository: string): Parsed<readonly Credential[]> {
  const auths = readObject(text);
  return auths.ok ? credentialsIn(auths.value, registry, repository) : auths;
}

/** The credential helper for a registry: its own, else the one for all. The name fits into a program's name. */
export function findHelper(text: string, registry: string): Parsed<string | undefined> {
  const config = readObject(text);
  if (!config.ok) return config;
  const helpers = Object.entries(mappingAt(config.value, 'credHelpers'));
  const own = helpers.find(([key]) => splitKey(key).host === canonicalHost(registry))?.[1];
  const name = own ?? config.value['credsStore'];
  if (name === undefined || name === '') return parsed(undefined);
  if (typeof name === 'string' && isHelperName(name)) return parsed(name);
  return unparsable('the name of its credential helper is not a plain name');
}

function readObject(text: string): Parsed<Untyped> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The message of a JSON error quotes the text, which holds passwords.
    return unparsable('it is not JSON');
  }
  return isUntyped(config) ? parsed(config) : unparsable('it is not a JSON object');
}

function credentialsIn(auths: Untyped, registry: string, repository: string): Parsed<readonly Credential[]> {
  const matches = Object.entries(auths)
    .map(([key, entry]) => ({ ...splitKey(key), entry }))
    .filter(({ host, path }) => matchesHost(host, registry) && isAbove(path, repository))
    .sort((a, b) => b.path.length - a.path.length || Number(isGlob(a.host)) - Number(isGlob(b.host)));
  const read = matches.map(({ entry }) => readEntry(entry));
  const usable = read.flatMap((entry) => (entry.ok && entry.value !== undefined ? [entry.value] : []));
  const broken = read.find((entry) => !entry.ok);
  return usable.length === 0 && broken !== undefined ? broken : parsed(usable);
}

/** "https://index.docker.io/v1/" is Docker Hub as a whole: the path names the API's version, not a repository. */
function splitKey(key: string): { readonly host: string; readonly path: string } {
  const [host = '', ...path] = key
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .split('/');
  const isVersion = path.length === 1 && /^v[12]$/.test(path[0] ?? '');
  return { host: canonicalHost(host), path: isVersion ? '' : path.join('/') };
}

function isAbove(path: string, repository: string): boolean {
  return path === '' || `${repository}/`.startsWith(`${path}/`);
}

function isGlob(host: string): boolean {
  return /[*?[]/.test(host.replace(/^\[[0-9a-f:]+\]/, ''));
}

/** As the kubelet: each part between dots for itself, so that "*.example.com" is not "a.b.example.com"; ports equal. */
function matchesHost(pattern: string, registry: string): boolean {
  const host = canonicalHost(registry);
  if (pattern === host || !isGlob(pattern)) return pattern === host;
  const [patternParts, hostParts] = [splitHost(pattern), splitHost(host)];
  return (
    patternParts.port === hostParts.port &&
    patternParts.parts.length === hostParts.parts.length &&
    patternParts.parts.every((part, index) => {
      const glob = parseGoGlob(part);
      return glob.ok && glob.value.matches(hostParts.parts[index] ?? '');
    })
  );
}

function splitHost(host: string): { readonly parts: readonly string[]; readonly port: string } {
  const [, name = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { parts: name.split('.'), port };
}

function readEntry(entry: unknown): Parsed<Credential | undefined> {
  if (!isUntyped(entry)) return unparsable('its entry for this registry is not an object');
  const { auth, username, password, identitytoken } = entry;
  // Beside an identity token stands a user without password, or with one that opens nothing.
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return parsed({ kind: 'identity-token', token: identitytoken });
  }
  if (typeof auth === 'string' && auth !== '') {
    return splitUserPassword(Buffer.from(auth, 'base64').toString());
  }
  if (typeof username === 'string' && typeof password === 'string' && username !== '') {
    return parsed({ kind: 'password', user: username, password });
  }
  return parsed(undefined);
}

/** `user:password`, a final line end left out: editors and `echo` put it there, and no password wants it. */
export function splitUserPassword(text: string): Parsed<Credential> {
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text.replace(/\r?\n$/, '')) ?? [];
  if (user === undefined || password === undefined) return unparsable('it does not read user:password');
  return parsed({ kind: 'password', user, password });
}
