import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { goldenCases } from '../../../../test/golden/golden.ts';
import { fileTreeOf } from '../../../../test/support/file-tree.ts';
import { Failure } from '../../../core/failure.ts';
import { parseImageArgument } from '../image-argument.ts';
import { planSetImage, type SetImagePlan } from '../set-image.ts';

interface Golden {
  readonly kustomization: string;
  readonly args: readonly string[];
  readonly after: string | null;
  readonly note: string;
  readonly error?: string;
}

/** Kustomize gives these up for what has nothing to do with images; the others it answers, or rightly refuses. */
const NOT_OURS: ReadonlySet<string> = new Set(['unknown top-level key', 'only =']);

describe('an edit leaves what `kustomize edit set image` leaves', () => {
  for (const { kustomization, args, after, note, error } of goldenCases<Golden>('kustomize.jsonl')) {
    if (NOT_OURS.has(note)) continue;
    test(`${note}: ${args.join(' ')}`, async () => {
      if (error !== undefined) {
        await expect(setImages(kustomization, args)).rejects.toThrow(Failure);
        return;
      }
      const plan = await setImages(kustomization, args);
      expect(entriesOf(plan.files[0]?.after ?? '')).toEqual(entriesOf(after ?? ''));
    });
  }
});

async function setImages(kustomization: string, args: readonly string[]): Promise<SetImagePlan> {
  const images = args.map((text) => {
    const argument = parseImageArgument(text);
    if (!argument.ok) throw new Failure('SETTING_INVALID', argument.problem, { fix: 'write NAME=IMAGE:TAG' });
    return argument.value;
  });
  const tree = fileTreeOf({ 'k8s/kustomization.yaml': kustomization });
  return await planSetImage({ paths: [{ path: 'k8s', images, keys: {} }], allowMissing: false }, tree);
}

/** The entries as a set, as kustomize reads them. */
function entriesOf(text: string): ReadonlySet<string> {
  const { images } = parse(text, { uniqueKeys: false });
  const entries: Record<string, unknown>[] = images ?? [];
  return new Set(
    entries.map((entry) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(entry)
            .filter(([, part]) => part !== '' && part !== null)
            .sort(),
        ),
      ),
    ),
  );
}
