import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TagFacts } from '../../src/core/deciding/scan.ts';
import { digestOf } from '../../src/core/digest.ts';
import { formatPlatform, type Platform } from '../../src/core/platform.ts';
import { parseTag } from '../../src/core/reference.ts';
import { known } from '../policy.ts';
import { endpointFor, testRegistries } from '../support/registries.ts';
import { run } from '../support/world.ts';
import { imageMatrix } from './image-matrix.ts';
import { pushImage } from './push-image.ts';
import { type RealRegistry, realRegistries } from './real-registries.ts';
import { findTool, lacking } from './tools.ts';

// skopeo reads what we read: the same tags, digests, platforms and times, or one of us is wrong.

const SIGNAL = new AbortController().signal;
const WANTED: readonly Platform[] = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
  { os: 'linux', architecture: 'arm', variant: 'v7' },
  { os: 'windows', architecture: 'amd64' },
];
const matrix = imageMatrix();

/** What `skopeo inspect` prints of an image. */
interface Inspected {
  readonly Digest: string;
  readonly Created: string | null;
  readonly Os: string;
  readonly Architecture: string;
}

for (const [nth, { name, program, start }] of realRegistries.entries()) {
  // How a time is written makes no difference to a registry, so one of them is enough for all of that.
  const images = [...matrix].filter(([tag]) => nth === 0 || tag.endsWith('-seconds'));
  const lacks = lacking(program, 'skopeo');

  describe.skipIf(lacks !== '')(`${name}, read by skopeo and by us ${lacks}`, () => {
    let registry: RealRegistry;
    beforeAll(async () => {
      registry = await start(findTool(program) ?? '');
      const destination = { host: registry.host, login: registry.writer };
      for (const [tag, image] of images) await pushImage(destination, `${registry.owner}/matrix`, [tag], image);
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    /** What skopeo prints; undefined when it finds no image for the platform. */
    async function skopeo(command: readonly string[], tag = ''): Promise<string | undefined> {
      const login = registry.reader === undefined ? [] : ['--creds', registry.reader];
      const options = ['--tls-verify=false', ...login];
      const image = `docker://${registry.host}/${registry.owner}/matrix${tag}`;
      const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() };
      const ended = await run(findTool('skopeo') ?? '', [...command, ...options, image], tmpdir(), env);
      if (ended.code === 0) return ended.stdout;
      if (/no image found in (?:image index|manifest list) for/.test(ended.stderr)) return undefined;
      throw new Error(ended.stderr);
    }

    function open() {
      const { host, reader } = registry;
      const credentials = reader === undefined ? {} : { credentials: [{ kind: 'env', variable: 'LOGIN' } as const] };
      return testRegistries({ endpoints: [endpointFor(host, `http://${host}`, credentials)], env: { LOGIN: reader } });
    }
    const place = () => ({ registry: registry.host, repository: `${registry.owner}/matrix` });

    test('the tags', async () => {
      await using registries = open();
      const theirs: { readonly Tags: readonly string[] } = JSON.parse((await skopeo(['list-tags'])) ?? '');
      const ours = await registries.scan().listTags(place(), SIGNAL);
      expect(ours.toSorted()).toEqual(theirs.Tags.toSorted());
      expect(ours.toSorted()).toEqual(images.map(([tag]) => tag).sort());
    });

    for (const [tag] of images) {
      test(tag, async () => {
        await using registries = open();
        const scan = registries.scan();
        const look = (needs: 'digest' | 'created', platforms: readonly Platform[]) =>
          scan.describe(place(), known(parseTag(tag)), { needs, platforms }, SIGNAL);
        const raw = await skopeo(['inspect', '--raw'], `:${tag}`);
        const digest = digestOf(Buffer.from(raw ?? ''));
        expect(await look('digest', [])).toEqual({ kind: 'image', digest });
        const each = WANTED.map(async (platform) => {
          const theirs = await skopeo(inspectFor(platform), `:${tag}`);
          const what = `${tag} for ${formatPlatform(platform)}`;
          expect(summary(await look('created', [platform])), what).toEqual(expectedOf(theirs, platform));
          if (theirs === undefined) return [];
          const inspected: Inspected = JSON.parse(theirs);
          expect(inspected.Digest, what).toBe(digest);
          return [nanoseconds(inspected.Created)];
        });
        // Without a platform the newest of all counts, among which no attestation may be.
        const times = (await Promise.all(each)).flat();
        const createdNs = times.reduce((newest, time) => ((time ?? 0n) > (newest ?? 0n) ? time : newest));
        expect(summary(await look('created', []))).toEqual({ kind: 'image', createdNs });
      });
    }
  });
}

function inspectFor({ os, architecture, variant }: Platform): readonly string[] {
  const wanted = ['--override-os', os, '--override-arch', architecture];
  return [...wanted, ...(variant ? ['--override-variant', variant] : []), 'inspect', '--no-tags'];
}

function summary(facts: TagFacts) {
  return facts.kind === 'image' ? { kind: 'image', createdNs: facts.createdNs } : { kind: facts.kind };
}

/** Of an image that is no index skopeo says what it is, whatever was wanted. */
function expectedOf(printed: string | undefined, wanted: Platform) {
  if (printed === undefined) return { kind: 'wrong-platform' };
  const { Os, Architecture, Created }: Inspected = JSON.parse(printed);
  if (Os !== wanted.os || Architecture !== wanted.architecture) return { kind: 'wrong-platform' };
  return { kind: 'image', createdNs: nanoseconds(Created) };
}

/** RFC 3339 with up to nine digits behind the point; Go prints its zero for no time at all. */
function nanoseconds(text: string | null): bigint | undefined {
  if (text === null || text === '0001-01-01T00:00:00Z') return undefined;
  const [, whole = '', fraction = '', zone = ''] = /^([^.Z+]*)(?:\.(\d+))?(Z|[+-].*)$/.exec(text) ?? [];
  return BigInt(Date.parse(`${whole}${zone}`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
