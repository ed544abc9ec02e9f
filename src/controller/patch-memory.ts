/** What this process has written to Applications: a patch that is undone shows that somebody else has the last word. */
export interface PatchMemory {
  /** Versions by image, "namespace/name alias". */
  readonly written: Map<string, { readonly from: string; readonly to: string }>;
}

export function patchMemory(): PatchMemory {
  return { written: new Map() };
}
