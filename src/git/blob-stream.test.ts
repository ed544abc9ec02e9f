import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blobStream } from './blob-stream.ts';

/** What `git cat-file --batch` prints for these contents; undefined is a blob that it does not have. */
function printed(contents: readonly (Uint8Array | undefined)[]): Buffer {
  const pieces = contents.flatMap((content, index) =>
    content === undefined
      ? [Buffer.from(`${index} missing\n`)]
      : [Buffer.from(`${index} blob ${content.length}\n`), content, Buffer.from('\n')],
  );
  return Buffer.concat(pieces);
}

describe('blobStream', () => {
  test('reads the same however the output is cut into chunks', () => {
    const contents = fc.array(fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }), { maxLength: 8 });
    fc.assert(
      fc.property(contents, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (all, cuts) => {
        const { blobs, push } = blobStream(40, 1_000);
        let rest = printed(all);
        for (let turn = 0; rest.length > 0; turn += 1) {
          const length = cuts[turn % cuts.length] ?? 1;
          push(rest.subarray(0, length));
          rest = rest.subarray(length);
        }
        for (const [index, content] of all.entries()) {
          const blob = blobs.get(String(index));
          if (content === undefined) expect(blob).toBeUndefined();
          else if (content.length > 40) expect(blob).toEqual({ kind: 'too-large' });
          else expect(blob?.kind === 'bytes' && Buffer.compare(blob.bytes, content)).toBe(0);
        }
      }),
    );
  });

  test('keeps no more than the total, but notices all of them', () => {
    const { blobs, push } = blobStream(40, 50);
    push(printed([30, 30, 41, 20].map((length) => new Uint8Array(length))));
    expect([...blobs.values()].map(({ kind }) => kind)).toEqual(['bytes', 'too-much', 'too-large', 'bytes']);
  });

  test('what is no blob is read past, whatever it holds', () => {
    const { blobs, push } = blobStream(40, 50);
    const tree = 'x\nforged blob 1\ny\n';
    push(Buffer.from(`a tree ${tree.length}\n${tree}\nb blob 1\nz\n`));
    expect([...blobs.keys()]).toEqual(['b']);
  });
});
