import { isUntyped, type Untyped } from '../../src/core/untyped.ts';
import type { LiveApplications, ObjectKey, PatchOutcome } from '../../src/ports/cluster.ts';
import { applyJsonPatch, PatchFailed } from './json-patch.ts';

/** Applications in memory, for faults that a real API server does not show when asked to; and what was done to them. */
export interface MemoryApplications extends LiveApplications {
  readonly objects: Map<string, Untyped>;
  readonly sets: Map<string, Untyped>;
  readonly patched: string[];
  readonly refreshed: string[];
  /** Happens before the next patch arrives. */
  beforePatch: () => PatchOutcome | undefined;
}

export function memoryApplications(objects: Readonly<Record<string, Untyped>>): MemoryApplications {
  const idOf = ({ namespace, name }: ObjectKey) => `${namespace}/${name}`;
  const live: MemoryApplications = {
    objects: new Map(Object.entries(objects)),
    sets: new Map(),
    patched: [],
    refreshed: [],
    beforePatch: () => undefined,
    application: async (key) => structuredClone(live.objects.get(idOf(key))),
    applicationSet: async (key) => structuredClone(live.sets.get(idOf(key))),
    async patch(key, operations) {
      const answered = live.beforePatch();
      if (answered) return answered;
      const object = live.objects.get(idOf(key));
      if (!isUntyped(object)) return { kind: 'gone' };
      let patched: Untyped;
      try {
        patched = applyJsonPatch(object, operations);
      } catch (error) {
        if (error instanceof PatchFailed) return { kind: 'test-failed' };
        throw error;
      }
      live.objects.set(idOf(key), patched);
      live.patched.push(idOf(key));
      return { kind: 'patched', object: structuredClone(patched) };
    },
    async refresh(key) {
      live.refreshed.push(idOf(key));
      return live.objects.has(idOf(key)) ? 'asked' : 'gone';
    },
  };
  return live;
}
