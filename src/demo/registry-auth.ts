import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** How a registry knows its users. */
export type RegistryAuth =
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'bearer';
      /** Who gets a token; undefined: everybody, but for pulls only. */
      readonly user?: string;
      readonly password?: string;
      /** Where tokens are given out. Default: this registry's own /token. */
      readonly realm?: string;
      /** Registries with the same key accept each other's tokens. Default: a random one. */
      readonly key?: string;
      readonly lifetimeS?: number;
    };

/** One permission as Docker's token specification names it. */
interface Access {
  readonly name: string;
  readonly actions: readonly string[];
}

/** Guards a registry. `action` is what the request wants to do with `repository` ("" for the probe of /v2/). */
export interface Guard {
  /** Undefined when the request may pass, else the WWW-Authenticate header of the refusal. */
  challenge(headers: IncomingHttpHeaders, repository: string, action: 'pull' | 'push'): string | undefined;
  /** The answer of the token endpoint; undefined when the credentials are wrong or the registry gives no tokens. */
  token(headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined;
}

const open: Guard = { challenge: () => undefined, token: () => undefined };

/** @param origin  the registry's own address, "http://127.0.0.1:5000" */
export function guardFor(auth: RegistryAuth | undefined, origin: () => string, now: () => number): Guard {
  if (auth === undefined) return open;
  if (auth.kind === 'basic') {
    return {
      challenge: (headers) => (isUser(headers, auth.user, auth.password) ? undefined : 'Basic realm="registry"'),
      token: () => undefined,
    };
  }
  const key = auth.key ?? randomBytes(16).toString('hex');
  const lifetimeS = auth.lifetimeS ?? 300;
  return {
    challenge(headers, repository, action) {
      const token = /^bearer (.*)$/i.exec(headers.authorization ?? '')?.[1];
      const allowed = token === undefined ? undefined : readToken(token, key, now());
      if (allowed && (repository === '' || allows(allowed, repository, action))) return undefined;
      const scope =
        repository === '' ? '' : `,scope="repository:${repository}:${action === 'push' ? 'pull,push' : 'pull'}"`;
      return `Bearer realm="${auth.realm ?? `${origin()}/token`}",service="registry"${scope}`;
    },
    token(headers, query) {
      const anonymous = headers.authorization === undefined;
      const isKnown = auth.user !== undefined && isUser(headers, auth.user, auth.password ?? '');
      if (anonymous ? auth.user !== undefined : !isKnown) return undefined;
      const access = query
        .getAll('scope')
        .flatMap((scope) => readScope(scope, anonymous ? ['pull'] : ['pull', 'push']));
      return JSON.stringify({ token: writeToken(access, now() + lifetimeS * 1000, key), expires_in: lifetimeS });
    },
  };
}

function isUser(headers: IncomingHttpHeaders, user: string, password: string): boolean {
  const sent = /^basic (.*)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return sameText(Buffer.from(sent, 'base64').toString(), `${user}:${password}`);
}

function sameText(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

function allows(allowed: readonly Access[], repository: string, action: string): boolean {
  return allowed.some((access) => access.name === repository && access.actions.includes(action));
}

/** `repository:<name>:<action>,...` */
function readScope(scope: string, grantable: readonly string[]): Access[] {
  const match = /^repository:([^:]+):([a-z,*]+)$/.exec(scope);
  if (match === null) return [];
  const [, name = '', actions = ''] = match;
  return [{ name, actions: actions.split(',').filter((action) => grantable.includes(action)) }];
}

function writeToken(access: readonly Access[], expiresMs: number, key: string): string {
  // No two tokens are alike, also of one millisecond.
  const claims = Buffer.from(JSON.stringify({ access, expiresMs, id: randomBytes(8).toString('hex') })).toString(
    'base64url',
  );
  return `${claims}.${signature(claims, key)}`;
}

function readToken(token: string, key: string, nowMs: number): readonly Access[] | undefined {
  const [claims = '', sign = ''] = token.split('.');
  if (!sameText(sign, signature(claims, key))) return undefined;
  // The signature says that writeToken made these claims.
  const { access, expiresMs }: { access: readonly Access[]; expiresMs: number } = JSON.parse(
    Buffer.from(claims, 'base64url').toString(),
  );
  return nowMs < expiresMs ? access : undefined;
}

function signature(claims: string, key: string): string {
  return createHmac('sha256', key).update(claims).digest('base64url');
}
