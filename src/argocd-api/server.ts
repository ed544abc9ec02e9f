import { type Parsed, parsed, unparsable } from '../core/parsed.ts';

/** Where Argo CD's API server is, and how it is asked. */
export interface ArgocdServer {
  /** "https://argocd.example:8443/root", without a slash at its end; the API lies below. */
  readonly url: string;
  /** Whether its certificate is not looked at. */
  readonly isInsecure: boolean;
  /** Of an account or a project's role. */
  readonly token: string;
}

/** Reads `host[:port][/path]`, as argocd's own client does; a scheme in front of it is no mistake. */
export function parseServerAddress(text: string, scheme: 'https' | 'http'): Parsed<string> {
  const address = text.trim().replace(/^https?:\/\//, '');
  const url = `${scheme}://${address}`;
  if (!URL.canParse(url)) return unparsable(`"${address}" is no address`);
  const { username, password, search, hash, origin, pathname } = new URL(url);
  if (username || password || search || hash) return unparsable('it holds more than a host, a port and a path');
  return parsed(`${origin}${pathname.replace(/\/+$/, '')}`);
}
