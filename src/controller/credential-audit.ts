import { applicationId } from '../core/applications/application.ts';
import type { CredentialFacts, CredentialUse, SecretFact } from '../core/credentials/credential-audit.ts';
import { firstEnd } from '../core/credentials/credential-audit.ts';
import { readExpiry } from '../core/credentials/credential-expiry.ts';
import type { RememberedOutcomes } from '../core/credentials/credential-outcome.ts';
import { toProblem } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { shownRepoURL } from '../core/redact.ts';
import {
  type Endpoint,
  findEndpoint,
  mirrorsOf,
  type RegistriesConfig,
  repositoryAt,
} from '../core/registry-endpoint.ts';
import { parseTimestamp } from '../core/timestamp.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import { type Choice, chooseCredential } from '../git/credentials/choose.ts';
import { isArgocdCredential } from '../git/credentials/repository-secrets.ts';
import { parseRemote, type Remote } from '../git/remote-url.ts';
import type { BranchRef } from '../ports/git.ts';
import { nameProxy } from '../registries/credentials/name-proxy.ts';
import { type CredentialPlaces, type NamedWay, nameMirrorWays, nameWays } from '../registries/credentials/name-ways.ts';
import type { Configuration, ReadConfigured } from './configure.ts';
import { secretReferencesOf } from './lint/absent-secrets.ts';
import { sourceBranch, targetBranches } from './locate.ts';

/** Everything that credentials are looked for in. */
export interface AuditInput extends CredentialPlaces {
  readonly configuration: Configuration<ReadConfigured>;
  readonly registries: RegistriesConfig;
  readonly argocdNamespace: string;
  /** How cycles before fared. */
  readonly outcomes: readonly RememberedOutcomes[];
  /** Undefined when there is no such file. */
  readonly readFile: (path: string) => Promise<string | undefined>;
}

/** Every use of a credential, as a cycle would choose it, without asking anybody for anything. */
export async function gatherCredentials(input: AuditInput): Promise<CredentialFacts> {
  const { configured } = input.configuration;
  const images = configured.flatMap((one) => one.images);
  const unread = configured.flatMap(({ written }) => written.filter(({ tracked }) => tracked === undefined));
  const registryUses = await Promise.all(
    registryAsks(images, input.registries).map((ask) => registryUsesOf(ask, input)),
  );
  return {
    uses: [...registryUses.flat(), ...images.flatMap((image) => gitUses(image, input))],
    secrets: input.secrets.map((secret) => secretFact(secret, input.argocdNamespace)),
    outcomes: input.outcomes,
    referred: new Set(unread.flatMap(secretReferencesOf).map(idOf)),
  };
}

/** What a registry is asked for. */
interface RegistryAsk {
  readonly endpoint: Endpoint;
  /** Whose mirror the endpoint is. */
  readonly mirrorOf?: Endpoint;
  /** Path below the endpoint's API. */
  readonly repository: string;
  readonly pullSecret?: string;
  readonly application?: string;
}

/** One for each image, and one for each entry of registries.conf that no image needs; all with their mirrors. */
function registryAsks(images: readonly TrackedImage[], config: RegistriesConfig): readonly RegistryAsk[] {
  const asked = images.flatMap(({ image, application, pullSecret }): readonly RegistryAsk[] => {
    const endpoint = findEndpoint(config, image);
    if (endpoint === undefined) return [];
    const ask = { endpoint, repository: repositoryAt(endpoint, image), application: applicationId(application) };
    return withMirrors(pullSecret === undefined ? ask : { ...ask, pullSecret }, config);
  });
  const idle = config.endpoints.filter((endpoint) => !asked.some((ask) => ask.endpoint === endpoint));
  return [
    ...asked,
    ...idle
      .filter((endpoint) => endpoint.credentials ?? endpoint.clientCertificate ?? endpoint.proxy)
      .map((endpoint) => ({ endpoint, repository: endpoint.prefix.split('/').slice(1).join('/') }))
      .flatMap((ask) => withMirrors(ask, config)),
  ];
}

function withMirrors(ask: RegistryAsk, config: RegistriesConfig): readonly RegistryAsk[] {
  const mirrors = mirrorsOf(config, ask.endpoint);
  return [ask, ...mirrors.map((endpoint) => ({ ...ask, endpoint, mirrorOf: ask.endpoint }))];
}

async function registryUsesOf(ask: RegistryAsk, input: AuditInput): Promise<readonly CredentialUse[]> {
  const { endpoint, application } = ask;
  const shared = { purpose: 'registry', application, registry: endpoint.name, url: endpoint.apiUrl } as const;
  const ways = await waysOf(ask, input);
  const uses = [...ways.map((way) => ({ ...shared, ...ofWay(way) })), ...proxyUses(shared, endpoint, input)];
  const certificate = endpoint.clientCertificate;
  if (certificate === undefined) return uses;
  const read = await readCertificate(certificate.certFile, input.readFile);
  return [...uses, { ...shared, credential: `client certificate ${certificate.certFile}`, secret: undefined, ...read }];
}

function waysOf(
  { endpoint, mirrorOf, repository, pullSecret }: RegistryAsk,
  input: AuditInput,
): Promise<readonly NamedWay[]> {
  const named = pullSecret === undefined ? {} : { pullSecret };
  if (mirrorOf === undefined) return nameWays(input, endpoint, named, repository);
  return nameMirrorWays(input, endpoint, { endpoint: mirrorOf, ...named }, repository);
}

