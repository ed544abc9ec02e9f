import { expect, test } from 'vitest';
import { formatImageName, parseImageIdentifier } from './reference.ts';
import { indexRepositories } from './repository-index.ts';

// Reference part 2, 4.3; the rows with "library" differ on purpose (docs/compatibility.md).
for (const [image, registry, repository, isMeant, why] of [
  ['acme/web', 'docker.io', 'acme/web', true, 'Docker Hub is implied'],
  ['acme/web', 'quay.io', 'acme/web', true, 'an image without registry fits any'],
  ['registry.example.com/acme/web', 'docker.io', 'acme/web', false, 'another registry'],
  ['registry.example.com/acme/web', 'Registry.Example.com', 'acme/web', true, 'hosts have no letter case'],
  ['registry.example.com/acme/web', 'registry.example.com', 'acme/webshop', false, 'another repository'],
  ['nginx', 'docker.io', 'library/nginx', true, 'upstream misses it'],
  ['library/nginx', 'docker.io', 'nginx', true, 'the other way round'],
  ['docker.io/acme/web', 'index.docker.io', 'acme/web', true, 'names of Docker Hub'],
  ['docker.io/acme/web', 'quay.io', 'acme/web', false, 'a registry that was written counts'],
  ['acme/web', '', 'acme/web', true, 'an event without registry'],
] as const) {
  test(`${image} is ${isMeant ? '' : 'not '}meant by a push to ${registry} ${repository}: ${why}`, () => {
    const concerned = indexRepositories([parseImageIdentifier(image)]);
    expect(concerned({ registry, repository }).map(formatImageName)).toEqual(isMeant ? [image] : []);
  });
}

test('each repository is named once, whatever its spellings', () => {
  const concerned = indexRepositories(['nginx', 'library/nginx', 'nginx', 'quay.io/nginx'].map(parseImageIdentifier));
  expect(concerned({ registry: 'docker.io', repository: 'library/nginx' })).toHaveLength(1);
  expect(concerned({ registry: 'quay.io', repository: 'nginx' })).toHaveLength(2);
});
