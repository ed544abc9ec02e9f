import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Failure } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import type { Endpoint } from '../core/registry-endpoint.ts';
import type { TlsContexts } from './transport.ts';

/** Where certificates and keys can be found. */
export interface TlsStore {
  /** PEM of authorities to trust instead of the system's. */
  readonly ca: string | undefined;
  /** A folder with a file for each host whose authority is not the system's. */
  readonly folder: string;
  readonly secrets: readonly KeyValueObject[];
}

interface Material {
  /** PEM of the authorities that count beside the usual ones. */
  readonly authorities: readonly string[];
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/** What TLS to a registry begins with. `id` is another one when a file or Secret behind it has changed. */
export interface LoadedTls {
  readonly id: string;
  readonly contexts: TlsContexts;
}

const NONE: LoadedTls = { id: '', contexts: { own: undefined, others: undefined } };
/** A bundle of every authority there is has a few hundred. */
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads what an endpoint's configuration names: authorities beside those of the system, and the certificate by which
 * this client shows who it is. Read at each scan, so that a renewed one counts without a restart.
 * @param before  what was loaded last time; it is given back when nothing has changed
 * @throws {Failure} CONFIG_INVALID, naming the key, never the content
 */
export async function loadTls(endpoint: Endpoint, store: TlsStore, before: LoadedTls | undefined): Promise<LoadedTls> {
  if (new URL(endpoint.apiUrl).protocol === 'http:') return NONE;
  const material = await readMaterial(endpoint, store);
  const { authorities, client } = material;
  if (store.ca === undefined && authorities.length === 0 && client === undefined) return NONE;
  const id = createHash('sha256')
    .update(JSON.stringify([store.ca, material]))
    .digest('hex');
  return before?.id === id ? before : { id, contexts: createContexts(endpoint, store, material) };
}

async function readMaterial(endpoint: Endpoint, { folder, secrets }: TlsStore): Promise<Material> {
  const { trust = {}, clientCertificate: client, insecure } = endpoint;
  const { caFile, caData, caSecret } = trust;
  const found: string[] = [];
  if (!insecure) {
    const file = caFile === undefined ? await discovered(endpoint, folder) : await read(endpoint, 'ca_file', caFile);
    if (file !== undefined) found.push(checked(endpoint, 'ca_file', file));
    if (caData !== undefined) found.push(checked(endpoint, 'ca_data', caData));
    if (caSecret !== undefined) found.push(checked(endpoint, 'ca_secret', fromSecret(endpoint, caSecret, secrets)));
  }
  if (client === undefined) return { authorities: found, client: undefined };
  const [cert, key] = await Promise.all([
    read(endpoint, 'cert_file', client.certFile),
    read(endpoint, 'key_file', client.keyFile),
  ]);
  return { authorities: found, client: { cert, key } };
}

/** Upstream's convention: a file named as the host. */
async function discovered({ apiUrl }: Endpoint, folder: string): Promise<string | undefined> {
  const { hostname } = new URL(apiUrl);
  try {
    return await readFile(join(folder, hostname), 'utf8');
  } catch {
    // Not to be there, or to be something else than a file, is the usual case.
    return undefined;
  }
}

async function read(endpoint: Endpoint, key: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : 'unknown error';
    throw invalid(endpoint, key, `${path} cannot be read (${reason})`, `mount it, or correct ${key}`);
  }
}

function fromSecret(
  endpoint: Endpoint,
  { namespace, name, field }: { readonly namespace: string; readonly name: string; readonly field: string },
  secrets: readonly KeyValueObject[],
): string {
  const secret = secrets.find((one) => one.namespace === namespace && one.name === name);
  const value = secret?.data[field];
  if (value !== undefined) return value;
  const what = secret === undefined ? 'there is no such Secret' : `it has no field ${field}`;
  throw invalid(endpoint, 'ca_secret', `Secret ${namespace}/${name}: ${what}`, 'give the Secret by -f, or correct it');
}

/** Node passes over what is no certificate, and then trusts nobody; that is better said here. */
function checked(endpoint: Endpoint, key: string, pem: string): string {
  const blocks = pem.match(CERTIFICATE) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    if (blocks.length > 0) return blocks.join('\n');
  } catch {
    // Told below.
  }
  throw invalid(endpoint, key, 'it holds no certificate that can be read', 'write certificates in PEM form');
}

function createContexts(endpoint: Endpoint, { ca }: TlsStore, { authorities, client }: Material): TlsContexts {
  const trusted = [...(ca === undefined ? getCACertificates('default') : [ca]), ...authorities];
  const others = createSecureContext({ ca: trusted });
  return { others, own: client === undefined ? others : withClient(endpoint, trusted, client) };
}

function withClient(endpoint: Endpoint, ca: string[], client: { cert: string; key: string }): SecureContext {
  try {
    return createSecureContext({ ca, ...client });
  } catch {
    const problem = 'certificate and key cannot be read, or do not belong together';
    throw invalid(endpoint, 'cert_file', problem, 'write both in PEM form, the key without password');
  }
}

function invalid({ name }: Endpoint, key: string, problem: string, fix: string): Failure {
  return new Failure('CONFIG_INVALID', `registry ${name}, ${key}: ${problem}`, { fix });
}
