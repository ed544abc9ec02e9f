import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureVersion, type TlsOptions } from 'node:tls';
import type { TlsSettings } from '../config/settings/server-settings.ts';
import { Failure, type Problem } from '../core/failure.ts';
import { type KeyPair, selfSigned } from './self-signed.ts';

/** Where upstream expects the certificate; not configurable there either. */
export const TLS_FOLDER = '/app/config/tls';

export interface ServedTls {
  readonly options: TlsOptions;
  /** Nobody vouches for the certificate: there is none in the folder. */
  readonly isSelfSigned: boolean;
}

/**
 * What webhooks and hand-offs are served with over TLS: `tls.crt` and `tls.key` of a folder; a new certificate when one
 * of them is missing or empty.
 * @throws {Failure} CERTIFICATE_INVALID: unusable, expired, not valid yet
 */
export async function readTls(folder: string, settings: TlsSettings, nowMs: number): Promise<ServedTls> {
  const [cert, key] = await Promise.all([readOrEmpty(join(folder, 'tls.crt')), readOrEmpty(join(folder, 'tls.key'))]);
  const isSelfSigned = cert === '' || key === '';
  const pair = isSelfSigned ? selfSigned(nowMs) : { cert, key };
  if (!isSelfSigned) check(folder, pair, nowMs);
  return { options: { ...pair, ...protocolOptions(settings) }, isSelfSigned };
}

/** What is to be said about how TLS is served; nothing where it is not. */
export function tlsWarnings(
  settings: TlsSettings | undefined,
  tls: ServedTls | undefined,
  folder: string,
): readonly Problem[] {
  return [...(tls?.isSelfSigned ? [madeUp(folder)] : []), ...(settings?.ignoresCiphers ? [notChosen()] : [])];
}

function notChosen(): Problem {
  const message = 'nothing older than TLS 1.3 is spoken, and its cipher suites cannot be chosen';
  return { code: 'SETTING_UNUSED', object: '--tlsciphers', message, fix: 'leave it out, or lower --tlsminversion' };
}

function madeUp(folder: string): Problem {
  const message = 'there is no tls.crt and tls.key; what is served has a certificate that nobody vouches for';
  return { code: 'SETTING_UNUSED', object: folder, message, fix: 'mount a certificate there, or give --disable-tls' };
}

/** TLS with a certificate that nobody vouches for, as controller-runtime serves metrics. */
export function selfSignedTls(nowMs: number): TlsOptions {
  return { ...selfSigned(nowMs), minVersion: 'TLSv1.2' };
}

/** Versions and cipher suites as OpenSSL has them. */
function protocolOptions({ minVersion, maxVersion, ciphers }: TlsSettings): TlsOptions {
  const versions = { minVersion: secureVersion(minVersion), maxVersion: secureVersion(maxVersion) };
  // OpenSSL 3 speaks TLS 1.1 only where everything is allowed; what is offered is still what stands in the list.
  const level = minVersion === '1.1' ? '@SECLEVEL=0' : '';
  if (ciphers.length === 0) return { ...versions, ...(level === '' ? {} : { ciphers: `DEFAULT:${level}` }) };
  // Those of TLS 1.3 cannot be chosen, as in Go.
  const chosen = [...ciphers, 'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
  return { ...versions, ciphers: [...chosen, ...(level === '' ? [] : [level])].join(':') };
}

function secureVersion(version: string): SecureVersion {
  if (version === '1.1') return 'TLSv1.1';
  return version === '1.2' ? 'TLSv1.2' : 'TLSv1.3';
}

function check(folder: string, { cert, key }: KeyPair, nowMs: number): void {
  const problem = problemWith(cert, key, nowMs);
  if (problem === undefined) return;
  throw new Failure('CERTIFICATE_INVALID', `tls.crt and tls.key of ${folder}: ${problem}`, {
    fix: 'renew them, or remove them to serve with a certificate that is made at each start',
    object: folder,
  });
}

function problemWith(cert: string, key: string, nowMs: number): string | undefined {
  try {
    createSecureContext({ cert, key });
    const { validFromDate, validToDate } = new X509Certificate(cert);
    if (validFromDate.getTime() > nowMs) return `not valid before ${validFromDate.toISOString()}`;
    return validToDate.getTime() < nowMs ? `expired at ${validToDate.toISOString()}` : undefined;
  } catch {
    // OpenSSL's words are no help, and might quote the key.
    return 'they are not a certificate and the key that belongs to it, in PEM';
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new Failure('CERTIFICATE_INVALID', `${path} cannot be read`, {
      fix: 'make it readable',
      object: path,
      cause: error,
    });
  }
}
