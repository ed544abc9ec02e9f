import { describe, expect, test } from 'vitest';
import { parseImageIdentifier } from '../reference.ts';
import { BUILT_IN_REGISTRIES, findEndpoint } from '../registry-endpoint.ts';
import { parseCredentialSource } from './credential-source.ts';
import { refusedToImage } from './refused-to-image.ts';

describe('refusedToImage, of registries that nothing configures', () => {
  for (const [text, image, isRefused] of [
    ['env:LOGIN', 'nginx', false],
    ['env:LOGIN', 'ghcr.io/acme/app', false],
    ['env:LOGIN', 'ghcr.io.example.com/acme/app', true],
    ['env:LOGIN', 'ghcr.io:8443/acme/app', true],
    ['env:LOGIN', 'acme.azurecr.io/app', true],
    ['env:LOGIN', '127.0.0.1:5000/app', false],
    ['ext:/bin/login', 'ghcr.io/acme/app', true],
    ['ext:/bin/login', 'nginx', true],
    ['secret:shop/login#both', 'registry.example.com/app', false],
  ] as const) {
    test(`${text} ${isRefused ? 'does not go' : 'goes'} with ${image}`, () => {
      const source = parseCredentialSource(text);
      const endpoint = findEndpoint(BUILT_IN_REGISTRIES, parseImageIdentifier(image));
      if (!source.ok || !endpoint) throw new Error('neither is meant to be wrong');
      expect(refusedToImage(source.value, endpoint) !== undefined).toBe(isRefused);
    });
  }
});
