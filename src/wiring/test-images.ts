import type { ImageTestOptions, Work } from '../cli/work.ts';
import { readTagList } from '../config/policy-tests/tag-list.ts';
import { settle, unusedSettings } from '../config/settings/settings.ts';
import { SETTINGS } from '../config/settings/settings-catalogue.ts';
import { scanImage } from '../controller/scanning.ts';
import { testImages as testAll } from '../controller/test-images.ts';
import { parseCredentialSource } from '../core/credentials/credential-source.ts';
import type { ImageTestReport } from '../core/deciding/image-test.ts';
import { type ListedTag, scanOf } from '../core/deciding/listed-tag.ts';
import { Failure } from '../core/failure.ts';
import { withCredentials } from '../core/registry-endpoint.ts';
import type { NamedObjects } from '../kubernetes/named-objects.ts';
import { readOneFile } from './given-texts.ts';
import { openConfigured, readRegistriesConf } from './registries.ts';

export async function testImages(...[options, signal]: Parameters<Work['testImages']>): Promise<ImageTestReport> {
  const { images, policy, tagsFrom } = options;
  const settings = settle(options.settings);
  const unused = unusedSettings(settings, SETTINGS);
  if (tagsFrom !== undefined) {
    const tags = await readTags(tagsFrom, signal);
    return { ...(await testAll(images, policy, async () => scanOf(tags, policy, undefined))), warnings: unused };
  }
  const { config, warnings } = await readRegistriesConf(settings);
  const named = await readNamedSecret(options, signal);
  const credentials = parseCredentialSource(options.credentials ?? '');
  const wanted = credentials.ok ? withCredentials(config, images, [credentials.value]) : config;
  const registries = await openConfigured(wanted, () => named.found);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => registries.close());
  const source = registries.scan();
  const tested = await testAll(images, policy, (image) => scanImage(source, { image, policy }, undefined, signal));
  signal.throwIfAborted();
  return { ...tested, warnings: [...unused, ...warnings, ...named.warnings] };
}

/** The Secret that the credentials are in, if they are in one: the cluster is asked for no other reason. */
async function readNamedSecret(
  { credentials, settings }: ImageTestOptions,
  signal: AbortSignal,
): Promise<NamedObjects> {
  const source = credentials === undefined ? undefined : parseCredentialSource(credentials);
  if (!source?.ok || !('namespace' in source.value)) return { found: [], warnings: [] };
  const { readSecrets } = await import('./cluster.ts');
  return await readSecrets(settings, [source.value], signal);
}

/** @throws {Failure} INPUT_UNREADABLE */
async function readTags(path: string, signal: AbortSignal): Promise<readonly ListedTag[]> {
  const list = readTagList(path, await readOneFile(path, signal));
  const [problem] = list.failures;
  if (problem) throw new Failure('INPUT_UNREADABLE', problem.message, { fix: problem.fix, object: problem.object });
  return list.tags;
}
