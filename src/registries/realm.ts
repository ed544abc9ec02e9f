import { isLinkLocal } from '../core/link-local.ts';
import { isLoopback } from '../core/registry-endpoint.ts';

/** Who named a token realm, and over what. */
export interface RealmQuestion {
  /** As the challenge says it. */
  readonly realm: string;
  /** The registry's own address, from the configuration or the image's name. */
  readonly registry: URL;
  /** The address whose 401 named the realm, after redirects. */
  readonly answeredBy: URL;
  /** The registry's certificate was not verified. */
  readonly insecure: boolean;
  /** The only realm that is right, where somebody said so. */
  readonly declared?: string | undefined;
}

export type RealmVerdict =
  | { readonly kind: 'refused'; readonly reason: string; readonly fix: string }
  /** Tokens may be asked for there, but without the registry's user and password. */
  | { readonly kind: 'anonymous'; readonly url: URL; readonly reason: string }
  | { readonly kind: 'trusted'; readonly url: URL };

/**
 * Whether a token realm may be asked, and whether it gets the user and password. That a realm is on another host is
 * normal (Docker Hub, GitLab), so the word of the registry itself decides, but only where nobody on the way could
 * have put it into the registry's mouth: over verified HTTPS.
 */
export function judgeRealm({ realm, registry, answeredBy, insecure, declared }: RealmQuestion): RealmVerdict {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    return refused(
      'its token realm is not an http or https URL',
      'correct the realm in the configuration of the registry',
    );
  }
  if (answeredBy.host !== registry.host) {
    const fix = `set api_url to the address that ${registry.host} redirects to, if that one is meant`;
    return refused(`a redirect to ${answeredBy.host} names the token realm ${url.host}`, fix);
  }
  const sameHost = url.hostname === registry.hostname;
  if (isLinkLocal(url.hostname) && !sameHost && declared === undefined) {
    const fix = 'see who answers there; name the realm by token_realm if it is meant';
    return refused(`its token realm ${url.host} is an address of this machine's own link`, fix);
  }
  if (url.protocol === 'http:' && registry.protocol === 'https:') {
    const fix = 'let the registry name its realm with https://';
    return refused(`its token realm ${url.host} is plain HTTP while the registry is HTTPS`, fix);
  }
  if (declared !== undefined && !isSameAddress(url, new URL(declared))) {
    const fix = 'see who answers there; correct token_realm if the registry has moved its own';
    return refused(`its token realm ${url.host}${url.pathname} is not the token_realm that is configured`, fix);
  }
  if (sameHost || declared !== undefined) return { kind: 'trusted', url };
  if (registry.protocol === 'https:' && !insecure) return { kind: 'trusted', url };
  if (url.protocol === 'http:' && !isLoopback(url.host)) {
    const fix = 'let the registry name a realm on its own host, or one with https://';
    return refused(`its token realm ${url.host} is on another host, over plain HTTP`, fix);
  }
  const channel = registry.protocol === 'https:' ? 'an unverified certificate' : 'plain HTTP';
  return { kind: 'anonymous', url, reason: `${url.host} was named as token realm over ${channel}` };
}

function isSameAddress(a: URL, b: URL): boolean {
  const path = (url: URL) => url.pathname.replace(/\/+$/, '');
  return a.origin === b.origin && path(a) === path(b);
}

function refused(reason: string, fix: string): RealmVerdict {
  return { kind: 'refused', reason, fix };
}
