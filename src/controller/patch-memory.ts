import type { EditProblem } from '../core/target.ts';

interface WrittenVersion {
  readonly from: string;
  readonly to: string;
  /** What it means when `from` is there again. */
  readonly undone: EditProblem;
}

/** What this process has written to Applications: a patch that is undone shows that somebody else has the last word. */
export interface PatchMemory {
  /** By image, "namespace/name alias". */
  readonly written: Map<string, WrittenVersion>;
}

export function patchMemory(): PatchMemory {
  return { written: new Map() };
}
