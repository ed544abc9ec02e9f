import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printableRepoURL } from './repo-url.ts';

for (const [written, shown] of [
  ['https://git.example.com/acme/deploy.git', 'https://git.example.com/acme/deploy.git'],
  ['https://bot:s3cret@git.example.com/acme', 'https://git.example.com/acme'],
  ['https://bot:s3@cret@git.example.com/acme', 'https://git.example.com/acme'],
  ['https://token@git.example.com/acme', 'https://git.example.com/acme'],
  ['https://git.example.com/acme?token=s3cret', 'https://git.example.com/acme'],
  ['ssh://git:s3cret@git.example.com:22/acme', 'ssh://git@git.example.com:22/acme'],
  ['git@git.example.com:acme/deploy.git', 'git@git.example.com:acme/deploy.git'],
  ['/srv/git/deploy', '/srv/git/deploy'],
] as const) {
  test(`${written} is shown as ${shown}`, () => {
    expect(printableRepoURL(written)).toBe(shown);
  });
}

test('no password is ever shown', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9@:]{6,12}$/);
  fc.assert(
    fc.property(fc.constantFrom('https', 'http', 'ssh'), secret, (scheme, password) => {
      expect(printableRepoURL(`${scheme}://bot:!${password}!@git.example.com/acme`)).not.toContain(`!${password}`);
    }),
  );
});
