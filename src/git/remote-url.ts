import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GitProtocol } from '../core/git-protocol.ts';
import { isLinkLocal } from '../core/link-local.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import { isLoopback } from '../core/registry-endpoint.ts';
import { hasStrayPassword } from '../core/repo-url.ts';
import { loginOf } from './login.ts';

/** Whether a remote may be spoken to. Plain HTTP on this machine needs no leave: there it gives nothing away. */
export function isAllowed({ protocol, hostname }: Remote, protocols: readonly GitProtocol[]): boolean {
  return protocols.includes(protocol) || (protocol === 'http' && isLoopback(hostname));
}

/** A repoURL that git may be given. */
export interface Remote {
  readonly kind: 'http' | 'ssh' | 'local';
  readonly protocol: GitProtocol;
  /** Without port, an IPv6 address in brackets; "" for a local one. */
  readonly hostname: string;
  /** As the server is asked for it, with what slashes and `.git` there are: "team/shop.git". */
  readonly path: string;
  /** Without password, query and fragment, and over HTTP without user: safe in a process list, a log and a message. */
  readonly url: string;
  /** HTTP only: "https://git.example.com:8443", what a credential belongs to. */
  readonly origin?: string;
  /** HTTP only: what stood before the "@", decoded. */
  readonly username?: string;
  readonly password?: string;
}

/** Where a remote of ssh is: "ssh://git.example.com:22". */
export function sshAddress({ url, hostname }: Remote): string {
  return `ssh://${hostname}:${sshPort(url)}`;
}

function sshPort(url: string): string {
  return (url.startsWith('ssh://') ? new URL(url).port : '') || '22';
}

// user@host:path or host:path; "://" anywhere would make git read it as a URL.
const SCP = /^(?!.*:\/\/)(?:(?<user>[^@:/\s]+)@)?(?<host>\[[0-9a-fA-F:]+\]|[^@:/\s[\]]+):(?<path>.+)$/;
const HOST = /^(?:[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*)|\[[0-9a-fA-F:.]+\])$/;
const USER = /^[a-zA-Z0-9_.~+%][a-zA-Z0-9_.~+%-]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u001f\u007f]/;
const LINK_LOCAL = "the repoURL leads to an address of this machine's own link, where clouds keep their secrets";
const ADVICE = 'http://, https://, ssh://, file://, user@host:path or an absolute path';

/**
 * Reads a repoURL, and lets through only what cannot make git run a program or take the text for an option:
 * `ext::` and other remote helpers, unknown schemes, leading dashes and relative paths are refused.
 */
export function parseRemote(repoURL: string): Parsed<Remote> {
  const text = repoURL.trim();
  if (text === '' || CONTROL.test(text)) return unparsable(`the repoURL is empty or has control characters; ${ADVICE}`);
  if (isAbsolute(text)) return parsed(localRemote(pathToFileURL(text)));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return parseUrl(text);
  // ssh would ask for a host of the user's name, and show the password to everybody.
  if (hasStrayPassword(text)) return unparsable('the repoURL has a password where none can be; leave it out');
  const { user, host = '', path = '' } = SCP.exec(text)?.groups ?? {};
  if (!HOST.test(host) || (user !== undefined && !USER.test(user)) || /^[-:]/.test(path)) {
    return unparsable(`the repoURL is none that Tiphys reads; write ${ADVICE}`);
  }
  if (isLinkLocal(host)) return unparsable(LINK_LOCAL);
  const url = `${user === undefined ? '' : `${user}@`}${host}:${path}`;
  return parsed({ kind: 'ssh', protocol: 'ssh', url, hostname: host.toLowerCase(), path: withoutSlash(path) });
}

function parseUrl(text: string): Parsed<Remote> {
  const url = URL.parse(text);
  if (url === null) return unparsable(`the repoURL is not a URL; write ${ADVICE}`);
  // A token in the query would be seen in the process list: git hands the whole URL to its HTTP helper.
  if (url.search !== '' || url.hash !== '') return unparsable('the repoURL has a query or fragment; leave it out');
  const userBad = url.protocol === 'ssh:' && url.username !== '' && !USER.test(url.username);
  if (userBad || (url.protocol !== 'file:' && !HOST.test(url.hostname))) {
    return unparsable('the repoURL has a host or user that is none, or that could be taken for an option');
  }
  if (isLinkLocal(url.hostname)) return unparsable(LINK_LOCAL);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return parsed(httpRemote(url));
    case 'ssh:':
      url.password = ''; // ssh never takes one from a URL
      return parsed({ kind: 'ssh', protocol: 'ssh', url: url.href, ...placeOf(url) });
    case 'file:':
      if (url.host !== '') return unparsable('the repoURL names a host behind file://; write file:///path');
      return parsed(localRemote(url));
    default:
      return unparsable(`the repoURL begins with ${url.protocol}//, which Tiphys does not speak; write ${ADVICE}`);
  }
}

function localRemote(url: URL): Remote {
  return { kind: 'local', protocol: 'file', url: url.href, hostname: '', path: url.pathname };
}

function httpRemote(url: URL): Remote {
  const { username, password } = loginOf(url);
  url.username = '';
  url.password = '';
  return {
    kind: 'http',
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    url: url.href,
    origin: url.origin,
    ...placeOf(url),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
}

function placeOf({ hostname, pathname }: URL): Pick<Remote, 'hostname' | 'path'> {
  return { hostname: hostname.toLowerCase(), path: withoutSlash(pathname) };
}

function withoutSlash(path: string): string {
  return path.replace(/^\/+/, '');
}
