/** A blob's bytes, or why they are not kept: it is too large by itself, or came behind too many others. */
export type Blob =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'too-much' };

/**
 * Reads the output of `git cat-file --batch` as it comes. A blob above `mostBytes` passes by without being kept, and so
 * does one that would make the sum of them exceed `mostTotal`.
 * Ids that git does not have, or that are no blobs, are left out of `blobs`.
 */
export function blobStream(
  mostBytes: number,
  mostTotal: number,
): {
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly push: (chunk: Uint8Array) => void;
} {
  const blobs = new Map<string, Blob>();
  let header = '';
  let kept = 0;
  let current: Arriving | undefined;

  const admit = (type: string, size: number): Arriving['outcome'] => {
    // A tree may call another tree a file. Its content must be read past as well, lest it pass for further headers.
    if (type !== 'blob') return 'no-blob';
    if (size > mostBytes) return 'too-large';
    if (kept + size > mostTotal) return 'too-much';
    kept += size;
    return 'bytes';
  };

  const readHeader = (chunk: Uint8Array): number => {
    const newline = chunk.indexOf(0x0a);
    const end = newline < 0 ? chunk.length : newline;
    header += Buffer.from(chunk.subarray(0, end)).toString('latin1');
    if (newline < 0) return end;
    const [oid = '', type = '', digits] = header.split(' ');
    header = '';
    if (digits === undefined) return end + 1; // "<oid> missing"
    const size = Number(digits);
    // The byte behind the content is a newline, read as part of it.
    current = { oid, size, outcome: admit(type, size), parts: [], left: size + 1 };
    return end + 1;
  };

  const readContent = (blob: Arriving, chunk: Uint8Array): number => {
    const part = chunk.subarray(0, blob.left);
    if (blob.outcome === 'bytes') blob.parts.push(part);
    blob.left -= part.length;
    if (blob.left > 0) return part.length;
    const { oid, outcome, parts, size } = blob;
    if (outcome === 'bytes') blobs.set(oid, { kind: outcome, bytes: Buffer.concat(parts).subarray(0, size) });
    else if (outcome !== 'no-blob') blobs.set(oid, { kind: outcome });
    current = undefined;
    return part.length;
  };

  return {
    blobs,
    push: (chunk) => {
      for (let rest = chunk; rest.length > 0; ) {
        const used = current === undefined ? readHeader(rest) : readContent(current, rest);
        rest = rest.subarray(used);
      }
    },
  };
}

interface Arriving {
  readonly oid: string;
  readonly size: number;
  readonly outcome: Blob['kind'] | 'no-blob';
  readonly parts: Uint8Array[];
  /** Bytes still to come, the newline behind the content included. */
  left: number;
}
