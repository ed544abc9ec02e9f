import { expect, test } from 'vitest';
import { parseRemote } from './remote-url.ts';
import { webAddress } from './web-address.ts';

for (const [repoURL, expected] of [
  ['git@git.example.com:team/shop.git', 'https://git.example.com/team/shop.git'],
  ['ssh://git@git.example.com:2222/team/shop', 'https://git.example.com/team/shop'],
  ['git@constructor:team/shop', 'https://constructor/team/shop'],
  ['git@[fd00::1]:team/shop', 'https://[fd00::1]/team/shop'],
  ['ssh://git@ssh.github.com:443/acme/shop.git', 'https://github.com/acme/shop.git'],
  ['ssh://git@altssh.gitlab.com:443/acme/shop.git', 'https://gitlab.com/acme/shop.git'],
  ['ssh://git@altssh.bitbucket.org:443/acme/shop.git', 'https://bitbucket.org/acme/shop.git'],
  ['git@ssh.dev.azure.com:v3/acme/my%20shop/deploy', 'https://dev.azure.com/acme/my%20shop/_git/deploy'],
  ['acme@vs-ssh.visualstudio.com:v3/acme/shop/deploy', 'https://dev.azure.com/acme/shop/_git/deploy'],
] as const) {
  test(`${repoURL} is ${expected}`, () => {
    const remote = parseRemote(repoURL);
    expect(remote.ok && webAddress(remote.value)).toBe(expected);
  });
}
