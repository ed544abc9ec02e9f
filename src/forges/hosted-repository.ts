import { type Parsed, parsed, unparsable } from '../core/parsed.ts';

/** Where a Git repository lies on its host. */
export interface HostedRepository {
  /** The host's web address: "https://git.example.com:8443". Over SSH it is guessed: https, the usual port. */
  readonly origin: string;
  /** "git.example.com", without port. */
  readonly hostname: string;
  /** What follows the host, decoded, without ".git": ["acme", "deploy"]. */
  readonly path: readonly string[];
}

const SCP = /^(?!.*:\/\/)(?:[^@:/\s]+@)?(?<host>[^@:/\s]+):(?<path>.+)$/;

/** Reads the https://, http://, ssh:// and user@host:path forms of a repoURL; `problem` shows no part of it. */
export function parseHostedRepository(repoURL: string): Parsed<HostedRepository> {
  const text = repoURL.trim();
  const { host, path = '' } = SCP.exec(text)?.groups ?? {};
  const url = URL.parse(host === undefined ? text : `ssh://${host}/${path}`);
  if (url === null || !['https:', 'http:', 'ssh:'].includes(url.protocol) || url.hostname === '') {
    return unparsable('its repoURL is not one of https://, http://, ssh:// or user@host:path');
  }
  const hostname = url.hostname.toLowerCase();
  const origin = url.protocol === 'ssh:' ? `https://${hostname}` : url.origin;
  const parts = decodeParts(url.pathname.replace(/\/+$/, '').replace(/\.git$/, ''));
  if (parts === undefined || parts.length === 0) return unparsable('its repoURL names no repository on that host');
  return parsed({ origin, hostname, path: parts });
}

/** undefined when a part could lead elsewhere once it is put into the address of an API. */
function decodeParts(pathname: string): readonly string[] | undefined {
  try {
    const parts = pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    return parts.some((part) => part === '.' || part === '..' || part.includes('/')) ? undefined : parts;
  } catch {
    return undefined;
  }
}

/**
 * Ways to read a path as a folder that the forge is installed below, and a repository in it: at the root first.
 * @param least  parts that a repository's path has at least
 */
export function* splitPath(path: readonly string[], least: number): Generator<readonly [base: string, string[]]> {
  for (let cut = 0; path.length - cut >= least; cut++) {
    yield [
      path
        .slice(0, cut)
        .map((part) => `/${encodeURIComponent(part)}`)
        .join(''),
      path.slice(cut),
    ];
  }
}
