import { describe, expect, test } from 'vitest';
import { known, policyOf } from '../../test/policy.ts';
import { testRegistries } from '../../test/support/registries.ts';
import { scanOf } from '../core/deciding/listed-tag.ts';
import { parsePlatform } from '../core/platform.ts';
import { type ImageName, parseImageIdentifier } from '../core/reference.ts';
import { startRegistry } from '../demo/registry.ts';
import { scanImage } from './scanning.ts';
import { testImages } from './test-images.ts';

const signal = AbortSignal.timeout(600_000);
const image = ({ registry, repository }: ImageName) => ({ registry, repository });

describe('asking a registry', () => {
  test('tells what is found and chosen, and one that fails does not stop the others', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    const created = '2026-01-02T03:04:05Z';
    for (const tag of ['1.2.0', '1.2.1', 'latest']) registry.putImage('acme/web', tag, { created });
    const host = new URL(registry.url).host;
    const policy = policyOf({ constraint: '~1.2' });
    const images = [`${host}/acme/web`, `${host}/acme/none`].map((text) => image(parseImageIdentifier(text)));
    const source = registries.scan();
    const report = await testImages(images, policy, (one) =>
      scanImage(source, { image: one, policy }, undefined, signal),
    );
    expect(report).toMatchObject({
      tests: [{ image: `${host}/acme/web`, strategy: 'semver', found: 3, decision: { to: { tag: '1.2.1' } } }],
      failures: [{ code: 'REGISTRY_NOT_FOUND', object: `${host}/acme/none` }],
    });
  });

  test('asks for times and platforms where the strategy needs them', async () => {
    await using registry = await startRegistry();
    await using registries = testRegistries();
    registry.putImage('acme/web', 'a', { created: '2026-01-02T00:00:00Z', platforms: ['linux/amd64', 'linux/arm64'] });
    registry.putImage('acme/web', 'b', { created: '2026-01-03T00:00:00Z', platforms: ['linux/arm64'] });
    const name = image(parseImageIdentifier(`${new URL(registry.url).host}/acme/web`));
    const platforms = [known(parsePlatform('linux/amd64'))];
    const policy = policyOf({ strategy: 'newest-build', platforms });
    const source = registries.scan();
    const report = await testImages([name], policy, (one) =>
      scanImage(source, { image: one, policy }, undefined, signal),
    );
    expect(report).toMatchObject({ tests: [{ found: 2, decision: { to: { tag: 'a' } } }], failures: [] });
  });
});

test('a list does as well', async () => {
  const policy = policyOf({ constraint: '^3' });
  const scan = async () => scanOf([{ name: '1.0' }], policy, undefined);
  const report = await testImages([{ registry: '', repository: 'nginx' }], policy, scan);
  expect(report).toMatchObject({ tests: [{ image: 'nginx', found: 1, decision: { outcome: 'none' } }] });
});

test('what a registry says of itself shows no password', async () => {
  const scan = () => Promise.reject(new Error('no answer from https://me:secret@registry.example/v2/'));
  const report = await testImages([{ registry: '', repository: 'nginx' }], policyOf({}), scan);
  expect(report.failures).toMatchObject([{ message: 'no answer from https://registry.example/v2/' }]);
});
