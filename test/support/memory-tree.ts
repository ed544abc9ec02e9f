import type { Tree } from '../../src/ports/git.ts';

/** A tree of the given files, and the paths that were asked for, batch by batch as a real one would fetch them. */
export function memoryTree(files: Readonly<Record<string, string | Uint8Array>>): Tree & { batches: string[][] } {
  const batches: string[][] = [];
  let batch: string[] | undefined;
  return {
    commit: '0'.repeat(40),
    branch: 'main',
    paths: Object.keys(files).sort(),
    batches,
    async read(path) {
      if (batch === undefined) {
        batch = [];
        batches.push(batch);
        setImmediate(() => {
          batch = undefined;
        });
      }
      batch.push(path);
      await new Promise<void>((resolve) => setImmediate(resolve));
      const content = files[path];
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
  };
}
