import { createHash } from 'node:crypto';
import { type Digest, parseDigest } from './reference.ts';

/** The sha256 digest of bytes, as registries name content. */
export function digestOf(bytes: Uint8Array): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  if (!digest.ok) throw new Error(digest.problem);
  return digest.value;
}

// OCI image spec v1.1, "Registered algorithms".
const ALGORITHMS = ['sha256', 'sha512'];

/** Whether bytes are what a digest names; false for an algorithm that nobody registered. */
export function matchesDigest(bytes: Uint8Array, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':');
  return ALGORITHMS.includes(algorithm) && createHash(algorithm).update(bytes).digest('hex') === hex;
}
