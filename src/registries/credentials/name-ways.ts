import {
  type CredentialSource,
  describeCredentialSource,
  parseCredentialSource,
} from '../../core/credentials/credential-source.ts';
import { toProblem } from '../../core/failure.ts';
import type { Endpoint } from '../../core/registry-endpoint.ts';
import { CLOUD_ADDRESSES } from '../identity/addresses.ts';
import type { Transport } from '../transport.ts';
import { type CredentialStore, findWays, type Mirrored, mirrorWithCredentials } from './find-credentials.ts';
import { RenewingHolder } from './renewing-holder.ts';

/** What this machine and the input offer. */
export type CredentialPlaces = Pick<CredentialStore, 'secrets' | 'env' | 'dockerConfig'>;

/** One way into a registry, by name. */
export interface NamedWay {
  /** "Secret shop/ghcr, field auth". */
  readonly from: string;
  /** Where it is configured; undefined for what this machine offers by itself. */
  readonly source?: CredentialSource;
  /** The password or token itself, for who looks for its end; undefined when it would have to be asked for. */
  readonly value?: string;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/**
 * The ways of `findWays` without anonymous ones, and none left out: a source that cannot be used is there with its
 * problem. No script, helper or cloud is asked, so those may turn out to have nothing.
 * @param repository  path below the endpoint's API
 */
export async function nameWays(
  places: CredentialPlaces,
  endpoint: Endpoint,
  image: { readonly pullSecret?: string },
  repository: string,
): Promise<readonly NamedWay[]> {
  const store = unasked(places);
  if (image.pullSecret === undefined && endpoint.credentials === undefined) {
    return named(() => findWays(store, endpoint, {}, repository), `registry ${endpoint.name}`);
  }
  const sources = image.pullSecret === undefined ? endpoint.credentials : readSource(image.pullSecret);
  if (sources === undefined) {
    return named(() => findWays(store, endpoint, image, repository), "the image's pull secret");
  }
  const ways = sources.map(async (source) => {
    const alone = image.pullSecret === undefined ? { ...endpoint, credentials: [source] } : endpoint;
    const found = await named(() => findWays(store, alone, image, repository), describeCredentialSource(source));
    return found.map((way) => ({ ...way, source }));
  });
  return (await Promise.all(ways)).flat();
}

/** As `nameWays`, for a mirror. What is wrong with a pull secret that is none, the registry itself tells. */
export async function nameMirrorWays(
  places: CredentialPlaces,
  mirror: Endpoint,
  mirrored: Mirrored,
  repository: string,
): Promise<readonly NamedWay[]> {
  const { pullSecret } = mirrored;
  if (pullSecret !== undefined && readSource(pullSecret) === undefined) return [];
  return await nameWays(places, mirrorWithCredentials(places, mirror, mirrored, repository), {}, repository);
}

function readSource(text: string): readonly CredentialSource[] | undefined {
  const source = parseCredentialSource(text);
  return source.ok ? [source.value] : undefined;
}

async function named(find: () => ReturnType<typeof findWays>, place: string): Promise<readonly NamedWay[]> {
  try {
    return await Promise.all(find().flatMap((way) => (way === 'anonymous' ? [] : [nameOf(way)])));
  } catch (error) {
    return [{ from: place, problem: toProblem(place, error).message }];
  }
}

async function nameOf(way: Exclude<ReturnType<typeof findWays>[number], 'anonymous'>): Promise<NamedWay> {
  if (way instanceof RenewingHolder) return { from: way.from };
  const credential = await way.get(AbortSignal.abort());
  if (credential === undefined) return { from: way.from };
  return { from: way.from, value: credential.kind === 'password' ? credential.password : credential.token };
}

/** A store whose identities cannot be asked, should anybody try. */
function unasked(places: CredentialPlaces): CredentialStore {
  const silent: Transport = {
    send: () => Promise.reject(new Error('credentials are named here, not asked for')),
    close: async () => undefined,
  };
  const identities = { env: places.env, addresses: CLOUD_ADDRESSES, web: silent, link: silent, now: () => 0 };
  return { ...places, identities, kept: new Map() };
}
