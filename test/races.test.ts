// Somebody else writes the same branch between the program's look at it and its push.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { application, startWorld, type World } from './support/world.ts';

const kustomization = (image: string, tag: string) => `images:\n- name: ${image}\n  newTag: ${tag}\n`;

/** A deploy repository whose main becomes `their` content in the very moment in which the program pushes. */
async function overtaken(world: World, their: (image: string) => string) {
  const image = `${world.registry.host}/acme/app`;
  world.putTags('acme/app', '1.0.0', '1.1.0', '1.2.0');
  const { path, url } = await world.repository(
    'deploy',
    new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]),
  );
  await world.manifests(
    'app.yaml',
    application('app', { repoURL: url }, { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' }),
  );
  const file = join(world.folder, 'theirs.yaml');
  await writeFile(file, their(image));
  const git = async (...args: readonly string[]) => (await world.gitIn(path, ...args)).trim();
  const blob = await git('hash-object', '-w', file);
  await git('update-index', '--add', '--cacheinfo', `100644,${blob},kustomization.yaml`);
  const identity = ['-c', 'user.name=Else', '-c', 'user.email=else@example.com'];
  const commit = await git(...identity, 'commit-tree', '-p', 'main', '-m', 'Theirs', await git('write-tree'));
  await git('branch', 'theirs', commit);
  const hook = join(path, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\n[ -e refs/heads/theirs ] && mv refs/heads/theirs refs/heads/main\nexit 0\n');
  await chmod(hook, 0o755);
  return { path, image, git };
}

describe.concurrent('what somebody else wrote meanwhile', () => {
  for (const [what, theirs, says, commits, tag] of [
    ['another file: the change is applied again', undefined, '1 update in 1 commit', 3, '1.2.0'],
    ['an older version: decided afresh at once', '1.1.0', /1\.1\.0 -> 1\.2\.0/, 3, '1.2.0'],
    ['the same version: nothing is left to do', '1.2.0', '1 current', 2, '1.2.0'],
    ['a newer version: held, never turned back', '9.0.0', '1 held', 2, '9.0.0'],
  ] as const) {
    test(what, async () => {
      await using world = await startWorld();
      const { git, image } = await overtaken(world, (name) =>
        theirs === undefined ? `# theirs\n${kustomization(name, '1.0.0')}` : kustomization(name, theirs),
      );
      const { code, stdout, stderr } = await world.tiphys(['run', '--once']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(says);
      expect(await git('rev-list', '--count', 'main')).toBe(String(commits));
      const comment = theirs === undefined ? '# theirs\n' : '';
      expect(await git('show', 'main:kustomization.yaml')).toBe(`${comment}${kustomization(image, tag)}`.trim());
    });
  }
});
