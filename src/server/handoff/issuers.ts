import { readFile } from 'node:fs/promises';
import type { HandoffIssuer } from '../../core/handoff/rules.ts';
import { isUntyped, textAt } from '../../core/untyped.ts';
import { fetchText } from '../oidc/fetch-text.ts';
import { type KeySource, keepKeys } from '../oidc/key-set.ts';

/** Somebody whose tokens are believed, with the keys that they are signed by. */
export interface KnownIssuer {
  readonly issuer: HandoffIssuer;
  readonly keys: KeySource;
}

/** @param now milliseconds of a clock that never goes back */
export function openIssuers(issuers: readonly HandoffIssuer[], now: () => number): ReadonlyMap<string, KnownIssuer> {
  return new Map(issuers.map((issuer) => [issuer.url, { issuer, keys: keepKeys(() => keysOf(issuer), now) }]));
}

/**
 * An issuer's keys, as its own configuration names them. They lie where the issuer does: nobody else is asked.
 * @see OpenID Connect Discovery 1.0, section 4
 */
async function keysOf({ url, keysFile, caFile }: HandoffIssuer): Promise<string> {
  if (keysFile !== undefined) return await readFile(keysFile, 'utf8');
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const configuration: unknown = JSON.parse(
    await fetchText(`${url.replace(/\/$/, '')}/.well-known/openid-configuration`, ca),
  );
  const keysUrl = isUntyped(configuration) ? URL.parse(textAt(configuration, 'jwks_uri') ?? '') : null;
  if (!isUntyped(configuration) || configuration['issuer'] !== url || keysUrl?.origin !== new URL(url).origin) {
    throw new Error(`${url} does not say by its own name where its keys are`);
  }
  return await fetchText(keysUrl.href, ca);
}
