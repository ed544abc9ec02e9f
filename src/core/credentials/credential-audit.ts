import type { Problem } from '../failure.ts';
import { withoutCredentials } from '../redact.ts';
import { isLoopback } from '../registry-endpoint.ts';
import type { Expiry } from './credential-expiry.ts';
import type { RememberedOutcomes } from './credential-outcome.ts';

/** What a credential opens. */
type CredentialPurpose = 'registry' | 'git';

/** One use of a credential. Names and times only: the credential itself never comes here. */
export interface CredentialUse {
  readonly purpose: CredentialPurpose;
  /** Where it comes from: "Secret shop/ghcr, field auth", "variable GHCR". */
  readonly credential: string;
  /** The Secret that holds it, as "namespace/name". */
  readonly secret: string | undefined;
  /** "argocd/shop"; undefined for an entry of registries.conf that no image needs. */
  readonly application: string | undefined;
  /** The name of the registry; undefined for Git. */
  readonly registry: string | undefined;
  /** Of the registry's API, or the repoURL. */
  readonly url: string;
  readonly expiry: Expiry | undefined;
  /** Why it cannot be used. */
  readonly problem: string | undefined;
}

/** A Secret among the input. */
export interface SecretFact {
  /** "namespace/name". */
  readonly id: string;
  /** Milliseconds since 1970; undefined when the manifest does not say. */
  readonly createdMs: number | undefined;
  /** What it would open; undefined for a Secret that need not be a credential. */
  readonly purpose: CredentialPurpose | undefined;
  readonly expiry: Expiry | undefined;
}

export interface CredentialFacts {
  readonly uses: readonly CredentialUse[];
  readonly secrets: readonly SecretFact[];
  /** Secrets that something refers to that could not be read whole; nobody knows that they are unused. */
  readonly referred: ReadonlySet<string>;
  /** How cycles before fared with credentials of registries. */
  readonly outcomes: readonly RememberedOutcomes[];
}

/** One credential with everything that is known of it. */
export interface CredentialRow {
  readonly purpose: CredentialPurpose;
  readonly credential: string;
  readonly secret: string | undefined;
  readonly isUsed: boolean;
  /** Sorted, each once, as the two lists that follow. */
  readonly applications: readonly string[];
  readonly registries: readonly string[];
  readonly repoURLs: readonly string[];
  readonly createdMs: number | undefined;
  /** Since the Secret was created; undefined when that is not known. */
  readonly ageMs: number | undefined;
  readonly isTooOld: boolean;
  /** The first end of those that are known. */
  readonly expiry: Expiry | undefined;
  readonly isExpired: boolean;
  /** Where it goes unencrypted to another machine. */
  readonly plainHttp: readonly string[];
  readonly problem: string | undefined;
  /** When a registry last let it in, and which; undefined when nobody remembers. */
  readonly lastSuccess: { readonly host: string; readonly atMs: number } | undefined;
  readonly lastFailure: { readonly host: string; readonly atMs: number; readonly code: string } | undefined;
}

