import { describe, expect, test } from 'vitest';
import { known } from '../../test/policy.ts';
import { testRegistries } from '../../test/support/registries.ts';
import { versionFrom } from '../../test/support/target-images.ts';
import { parsePlatform } from '../core/platform.ts';
import { type Registry, startRegistry } from '../demo/registry.ts';

const SIGNAL = AbortSignal.timeout(600_000);
const LABELS = { 'org.opencontainers.image.source': 'https://github.com/acme/shop' };
const created = '2026-01-02T03:04:05Z';

async function labelsOf(registry: Registry, version: string, ...platforms: readonly string[]) {
  await using registries = testRegistries();
  const image = { registry: registry.host, repository: 'acme/shop' };
  const wanted = platforms.map((text) => known(parsePlatform(text)));
  return await registries.scan().labels(image, { version: versionFrom(version), platforms: wanted }, SIGNAL);
}

describe('labels', () => {
  test('of a plain image, by tag and by digest', async () => {
    await using registry = await startRegistry();
    const digest = registry.putImage('acme/shop', '1.0', { created, labels: LABELS });
    expect(await labelsOf(registry, '1.0')).toEqual({ digest, labels: LABELS });
    expect(await labelsOf(registry, `@${digest}`)).toEqual({ digest, labels: LABELS });
    expect(await labelsOf(registry, `gone@${digest}`)).toEqual({ digest, labels: LABELS });
  });

  test('of the wanted image of an index; none where there is no such image', async () => {
    await using registry = await startRegistry();
    const platforms = ['linux/amd64', 'linux/arm64'];
    const digest = registry.putImage('acme/shop', '1.0', { created, labels: LABELS, platforms });
    expect(await labelsOf(registry, '1.0')).toEqual({ digest, labels: LABELS });
    expect(await labelsOf(registry, '1.0', 'linux/arm64')).toEqual({ digest, labels: LABELS });
    expect(await labelsOf(registry, '1.0', 'linux/s390x')).toBeUndefined();
  });

  test('of what is gone: none', async () => {
    await using registry = await startRegistry();
    registry.putImage('acme/shop', '1.0', { created });
    expect(await labelsOf(registry, '2.0')).toBeUndefined();
  });

  test('are bounded: what is too long is left out', async () => {
    await using registry = await startRegistry();
    registry.putImage('acme/shop', '1.0', { created, labels: { ...LABELS, long: 'x'.repeat(100_000) } });
    expect(await labelsOf(registry, '1.0')).toMatchObject({ labels: LABELS });
  });

  test('are asked for once', async () => {
    await using registry = await startRegistry();
    registry.putImage('acme/shop', '1.0', { created, labels: LABELS });
    await using registries = testRegistries();
    const image = { registry: registry.host, repository: 'acme/shop' };
    const question = { version: versionFrom('1.0'), platforms: [] };
    const source = registries.scan();
    await Promise.all([1, 2, 3].map(() => source.labels(image, question, SIGNAL)));
    expect(registry.requests.filter(({ path }) => path.includes('/blobs/'))).toHaveLength(1);
  });
});
