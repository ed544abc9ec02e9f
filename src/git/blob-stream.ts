/** A blob's bytes, or only how large it is when it is larger than what is kept. */
export type Blob = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'too-large' };

/**
 * Reads the output of `git cat-file --batch` as it comes; a blob above `mostBytes` passes by without being kept.
 * Ids that git does not have are left out of `blobs`.
 */
export function blobStream(mostBytes: number): {
  readonly blobs: ReadonlyMap<string, Blob>;
  readonly push: (chunk: Uint8Array) => void;
} {
  const blobs = new Map<string, Blob>();
  let header = '';
  let current: { readonly oid: string; readonly size: number; readonly parts: Uint8Array[]; left: number } | undefined;

  const readHeader = (chunk: Uint8Array): number => {
    const newline = chunk.indexOf(0x0a);
    const end = newline < 0 ? chunk.length : newline;
    header += Buffer.from(chunk.subarray(0, end)).toString('latin1');
    if (newline < 0) return end;
    const [oid = '', type = '', size = ''] = header.split(' ');
    header = '';
    // The byte behind the content is a newline, read as part of it.
    if (type === 'blob') current = { oid, size: Number(size), parts: [], left: Number(size) + 1 };
    return end + 1;
  };

  const readContent = (blob: NonNullable<typeof current>, chunk: Uint8Array): number => {
    const part = chunk.subarray(0, blob.left);
    if (blob.size <= mostBytes) blob.parts.push(part);
    blob.left -= part.length;
    if (blob.left > 0) return part.length;
    const bytes = () => Buffer.concat(blob.parts).subarray(0, blob.size);
    blobs.set(blob.oid, blob.size <= mostBytes ? { kind: 'bytes', bytes: bytes() } : { kind: 'too-large' });
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