export interface CredentialAudit {
  readonly rows: readonly CredentialRow[];
  /** What could not be read; the rows are not all there are. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * One row for each credential: those in use, by name, then the Secrets that nothing uses.
 * @param now  milliseconds since 1970
 * @param maxAgeMs  an older Secret is too old; undefined for any age
 */
export function auditCredentials(
  { uses, secrets, referred, outcomes }: CredentialFacts,
  now: number,
  maxAgeMs: number | undefined,
): readonly CredentialRow[] {
  const facts = new Map(secrets.map((secret) => [secret.id, secret]));
  const ageOf = (id: string | undefined): Pick<CredentialRow, 'createdMs' | 'ageMs' | 'isTooOld'> => {
    const createdMs = id === undefined ? undefined : facts.get(id)?.createdMs;
    const ageMs = createdMs === undefined ? undefined : Math.max(0, now - createdMs);
    return { createdMs, ageMs, isTooOld: ageMs !== undefined && maxAgeMs !== undefined && ageMs > maxAgeMs };
  };
  const groups = Map.groupBy(uses, ({ purpose, credential }) => `${purpose} ${credential}`);
  const used = [...groups.values()].flatMap((group) => rowOf(group, outcomes, ageOf, now));
  const inUse = new Set([...referred, ...uses.map(({ secret }) => secret)]);
  const unused = secrets
    .filter(({ id }) => !inUse.has(id))
    .flatMap((secret) => unusedRow(secret, ageOf(secret.id), now));
  return [...used.sort(byCredential), ...unused.sort(byCredential)];
}

function rowOf(
  group: readonly CredentialUse[],
  outcomes: readonly RememberedOutcomes[],
  ageOf: (secret: string | undefined) => Pick<CredentialRow, 'createdMs' | 'ageMs' | 'isTooOld'>,
  now: number,
): readonly CredentialRow[] {
  const [first] = group;
  if (first === undefined) return [];
  const { purpose, credential, secret } = first;
  const expiry = firstEnd(group.flatMap((use) => use.expiry ?? []));
  return [
    {
      purpose,
      credential,
      secret,
      isUsed: true,
      applications: distinct(group.map(({ application }) => application)),
      registries: distinct(group.map(({ registry }) => registry)),
      repoURLs: purpose === 'git' ? distinct(group.map(({ url }) => withoutCredentials(url))) : [],
      ...ageOf(secret),
      expiry,
      isExpired: hasEnded(expiry, now),
      plainHttp: distinct(group.filter(({ url }) => isPlainHttp(url)).map(({ url }) => withoutCredentials(url))),
      problem: group.find((use) => use.problem !== undefined)?.problem,
      ...lastOutcomes(purpose === 'registry' ? outcomes.filter((one) => one.credential === credential) : []),
    },
  ];
}

function lastOutcomes(outcomes: readonly RememberedOutcomes[]): Pick<CredentialRow, 'lastSuccess' | 'lastFailure'> {
  return {
    lastSuccess: latest(
      outcomes.flatMap(({ host, lastSuccessMs: atMs }) => (atMs === undefined ? [] : [{ host, atMs }])),
    ),
    lastFailure: latest(
      outcomes.flatMap(({ host, lastFailure }) => (lastFailure === undefined ? [] : [{ host, ...lastFailure }])),
    ),
  };
}

function latest<T extends { readonly atMs: number }>(events: readonly T[]): T | undefined {
  return events.toSorted((a, b) => b.atMs - a.atMs)[0];
}

function unusedRow(
  { id, purpose, expiry }: SecretFact,
  age: Pick<CredentialRow, 'createdMs' | 'ageMs' | 'isTooOld'>,
  now: number,
): readonly CredentialRow[] {
  if (purpose === undefined) return [];
  const nobody = { isUsed: false, applications: [], registries: [], repoURLs: [], plainHttp: [], problem: undefined };
  const isExpired = hasEnded(expiry, now);
  return [
    { ...nobody, ...lastOutcomes([]), purpose, credential: `Secret ${id}`, secret: id, ...age, expiry, isExpired },
  ];
}

/** This machine's own addresses give nothing away. */
function isPlainHttp(url: string): boolean {
  const { protocol, host } = URL.parse(url) ?? {};
  return protocol === 'http:' && host !== undefined && !isLoopback(host);
}

/** The first of several ends; undefined when there is none. */
export function firstEnd(expiries: readonly Expiry[]): Expiry | undefined {
  return expiries.toSorted((a, b) => a.atMs - b.atMs)[0];
}

function hasEnded(expiry: Expiry | undefined, now: number): boolean {
  return expiry !== undefined && expiry.atMs <= now;
}

function distinct(texts: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => text !== undefined))].sort();
}

function byCredential(a: CredentialRow, b: CredentialRow): number {
  const [left, right] = [`${a.purpose} ${a.credential}`, `${b.purpose} ${b.credential}`];
  return left < right ? -1 : Number(left > right);
}
