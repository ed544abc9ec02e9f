// What people with the right to write Applications, or the repository, could try.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileContent } from '../src/demo/bare-repository.ts';
import { application, startWorld } from './support/world.ts';

const SOPS = 'password: ENC[AES256_GCM,data:abc=]\nsops:\n  mac: ENC[AES256_GCM,data:xyz=]\n';

test('no path and no branch leads out of the repository, into Git, or into what is sealed; the others go on', async () => {
  await using world = await startWorld();
  const image = `${world.registry.host}/acme/app`;
  world.putTags('acme/app', '1.0.0', '1.1.0');
  const target = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
  const files = new Map<string, FileContent>([
    ['good/kustomization.yaml', target],
    ['dir with "quotes" and \'more\'/kustomization.yaml', target],
    ['-rf/kustomization.yaml', target],
    ['linked-inside', { link: 'real' }],
    ['real/kustomization.yaml', target],
    ['out', { link: '..' }],
    ['etc', { link: '/etc' }],
    ['deep/er/out', { link: '../../../..' }],
    ['file/kustomization.yaml', { link: '../../secret.yaml' }],
    ['into-git/kustomization.yaml', { link: '../.git/config' }],
    ['loop/kustomization.yaml', { link: 'kustomization.yaml' }],
    ['lfs/kustomization.yaml', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'],
    ['crypt/kustomization.yaml', Buffer.from('\0GITCRYPT\0abcdef')],
    ['sops/kustomization.yaml', `${target}${SOPS}`],
  ]);
  const { path, url } = await world.repository('deploy', files);
  await writeFile(join(world.folder, 'secret.yaml'), target);
  const head = (await world.gitIn(path, 'rev-parse', 'main')).trim();
  await world.gitIn(path, 'read-tree', 'main');
  await world.gitIn(path, 'update-index', '--add', '--cacheinfo', `160000,${head},module`);
  const tree = (await world.gitIn(path, 'write-tree')).trim();
  const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.com'];
  const commit = await world.gitIn(path, ...identity, 'commit-tree', '-p', head, '-m', 'A submodule', tree);
  await world.gitIn(path, 'update-ref', 'refs/heads/main', commit.trim());

  const cases: readonly (readonly [name: string, settings: Readonly<Record<string, string>>, expected: RegExp])[] = [
    ['good', { 'write-back-target': 'kustomization:/good' }, /^update$/],
    ['quotes', { 'write-back-target': 'kustomization:/dir with "quotes" and \'more\'' }, /^update$/],
    ['option-like', { 'write-back-target': 'kustomization:/-rf' }, /^update$/],
    ['linked', { 'write-back-target': 'kustomization:/linked-inside' }, /^update$/],
    ['parent', { 'write-back-target': 'kustomization:/../..' }, /OUTSIDE/],
    ['parents', { 'write-back-target': 'kustomization:../../../../etc' }, /OUTSIDE/],
    ['link-out', { 'write-back-target': 'kustomization:/out' }, /OUTSIDE/],
    ['link-absolute', { 'write-back-target': 'kustomization:/etc' }, /OUTSIDE/],
    ['link-deep', { 'write-back-target': 'kustomization:/deep/er/out/x' }, /OUTSIDE/],
    ['link-file', { 'write-back-target': 'kustomization:/file' }, /OUTSIDE/],
    ['link-git', { 'write-back-target': 'kustomization:/into-git' }, /OUTSIDE/],
    ['link-loop', { 'write-back-target': 'kustomization:/loop' }, /OUTSIDE/],
    ['git', { 'write-back-target': 'kustomization:/.git' }, /OUTSIDE/],
    ['git-case', { 'write-back-target': 'kustomization:/x/.GiT/hooks' }, /OUTSIDE/],
    ['git-short', { 'write-back-target': 'kustomization:/GIT~1' }, /OUTSIDE/],
    ['git-hidden', { 'write-back-target': 'kustomization:/.g\u200cit' }, /OUTSIDE/],
    ['newline', { 'write-back-target': 'kustomization:/a\nb' }, /OUTSIDE|INVALID/],
    ['submodule', { 'write-back-target': 'kustomization:/module' }, /OUTSIDE/],
    ['lfs', { 'write-back-target': 'kustomization:/lfs' }, /TARGET_REFUSED/],
    ['git-crypt', { 'write-back-target': 'kustomization:/crypt' }, /TARGET_REFUSED/],
    ['sops', { 'write-back-target': 'kustomization:/sops' }, /TARGET_REFUSED/],
    ...['--upload-pack=touch /tmp/x', '-x', 'a..b', 'a b', '@{-1}', 'refs/heads/../../x', 'x.lock', 'a\u0000b'].map(
      (branch, index) =>
        [`base-${index}`, { 'write-back-target': 'kustomization:/good', 'git-branch': branch }, /INVALID/] as const,
    ),
    ...['--exec=x', '/', 'a//b', 'é\u007f', '.hidden'].map(
      (branch, index) =>
        [
          `write-${index}`,
          { 'write-back-target': 'kustomization:/good', 'git-branch': `main:${branch}` },
          /INVALID/,
        ] as const,
    ),
    ['empty-name', { 'write-back-target': 'kustomization:/good', 'git-branch': 'main:{{ "" }}' }, /CONFIG_INVALID/],
    [
      'wild-name',
      { 'write-back-target': 'kustomization:/good', 'git-branch': 'main:{{range .Images}}../{{.NewTag}}{{end}}' },
      /CONFIG_INVALID/,
    ],
    [
      'option-name',
      { 'write-back-target': 'kustomization:/good', 'git-branch': 'main:--exec={{.SHA256}}' },
      /CONFIG_INVALID/,
    ],
    [
      'long-name', // cut, as upstream does
      { 'write-back-target': 'kustomization:/good', 'git-branch': `main:${'long-'.repeat(100)}{{.SHA256}}` },
      /^update$/,
    ],
  ];
  const manifests = cases.map(([name, settings]) =>
    application(name, { repoURL: url, path: 'good' }, { 'image-list': `app=${image}`, ...settings }),
  );
  await world.manifests('apps.yaml', manifests.join(''));
  const { stdout } = await world.tiphys(['plan', '-o', 'json', '--git-protocols', 'http']);
  const items: { application: string; outcome: string; rule: string; reason: string }[] = JSON.parse(stdout).items;
  const ended = new Map(items.map(({ application: id, outcome, rule }) => [id, outcome === 'update' ? outcome : rule]));
  for (const [name, , expected] of cases)
    expect([name, ended.get(`argocd/${name}`)]).toEqual([name, expect.stringMatching(expected)]);
  expect(stdout).not.toContain('root:');
});
