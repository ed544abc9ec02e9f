import { expect, test } from 'vitest';
import { parseHostedRepository, splitPath } from './hosted-repository.ts';

for (const [repoURL, origin, path] of [
  ['https://github.com/acme/deploy.git', 'https://github.com', ['acme', 'deploy']],
  ['https://github.com/acme/deploy/', 'https://github.com', ['acme', 'deploy']],
  ['https://bot:s3cret@git.example:8443/acme/deploy', 'https://git.example:8443', ['acme', 'deploy']],
  ['http://git.example/acme/deploy.git', 'http://git.example', ['acme', 'deploy']],
  ['ssh://git@git.example:2222/acme/deploy.git', 'https://git.example', ['acme', 'deploy']],
  ['git@Git.Example:acme/team/deploy.git', 'https://git.example', ['acme', 'team', 'deploy']],
  ['git.example:acme/deploy', 'https://git.example', ['acme', 'deploy']],
  [
    'https://dev.azure.com/acme/my%20project/_git/deploy',
    'https://dev.azure.com',
    ['acme', 'my project', '_git', 'deploy'],
  ],
] as const) {
  test(`${repoURL} is ${path.join('/')} on ${origin}`, () => {
    expect(parseHostedRepository(repoURL)).toMatchObject({ ok: true, value: { origin, path } });
  });
}

for (const repoURL of [
  '/srv/git/deploy.git',
  'file:///srv/git/deploy.git',
  'https://git.example',
  'https://git.example/acme/%2e%2e%2fadmin',
  'https://git.example/acme/a%2Fb',
  'https://git.example/%E0%A4%A',
  '',
]) {
  test(`${repoURL || 'nothing'} is on no forge`, () => {
    expect(parseHostedRepository(repoURL).ok).toBe(false);
  });
}

test('a path is read from the root first, then below each folder', () => {
  expect([...splitPath(['tools', 'git', 'acme', 'deploy'], 2)]).toEqual([
    ['', ['tools', 'git', 'acme', 'deploy']],
    ['/tools', ['git', 'acme', 'deploy']],
    ['/tools/git', ['acme', 'deploy']],
  ]);
});
