import { X509Certificate } from 'node:crypto';
import { isUntyped, type Untyped } from '../untyped.ts';

/** When a credential ends, and what says so. */
export interface Expiry {
  readonly kind: 'jwt' | 'ecr' | 'certificate';
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * What a credential says of its own end, without asking anybody: `exp` of a JWT, `expiration` of the token that Amazon
 * ECR gives out for twelve hours, the end of the first certificate of a PEM text. Nothing is verified.
 * @returns undefined for a password or token that does not say
 */
export function readExpiry(secret: string): Expiry | undefined {
  const text = secret.trim();
  if (text.startsWith('-----BEGIN CERTIFICATE-----')) return certificateExpiry(text);
  const [, claims, signature, ...more] = text.split('.');
  if (claims !== undefined && signature !== undefined && more.length === 0) {
    return expiryAt('jwt', readJson(claims)?.['exp']);
  }
  const token = readJson(text);
  return token?.['type'] === 'DATA_KEY' ? expiryAt('ecr', token['expiration']) : undefined;
}

function certificateExpiry(pem: string): Expiry | undefined {
  try {
    return { kind: 'certificate', atMs: Date.parse(new X509Certificate(pem).validTo) };
  } catch {
    return undefined;
  }
}

function expiryAt(kind: Expiry['kind'], seconds: unknown): Expiry | undefined {
  const isInstant = typeof seconds === 'number' && seconds > 0 && seconds * 1000 <= LATEST_MS;
  return isInstant ? { kind, atMs: seconds * 1000 } : undefined;
}

// The year 9999: beyond, no text of four digits holds it.
const LATEST_MS = 253_402_300_799_000;

/** @param text  base64 or base64url */
function readJson(text: string): Untyped | undefined {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
