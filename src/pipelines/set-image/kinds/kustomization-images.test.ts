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

/** Each as kustomize 5.8.1 leaves it, but for its layout. */
describe('an edit changes these layouts as kustomize, and nothing else', () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const flow = (...parts: readonly string[]) => `images:\n- { name: b,\n${parts.join('')}`;
  for (const [why, before, args, after] of [
    ['the first colon ends the name', 'images: []\n', 'a:1:2', 'images:\n- name: a\n  newTag: "1:2"\n'],
    [
      'an older name of the list stays, and is edited in place',
      'imageTags:\n- {name: b, newTag: "1"}\n- {name: c, newTag: "1"}\n',
      'b:2',
      'imageTags:\n- {name: b, newTag: "2"}\n- {name: c, newTag: "1"}\n',
    ],
    [
      'what the older name does not have is put into images',
      'imageTags:\n- {name: b, newTag: "1"}\n',
      'c:2',
      'imageTags:\n- {name: b, newTag: "1"}\nimages:\n- name: c\n  newTag: "2"\n',
    ],
    [
      'neighbours that go, in front of the name',
      'images:\n- newName: x\n  newTag: "1"\n  name: b\n',
      `b@${digest}`,
      `images:\n- name: b\n  digest: ${digest}\n`,
    ],
    [
      'a comment behind a tab, in front of the name',
      'images:\n- newTag: "1"\t# old\n  name: b\n',
      `b@${digest}`,
      `images:\n- # old\n  name: b\n  digest: ${digest}\n`,
    ],
    [
      'neighbours that go, at the end of a file without a last line end',
      `images:\n- name: b\n  newName: x # old\n  digest: ${digest}`,
      'b:*',
      'images:\n- name: b',
    ],
    [
      'neighbours that go in flow style',
      `images: [{tagSuffix: -x, newName: acme, name: b, digest: "${digest}", newTag: z}]\n`,
      'b=*:*',
      'images: [{newName: acme, name: b, newTag: z}]\n',
    ],
    [
      'lines of a flow mapping',
      flow(`    newName: x,\n`, `    digest: "${digest}",\n`, '    tagSuffix: -y }\n- name: c\n'),
      'b:2',
      'images:\n- { name: b, newTag: "2" }\n- name: c\n',
    ],
    [
      'a key without a value, which needs its blank',
      'images: [{name: b, digest: }]\n',
      'b:2',
      'images: [{name: b, digest: , newTag: "2" }]\n',
    ],
    [
      'a key without a value, when what is behind it goes',
      'images: [{name: b, digest: , newTag: "2"}]\n',
      'b=c',
      'images: [{name: b, digest: , newName: "c" }]\n',
    ],
    [
      'an anchor whose aliases go as well',
      'images:\n- name: b\n  newTag: &tag v1\n- name: c\n  newTag: *tag\n',
      `b@${digest} c@${digest}`,
      `images:\n- name: b\n  digest: ${digest}\n- name: c\n  digest: ${digest}\n`,
    ],
    [
      'doubled entries of another image, which kustomize drops',
      'images:\n- name: c\n  newTag: "1"\n- name: c\n  newTag: "2"\n- name: b\n  newTag: "1"\n',
      'b:2',
      'images:\n- name: c\n  newTag: "1"\n- name: c\n  newTag: "2"\n- name: b\n  newTag: "2"\n',
    ],
  ] as const) {
    test(why, async () => {
      const once = (await setImages(before, args.split(' '))).files[0]?.after ?? '';
      expect(once).toBe(after);
      expect((await setImages(once, args.split(' '))).files[0]?.after).toBe(after);
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
