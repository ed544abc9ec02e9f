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

describe('several arguments at once leave what they leave one after the other', () => {
  const head = 'images:\n- name: a\n  newTag: "1"\n';
  const digest = `digest: sha256:${'1'.repeat(64)}`;
  for (const [last, after] of [
    [`- name: b\n  ${digest}\n`, '- name: b\n  newTag: "3"\n- name: c\n  newTag: "2"\n'],
    [`- name: b\n  # ours\n  ${digest} # pinned\n`, '- name: b\n  newTag: "3"\n  # ours\n- name: c\n  newTag: "2"\n'],
    ['- name: b\n  newTag: "0"\n  newName: x\n', '- name: b\n  newTag: "3"\n- name: c\n  newTag: "2"\n'],
    [`- ${digest}\n  name: b\n`, '- name: b\n  newTag: "3"\n- name: c\n  newTag: "2"\n'],
    [`- {name: b, ${digest}}\n`, '- {name: b, newTag: "3"}\n- {name: c, newTag: "2"}\n'],
    [
      `- name: b\n  ${digest}\nnamePrefix: d-\n`,
      '- name: b\n  newTag: "3"\n- name: c\n  newTag: "2"\nnamePrefix: d-\n',
    ],
  ] as const) {
    for (const [what, spelled] of [
      ['', (text: string) => text],
      [' with CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
      [' without a last line end', (text: string) => text.replace(/\n$/, '')],
    ] as const) {
      test(`behind ${JSON.stringify(last)}${what}`, async () => {
        const before = spelled(head + last);
        const together = (await setImages(before, ['b:3', 'c:2'])).files[0]?.after;
        expect(together).toBe(spelled(head + after));
        const first = (await setImages(before, ['b:3'])).files[0]?.after ?? '';
        expect(entriesOf((await setImages(first, ['c:2'])).files[0]?.after ?? '')).toEqual(entriesOf(together ?? ''));
      });
    }
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
