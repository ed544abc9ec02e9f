import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import { change } from '../../test/support/tracked.ts';
import { plainWording } from '../core/commits/commit-message.ts';
import type { Tree } from '../ports/git.ts';
import { targetKinds } from '../writeback/index.ts';
import { compose } from './compose.ts';

const file = (...entries: readonly (readonly [string, string])[]) =>
  `images:\n${entries.map(([name, tag]) => `- name: ${name}\n  newTag: ${tag}\n`).join('')}`;

async function composed(tree: Tree, grouping: 'branch' | 'application', ...changes: Parameters<typeof change>[0][]) {
  const made = changes.map(change);
  const { drafts, files, fates } = await compose(tree, [made], {
    kinds: targetKinds,
    grouping,
    wording: plainWording,
  });
  return {
    drafts: drafts.map(({ message, files: written }) => ({
      subject: message.split('\n')[0],
      files: Object.fromEntries([...written].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
    })),
    files,
    fates: made.map((one) => fates.get(one)?.kind),
  };
}

const a = 'a/kustomization.yaml';

describe('compose', () => {
  test('all changes of a branch are one draft, and a file that two share is edited once', async () => {
    const tree = memoryTree({ [a]: file(['acme/web', '1.0.0'], ['acme/api', '1.0.0']) });
    const result = await composed(
      tree,
      'branch',
      { path: a, from: '1.0.0', to: '2.0.0' },
      { application: 'api', image: 'acme/api', path: a, from: '1.0.0', to: '3.0.0' },
    );
    expect(result.fates).toEqual(['applied', 'applied']);
    expect(result.drafts).toEqual([
      { subject: 'build: update 2 applications', files: { [a]: file(['acme/web', '2.0.0'], ['acme/api', '3.0.0']) } },
    ]);
    expect(tree.batches).toEqual([[a]]);
  });

  test('grouped by application, each draft stands on the one before', async () => {
    const tree = memoryTree({ [a]: file(['acme/web', '1.0.0'], ['acme/api', '1.0.0']) });
    const { drafts, files } = await composed(
      tree,
      'application',
      { path: a, from: '1.0.0', to: '2.0.0' },
      { application: 'api', image: 'acme/api', path: a, from: '1.0.0', to: '3.0.0' },
    );
    expect(drafts).toEqual([
      { subject: 'build: automatic update of web', files: { [a]: file(['acme/web', '2.0.0'], ['acme/api', '1.0.0']) } },
      { subject: 'build: automatic update of api', files: { [a]: file(['acme/web', '2.0.0'], ['acme/api', '3.0.0']) } },
    ]);
    expect(files.map(({ path }) => path)).toEqual([a]);
  });

  for (const [what, says, fate] of [
    ['still says what it was decided on', '1.0.0', 'applied'],
    ['says the wanted version by now', '2.0.0', 'void'],
    ['says something else by now', '1.5.0', 'superseded'],
  ] as const) {
    test(`where the target ${what}, the change is ${fate}`, async () => {
      const tree = memoryTree({ [a]: file(['acme/web', says]) });
      const { fates, drafts } = await composed(tree, 'branch', { path: a, from: '1.0.0', to: '2.0.0' });
      expect(fates).toEqual([fate]);
      expect(drafts).toHaveLength(fate === 'applied' ? 1 : 0);
    });
  }

  test('a file that cannot be read, or is not there, refuses its own changes only', async () => {
    const tree = memoryTree({ [a]: file(['acme/web', '1.0.0']), 'b/kustomization.yaml': Uint8Array.of(0xff) });
    const { fates, files } = await composed(
      tree,
      'branch',
      { path: 'b/kustomization.yaml', to: '2.0.0' },
      { path: 'gone/kustomization.yaml', to: '2.0.0' },
      { path: a, from: '1.0.0', to: '2.0.0' },
    );
    expect(fates).toEqual(['refused', 'refused', 'applied']);
    expect(files.map(({ path }) => path)).toEqual([a]);
  });
});
