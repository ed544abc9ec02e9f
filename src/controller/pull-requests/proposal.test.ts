import { expect, test } from 'vitest';
import { memoryTree } from '../../../test/support/memory-tree.ts';
import { change, decided, decision } from '../../../test/support/tracked.ts';
import { plainWording } from '../../core/commits/commit-message.ts';
import { targetKinds } from '../../writeback/index.ts';
import { compose } from '../compose.ts';
import { idOf, proposalOf } from './proposal.ts';

const COMPOSING = { kinds: targetKinds, grouping: 'branch', wording: plainWording } as const;

/** What a request of these Applications says, each with its own file. */
async function proposal(files: Readonly<Record<string, string>>, mostBody = 4_000) {
  const tree = memoryTree(files);
  const images = Object.keys(files).map((path, index) => {
    const words = { application: `app-${index}`, alias: 'web', image: 'acme/web', path };
    const image = decided(words, decision('update', '1.0', '1.1'));
    const moved = { ...change({ ...words, from: '1.0', to: '1.1' }), place: image.place };
    const setting = { forge: 'auto', group: { kind: 'branch' }, ...LISTS, draft: false, autoMerge: 'off' } as const;
    return { ...image, setting, change: moved, reason: 'because', isCertain: true };
  });
  const [first] = images;
  if (!first) throw new Error('no image');
  const branch = { ...first.place.branch, writeBranch: 'tiphys/x' };
  const composition = await compose(tree, [images.map((image) => image.change)], COMPOSING);
  const group = { branch, tree, images, setting: first.setting };
  return { images, ...proposalOf(group, images, composition, { ...COMPOSING, mostBody }) };
}

const LISTS = { labels: [], reviewers: [], assignees: [] };
const SAYS = (tag: string) => `images:\n  - name: acme/web\n    newTag: "${tag}"\n`;

test('what is applied is proposed; what Git says already is over, and nothing is in doubt', async () => {
  const { images, proposals, isCertain, title } = await proposal({
    'a/kustomization.yaml': SAYS('1.0'),
    'b/k.yaml': SAYS('1.1'),
  });
  expect([...proposals]).toEqual(images.slice(0, 1).map((image) => idOf(image.change)));
  expect({ isCertain, title }).toEqual({ isCertain: true, title: 'build: automatic update of app-0' });
});

for (const [what, text] of [
  ['somebody overtook', SAYS('2.0')],
  ['cannot be edited', 'imageTags:\n- {name: acme/web, newTag: v1}\n'],
] as const) {
  test(`what ${what} is in doubt, so that its request is not closed`, async () => {
    const { proposals, isCertain } = await proposal({ 'a/kustomization.yaml': text });
    expect({ size: proposals.size, isCertain }).toEqual({ size: 0, isCertain: false });
  });
}

test('no more is remembered than there is room for, always the same', async () => {
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${index}/k.yaml`, SAYS('1.0')]));
  const [one, other] = await Promise.all([proposal(files, 1_120), proposal(files, 1_120)]);
  expect(one.proposals.size).toBe(20);
  expect([...other.proposals]).toEqual([...one.proposals]);
  expect((await proposal(files)).proposals.size).toBe(50);
});
