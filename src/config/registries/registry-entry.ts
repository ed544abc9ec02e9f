import { type CredentialSource, parseCredentialSource } from '../../core/credentials/credential-source.ts';
import type { TagOrder } from '../../core/deciding/scan.ts';
import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';
import {
  canonicalHost,
  canonicalPrefix,
  type Endpoint,
  isHost,
  isLoopback,
  REGISTRY_KINDS,
  type RegistryKind,
  type Trust,
} from '../../core/registry-endpoint.ts';
import { parseDuration } from '../duration.ts';
import type { Fields } from './registry-fields.ts';

/** One entry of the list after its own rules; the rules among entries come later. */
export interface Entry {
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly hasPrefix: boolean;
  readonly isDefault: boolean;
}

/** Everything wrong goes into the report of `fields`. @returns undefined when too much is missing to go on */
export function readEntry(path: string, fields: Fields): Entry | undefined {
  fields.checkKeys();
  const name = fields.required('name');
  const apiUrlText = fields.required('api_url');
  const insecure = fields.boolean('insecure') ?? false;
  const apiUrl = apiUrlText && fields.parsed('api_url', parseApiUrl(apiUrlText, insecure));
  const prefixText = fields.text('prefix') ?? '';
  const prefix = prefixText && fields.parsed('prefix', parsePrefix(prefixText));
  const ping = fields.boolean('ping') ?? true;
  const isDefault = fields.boolean('default') ?? false;
  const defaultNamespace = fields.text('defaultns');
  const settings = { ...readAccess(fields, insecure), ...readConnection(fields) };
  if (!name || !apiUrl || prefix === undefined) return undefined;
  const serves = prefix === '' ? canonicalHost(new URL(apiUrl).host) : canonicalPrefix(prefix);
  const endpoint = {
    name,
    prefix: serves,
    apiUrl,
    insecure,
    ping,
    // Docker Hub's official images lie below library/, whoever configures it.
    defaultNamespace: defaultNamespace ?? (serves === 'docker.io' ? 'library' : ''),
    ...settings,
  };
  return { path, endpoint, hasPrefix: prefix !== '', isDefault };
}

/** Who asks, and whom tokens are taken from. */
function readAccess(fields: Fields, insecure: boolean): Partial<Endpoint> {
  const credentials = fields
    .texts('credentials')
    .map((text) => fields.parsed('credentials', parseCredentialSource(text)))
    .filter((source) => source !== undefined);
  const kind = fields.read('kind', parseKind);
  const roleArn = fields.read('role_arn', parseRoleArn);
  const tokenRealm = fields.read('token_realm', (text) => parseApiUrl(text, insecure));
  const credentialsLifetimeMs = readCredentialsLifetime(fields);
  if (kind !== undefined && kind !== 'distribution' && credentials.length > 0) {
    fields.warning('kind', 'credentials are configured, so that no other identity is used', 'remove one of the two');
  }
  return {
    ...(credentials.length > 0 && { credentials }),
    ...(credentialsLifetimeMs !== undefined && { credentialsLifetimeMs }),
    ...(kind !== undefined && { kind }),
    ...(roleArn !== undefined && { roleArn }),
    ...(tokenRealm !== undefined && { tokenRealm }),
  };
}

/** @returns undefined for credentials that do not expire */
function readCredentialsLifetime(fields: Fields): number | undefined {
  const text = fields.text('credsexpire');
  if (!text) return undefined;
  const isBare = /^[+-]?\d+$/.test(text) && Number(text) !== 0;
  if (isBare) fields.warning('credsexpire', `${text} has no unit and means nanoseconds`, 'write a unit, such as 9h');
  const lifetimeMs = isBare ? Number(text) / 1e6 : fields.parsed('credsexpire', parseDuration(text));
  return lifetimeMs !== undefined && lifetimeMs > 0 ? lifetimeMs : undefined;
}

