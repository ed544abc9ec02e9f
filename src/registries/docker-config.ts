import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import { canonicalHost } from '../core/registry-endpoint.ts';
import { isUntyped, type Untyped } from '../core/untyped.ts';

export interface UserPassword {
  readonly user: string;
  readonly password: string;
}

/**
 * Docker's configuration file, also the content of a Secret of type kubernetes.io/dockerconfigjson: the user and
 * password for one repository. Keys of `auths` are a host, with or without scheme, port and path; the longest path
 * that leads to the repository wins, and any spelling of Docker Hub is Docker Hub.
 * @param registry  host and port of the registry's API
 * @returns undefined when no key matches, or the matching one holds nothing (a credential helper has it then)
 */
export function findDockerAuth(text: string, registry: string, repository: string): Parsed<UserPassword | undefined> {
  const auths = readAuths(text);
  if (!auths.ok) return auths;
  const matches = Object.entries(auths.value)
    .map(([key, entry]) => ({ ...splitKey(key), entry }))
    .filter(
      ({ host, path }) => host === canonicalHost(registry) && (path === '' || `${repository}/`.startsWith(`${path}/`)),
    );
  const [best] = matches.sort((a, b) => b.path.length - a.path.length);
  return best === undefined ? parsed(undefined) : readEntry(best.entry);
}

function readAuths(text: string): Parsed<Untyped> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The message of a JSON error quotes the text, which holds passwords.
    return unparsable('it is not JSON');
  }
  if (!isUntyped(config)) return unparsable('it is not a JSON object');
  const auths = config['auths'] ?? {};
  return isUntyped(auths) ? parsed(auths) : unparsable('its auths is not an object');
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

function readEntry(entry: unknown): Parsed<UserPassword | undefined> {
  if (!isUntyped(entry)) return unparsable('its entry for this registry is not an object');
  const { auth, username, password, identitytoken } = entry;
  if (typeof auth === 'string' && auth !== '') {
    return splitUserPassword(Buffer.from(auth, 'base64').toString());
  }
  if (typeof username === 'string' && typeof password === 'string' && username !== '') {
    return parsed({ user: username, password });
  }
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return unparsable('its entry for this registry is an identity token, which is not supported');
  }
  return parsed(undefined);
}

/** `user:password`, a final line end left out: editors and `echo` put it there, and no password wants it. */
export function splitUserPassword(text: string): Parsed<UserPassword> {
  const [, user, password] = /^([^:]+):(.+)$/s.exec(text.replace(/\r?\n$/, '')) ?? [];
  if (user === undefined || password === undefined) return unparsable('it does not read user:password');
  return parsed({ user, password });
}