function proxyUses(
  shared: Pick<CredentialUse, 'purpose' | 'application' | 'registry'>,
  endpoint: Endpoint,
  { env }: AuditInput,
): readonly CredentialUse[] {
  const proxy = nameProxy(endpoint, env);
  if (proxy === undefined) return [];
  const { from: credential, url } = proxy;
  return [{ ...shared, credential, url, secret: undefined, expiry: undefined, problem: undefined }];
}

function ofWay({ from, source, value, problem }: NamedWay) {
  const secret = source !== undefined && 'namespace' in source ? idOf(source) : undefined;
  return { credential: from, secret, expiry: value === undefined ? undefined : readExpiry(value), problem };
}

async function readCertificate(
  path: string,
  readFile: AuditInput['readFile'],
): Promise<Pick<CredentialUse, 'expiry' | 'problem'>> {
  try {
    const text = await readFile(path);
    if (text === undefined) return { expiry: undefined, problem: 'there is no such file' };
    return { expiry: readExpiry(text), problem: undefined };
  } catch (error) {
    return { expiry: undefined, problem: toProblem(path, error).message };
  }
}

/** Which of several sources is meant only Git can tell, so all of them count. */
function gitUses(image: TrackedImage, input: AuditInput): readonly CredentialUse[] {
  const { application, writeBack } = image;
  const branches = application.sources.flatMap((source) => {
    if (source.chart === undefined) return [...targetBranches(image, source), sourceBranch(image, source)];
    return writeBack.repoURL === undefined ? [] : targetBranches(image, source);
  });
  return branches.flatMap((branch) => {
    const remote = parseRemote(branch.repoURL);
    if (!remote.ok || remote.value.kind === 'local') return [];
    const place = { purpose: 'git', application: applicationId(application), registry: undefined } as const;
    return [{ ...place, url: shownRepoURL(branch.repoURL), ...ofGit(remote.value, branch, input) }];
  });
}

type GitCredential = Pick<CredentialUse, 'credential' | 'secret' | 'expiry' | 'problem'>;

function ofGit(remote: Remote, branch: BranchRef, input: AuditInput): GitCredential {
  try {
    const chosen = chooseCredential(remote, branch, input);
    const { credential } = chosen;
    const source = credential.kind === 'own' ? credential.passedOver : credential.source;
    const secret = input.secrets.find((one) => source === `the Secret ${idOf(one)}`);
    if (credential.kind !== 'own') {
      return { ...named(secret, credential.source), expiry: endOf(chosen), problem: undefined };
    }
    if (secret === undefined) return { ...named(undefined, OWN), expiry: undefined, problem: undefined };
    return { ...named(secret, OWN), expiry: expiryIn(secret), problem: "it is passed over; git's own is used" };
  } catch (error) {
    const problem = toProblem(shownRepoURL(branch.repoURL), error).message;
    if (branch.secret !== undefined) {
      return { credential: `Secret ${branch.secret}`, secret: branch.secret, expiry: undefined, problem };
    }
    const refused = input.secrets.find((secret) => isRefused(secret, remote, branch, input));
    const other = remote.password === undefined ? 'TIPHYS_GIT_PASSWORD' : 'the repoURL';
    return { ...named(refused, other), expiry: undefined, problem };
  }
}

function endOf({ credential, connection }: Choice): CredentialUse['expiry'] {
  const { clientCertificate } = connection;
  const values = [
    ...(credential.kind === 'password' ? [credential.password] : []),
    ...(credential.kind === 'bearer' ? [credential.token] : []),
    ...(clientCertificate === undefined ? [] : [clientCertificate.certificate]),
  ];
  return firstEnd(values.flatMap((value) => readExpiry(value) ?? []));
}

const OWN = "git's own (credential helpers, .netrc, ssh)";

function named(secret: KeyValueObject | undefined, other: string): Pick<CredentialUse, 'credential' | 'secret'> {
  if (secret === undefined) return { credential: other, secret: undefined };
  return { credential: `Secret ${idOf(secret)}`, secret: idOf(secret) };
}

/** Whether it is this Secret that is chosen and cannot be used. */
function isRefused(secret: KeyValueObject, remote: Remote, branch: BranchRef, input: AuditInput): boolean {
  try {
    const { password: _, ...withoutPassword } = remote;
    chooseCredential(withoutPassword, branch, { ...input, secrets: [secret], env: {} });
    return false;
  } catch {
    return true;
  }
}

function secretFact(secret: KeyValueObject, argocdNamespace: string): SecretFact {
  const createdNs = secret.creationTimestamp === undefined ? undefined : parseTimestamp(secret.creationTimestamp);
  return {
    id: idOf(secret),
    createdMs: createdNs === undefined ? undefined : Number(createdNs / 1_000_000n),
    purpose: purposeOf(secret, argocdNamespace),
    expiry: expiryIn(secret),
  };
}

function purposeOf(secret: KeyValueObject, argocdNamespace: string): SecretFact['purpose'] {
  if (isArgocdCredential(secret, argocdNamespace)) return 'git';
  const isPullSecret = ['.dockerconfigjson', '.dockercfg'].some((key) => secret.data[key] !== undefined);
  return isPullSecret ? 'registry' : undefined;
}

function expiryIn({ data }: KeyValueObject): CredentialUse['expiry'] {
  const values = ['password', 'bearerToken', 'tlsClientCertData'].map((key) => data[key] ?? '');
  return firstEnd(values.flatMap((value) => readExpiry(value) ?? []));
}

function idOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
