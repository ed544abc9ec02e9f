/** What a file holds in the place of what its name promises. */
export interface Seal {
  /** "a pointer of Git LFS". */
  readonly what: string;
  /** What to do, as an imperative. */
  readonly fix: string;
}

const ELSEWHERE = 'let write-back-target name a file that states the version plainly, and keep secrets in another one';

/**
 * Why the bytes of a file must not be edited as they lie in Git: a pointer would no longer point at anything, and what
 * is encrypted or signed as a whole could no longer be opened. Undefined for a plain file.
 * @see Git LFS, docs/spec.md, "The Pointer"; git-crypt, commands.cpp, the file header; SOPS, "Encryption protocol"
 */
export function sealOf(bytes: Uint8Array): Seal | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (/^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\//.test(text)) {
    return { what: 'a pointer of Git LFS', fix: 'take the file out of Git LFS (git lfs untrack), or name another one' };
  }
  if (text.startsWith('\0GITCRYPT\0')) return { what: 'encrypted by git-crypt', fix: ELSEWHERE };
  if (isSigned(text)) return { what: 'encrypted by sops, which signs the plain values too', fix: SOPS_FIX };
  return undefined;
}

const SOPS_FIX = `${ELSEWHERE} (or encrypt it with mac_only_encrypted: true)`;

/** Whether sops has a message authentication code for the whole of it, plain values included. */
function isSigned(text: string): boolean {
  const hasMetadata = /^(?:"sops"|sops):/m.test(text) || /^[ \t]*"sops"\s*:\s*\{/m.test(text);
  return hasMetadata && /\bENC\[AES256_GCM,/.test(text) && !/"?\bmac_only_encrypted"?:\s*true\b/.test(text);
}
