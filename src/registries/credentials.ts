import { type CredentialSource, describeCredentialSource, parseCredentialSource } from '../core/credential-source.ts';
import { Failure } from '../core/failure.ts';
import type { Parsed } from '../core/parsed.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import type { KeyValueObject } from '../ports/application-source.ts';
import type { ImageRepository } from '../ports/tag-source.ts';
import { findDockerAuth, splitUserPassword, type UserPassword } from './docker-config.ts';

/** Where credentials can be found. */
export interface CredentialStore {
  readonly secrets: readonly KeyValueObject[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of the user's own Docker configuration; undefined when there is none, or outside stand-alone use. */
  readonly dockerConfig: string | undefined;
}

export interface Credentials extends UserPassword {
  /** For people: "Secret shop/ghcr, field auth". Never holds the password. */
  readonly from: string;
}

/**
 * The credentials for one image: those that the image names, else those of its registry, else the user's own.
 * The first that is set decides; when it cannot be used, nothing else is tried.
 * @param repository  path below the endpoint's API
 * @returns undefined for anonymous access
 * @throws {Failure} CREDENTIALS_INVALID, naming the place, never the value
 */
export function findCredentials(
  store: CredentialStore,
  endpoint: Endpoint,
  image: ImageRepository,
  repository: string,
): Credentials | undefined {
  const host = new URL(endpoint.apiUrl).host;
  const source = image.pullSecret === undefined ? endpoint.credentials : readPullSecret(image.pullSecret);
  if (source === undefined) return ownCredentials(store, host, repository);
  return { ...resolve(store, source, host, repository), from: describeCredentialSource(source) };
}

function readPullSecret(text: string): CredentialSource {
  const source = parseCredentialSource(text);
  if (source.ok) return source.value;
  throw new Failure('CREDENTIALS_INVALID', `the image's pull secret ${source.problem}`, { fix: 'correct pull-secret' });
}

function ownCredentials(store: CredentialStore, host: string, repository: string): Credentials | undefined {
  if (store.dockerConfig === undefined) return undefined;
  const place = 'the Docker configuration (~/.docker/config.json)';
  const found = findDockerAuth(store.dockerConfig, host, repository);
  if (!found.ok) throw invalid(place, found.problem, `docker login ${host}`);
  return found.value && { ...found.value, from: place };
}

function resolve(store: CredentialStore, source: CredentialSource, host: string, repository: string): UserPassword {
  const place = describeCredentialSource(source);
  switch (source.kind) {
    case 'env': {
      const value = store.env[source.variable];
      if (!value) throw invalid(place, 'it is not set', `set ${source.variable} to user:password`);
      return usable(splitUserPassword(value), place, `set ${source.variable} to user:password`);
    }
    case 'secret': {
      const value = fieldOf(store, source, source.field);
      return usable(splitUserPassword(value), place, `let its field ${source.field} hold user:password`);
    }
    case 'pullsecret': {
      const found = findDockerAuth(fieldOf(store, source, '.dockerconfigjson'), host, repository);
      const fix = `kubectl create secret docker-registry with --docker-server=${host}`;
      const auth = usable(found, place, fix);
      if (auth === undefined) throw invalid(place, `it has nothing for ${host}`, fix);
      return auth;
    }
    case 'ext':
      throw invalid(place, 'scripts are not run yet', 'use env:, secret: or pullsecret:');
    default:
      return source satisfies never;
  }
}

function fieldOf(
  { secrets }: CredentialStore,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  field: string,
): string {
  const secret = secrets.find((candidate) => candidate.namespace === namespace && candidate.name === name);
  const place = `Secret ${namespace}/${name}`;
  if (secret === undefined) throw invalid(place, 'it is not there', 'give the Secret by -f, or correct its name');
  const value = secret.data[field];
  if (value === undefined) throw invalid(place, `it has no field ${field}`, `add the field ${field} to the Secret`);
  return value;
}

function usable<T>(result: Parsed<T>, place: string, fix: string): T {
  if (result.ok) return result.value;
  throw invalid(place, result.problem, fix);
}

function invalid(place: string, problem: string, fix: string): Failure {
  return new Failure('CREDENTIALS_INVALID', `${place}: ${problem}`, { fix });
}