/** How the registry is reached, and how much of it is asked. */
function readConnection(fields: Fields): Partial<Endpoint> {
  const trust = readTrust(fields);
  const clientCertificate = readClientCertificate(fields);
  const proxy = fields.read('proxy', parseProxy);
  const noProxy = fields.text('no_proxy');
  const mirrors = fields
    .texts('mirrors')
    .map((text) => fields.parsed('mirrors', parseApiUrl(text, true)))
    .filter((mirror) => mirror !== undefined);
  const http2 = fields.boolean('http2');
  const concurrency = fields.integer('concurrency');
  if (concurrency !== undefined && concurrency < 1) {
    fields.problem('concurrency', `${concurrency} requests at a time are none`, 'write concurrency: 1 or more');
  }
  const limit = fields.integer('limit') ?? 0;
  const tagOrder = fields.read('tagsortmode', parseTagOrder);
  return {
    ...(trust !== undefined && { trust }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(proxy !== undefined && { proxy }),
    ...(noProxy !== undefined && { noProxy }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(http2 !== undefined && { http2 }),
    ...(concurrency !== undefined && { concurrency }),
    // As upstream: zero and below mean no limit.
    ...(limit > 0 && { requestsPerSecond: limit }),
    ...(tagOrder !== undefined && tagOrder !== 'none' && { tagOrder }),
  };
}

function readTrust(fields: Fields): Trust | undefined {
  const caFile = fields.text('ca_file');
  const caData = fields.read('ca_data', parsePem);
  const caSecret = fields.read('ca_secret', parseSecretField);
  if (!caFile && !caData && caSecret === undefined) return undefined;
  return { ...(caFile && { caFile }), ...(caData && { caData }), ...(caSecret !== undefined && { caSecret }) };
}

function readClientCertificate(fields: Fields): Endpoint['clientCertificate'] {
  const [certFile, keyFile] = [fields.text('cert_file'), fields.text('key_file')];
  if (certFile && keyFile) return { certFile, keyFile };
  if (certFile) fields.problem('key_file', 'is missing beside cert_file', 'write key_file: and its path');
  if (keyFile) fields.problem('cert_file', 'is missing beside key_file', 'write cert_file: and its path');
  return undefined;
}

function parseApiUrl(text: string, insecure: boolean): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return unparsable('is not a URL that begins with https:// or http://');
  }
  if (url.username !== '' || url.password !== '') return unparsable('has a user or password in it; use credentials');
  if (url.search !== '' || url.hash !== '') return unparsable('has a query or fragment');
  if (url.protocol === 'http:' && !insecure && !isLoopback(url.host)) {
    return unparsable('is plain HTTP to another machine: write https://, or insecure: true if that is meant');
  }
  return parsed(`${url.origin}${url.pathname}`.replace(/\/+$/, ''));
}

// A proxy may want a password, so problems never repeat the text.
function parseProxy(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/') return parsed(url.href);
  return unparsable('is not the address of a proxy, such as http://proxy.example.com:3128');
}

/** What stands before an image's name: a host, perhaps a port, perhaps a path. */
function parsePrefix(text: string): Parsed<string> {
  const prefix = text.replace(/\/+$/, '');
  const [host = '', ...path] = prefix.split('/');
  if (isHost(host) && path.every((part) => part !== '')) return parsed(prefix);
  return unparsable(`"${text}" is not what stands before an image's name, such as ghcr.io or ghcr.io/acme`);
}

function parseTagOrder(text: string): Parsed<TagOrder | 'none'> {
  const order = text.toLowerCase();
  if (order === 'latest-first' || order === 'latest-last' || order === 'none') return parsed(order);
  return unparsable(`"${text}" is not latest-first, latest-last or none`);
}

function parseKind(text: string): Parsed<RegistryKind> {
  const kind = REGISTRY_KINDS.find((one) => one === text.toLowerCase());
  return kind === undefined ? unparsable(`"${text}" is not one of ${REGISTRY_KINDS.join(', ')}`) : parsed(kind);
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html */
function parseRoleArn(text: string): Parsed<string> {
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/.test(text)) return parsed(text);
  return unparsable('is not the ARN of a role, such as arn:aws:iam::123456789012:role/pull');
}

function parsePem(text: string): Parsed<string> {
  if (text.includes('-----BEGIN CERTIFICATE-----')) return parsed(text);
  return unparsable('holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
}

function parseSecretField(text: string): Parsed<CredentialSource & { readonly kind: 'secret' }> {
  const source = parseCredentialSource(text);
  if (source.ok && source.value.kind === 'secret') return parsed(source.value);
  return unparsable('must read secret:namespace/name#field');
}
