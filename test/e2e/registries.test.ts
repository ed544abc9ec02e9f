import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { parsePlatform } from '../../src/core/platform.ts';
import { parseTag } from '../../src/core/reference.ts';
import type { RegistryCheck } from '../../src/core/registry-check.ts';
import { tinyImage } from '../../src/demo/tiny-image.ts';
import type { Question } from '../../src/ports/tag-source.ts';
import { known } from '../policy.ts';
import { CANARY } from '../support/canary.ts';
import { startProxy } from '../support/connect-proxy.ts';
import { endpointFor, testRegistries } from '../support/registries.ts';
import { run } from '../support/world.ts';
import { pushImage } from './push-image.ts';
import { type RealRegistry, realRegistries } from './real-registries.ts';
import { findTool, lacking } from './tools.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const SIGNAL = new AbortController().signal;
const NEWEST = '2026-02-03T04:05:06Z';
const TAGS = ['1.0', '1.1', '1.2', '1.10', 'latest', 'nightly', 'old'];
const image = tinyImage({ created: NEWEST, platforms: ['linux/amd64', 'linux/arm64/v8'] }, 'a shop');
const DIGEST = digestOf(image.top.bytes);

function ask(needs: Question['needs'], ...platforms: readonly string[]): Question {
  return { needs, platforms: platforms.map((text) => known(parsePlatform(text))) };
}

for (const { name, program, demand, listRequests, start } of realRegistries) {
  const lacks = lacking(program);

  describe.skipIf(lacks !== '')(`${name} ${lacks}`, () => {
    let registry: RealRegistry;
    beforeAll(async () => {
      registry = await start(findTool(program) ?? '');
      await pushImage({ host: registry.host, login: registry.writer }, `${registry.owner}/shop`, TAGS, image);
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const shop = (repository = 'shop') => ({
      registry: registry.host,
      repository: `${registry.owner}/${repository}`,
    });
    /** The client, with what opens this registry unless other credentials are given. */
    function open(login = registry.reader, more: Partial<Parameters<typeof endpointFor>[2]> = {}) {
      const credentials = login === undefined ? {} : { credentials: [{ kind: 'env', variable: 'LOGIN' } as const] };
      const endpoint = endpointFor(registry.host, `http://${registry.host}`, { ...credentials, ...more });
      return testRegistries({ endpoints: [endpoint], env: { LOGIN: login } });
    }

    for (const pageSize of [1, 3, 1000]) {
      test(`gives all tags in pages of ${pageSize}`, async () => {
        await using proxy = await startProxy({ toPath: (path) => path.replace('n=1000', `n=${pageSize}`) });
        await using registries = open(registry.reader, { proxy: proxy.url });
        const tags = await registries.scan().listTags(shop(), SIGNAL);
        expect(tags.toSorted()).toEqual(TAGS.toSorted());
        const pages = proxy.seen.filter((request) => request.includes('/tags/list'));
        expect(pages).toHaveLength(listRequests(TAGS.length, pageSize));
      });
    }

    test('says what a tag points at, since when, and for which platforms', async () => {
      await using registries = open();
      const scan = registries.scan();
      const look = (tag: string, question: Question) => scan.describe(shop(), known(parseTag(tag)), question, SIGNAL);
      const createdNs = BigInt(Date.parse(NEWEST)) * 1_000_000n;
      expect(await look('1.0', ask('digest'))).toEqual({ kind: 'image', digest: DIGEST });
      expect(await look('1.0', ask('created', 'linux/arm64'))).toEqual({ kind: 'image', digest: DIGEST, createdNs });
      expect(await look('1.0', ask('digest', 'linux/s390x'))).toEqual({
        kind: 'wrong-platform',
        platforms: ['linux/amd64', 'linux/arm64/v8'],
      });
      expect(await look('9.9', ask('digest'))).toEqual({ kind: 'gone' });
    });

    test('is asked for the list and the winner alone when nothing changed', async () => {
      await using proxy = await startProxy();
      await using registries = open(registry.reader, { proxy: proxy.url });
      const winner = known(parseTag('1.10'));
      const look = async () => {
        const before = proxy.seen.length;
        const scan = registries.scan();
        await scan.listTags(shop(), SIGNAL);
        await scan.describe(shop(), winner, ask('created', 'linux/amd64'), SIGNAL);
        return proxy.seen.slice(before);
      };
      await look();
      const requests = await look();
      expect(requests).toHaveLength(listRequests(TAGS.length, 1000) + 1);
      const base = `http://${registry.host}/v2/${registry.owner}/shop`;
      expect(requests.at(0)).toBe(`GET ${base}/tags/list?n=1000`);
      expect(requests.at(-1)).toBe(`HEAD ${base}/manifests/1.10`);
    });

    test('has no repository of another name', async () => {
      await using registries = open();
      const list = registries.scan().listTags(shop('none'), SIGNAL);
      await expect(list).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
    });

    test('refuses wrong credentials, if it looks at any', async () => {
      await using registries = open(`reader:wrong${CANARY}`);
      const list = registries.scan().listTags(shop(), SIGNAL);
      if (registry.reader === undefined) expect((await list).length).toBe(TAGS.length);
      else {
        const failure = await list.catch((error) => error);
        expect(failure).toMatchObject({
          code: 'REGISTRY_UNAUTHORIZED',
          message: expect.stringContaining('with the credentials from variable LOGIN'),
        });
      }
    });

    test('passes a check, with each step told', async () => {
      const checked = await check(registry, `${registry.host}/${registry.owner}/shop:1.0`, registry.reader);
      expect(checked.code).toBe(0);
      const details = new Map(checked.steps.map(({ step, status, detail }) => [step, `${status}: ${detail}`]));
      expect(Object.fromEntries(details)).toEqual({
        endpoint: `ok: http://${registry.host}`,
        connection: 'ok: plain HTTP',
        challenge: expect.stringMatching(new RegExp(demand.source.replace('^', '^ok: '))),
        credential: registry.reader === undefined ? 'ok: none (anonymous)' : 'ok: variable LOGIN',
        token: expect.stringMatching(/^(?:ok: a token for |skipped: )/),
        list: `ok: ${TAGS.length} tags`,
        manifest: `ok: 1.0 is ${DIGEST}, an index of 2`,
        limits: 'skipped: the registry states none',
      });
    });

    test('fails a check with wrong credentials, at the step that tells', async () => {
      if (registry.reader === undefined) return;
      const checked = await check(registry, `${registry.host}/${registry.owner}/shop:1.0`, `reader:wrong${CANARY}`);
      expect(checked.code).toBe(1);
      const failed = checked.steps.filter(({ status }) => status === 'failed');
      expect(failed).not.toEqual([]);
      expect(failed.every(({ fix }) => fix !== null)).toBe(true);
    });
  });
}

/** `tiphys registry check` as a process. */
async function check({ host }: RealRegistry, target: string, login: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-check-'));
  try {
    const entry = { name: 'real', prefix: host, api_url: `http://${host}`, ...(login && { credentials: 'env:LOGIN' }) };
    const conf = join(folder, 'registries.conf');
    await writeFile(conf, JSON.stringify({ registries: [entry] }));
    const args = [PROGRAM, 'registry', 'check', target, '--registries-conf-path', conf, '-o', 'json'];
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...(login && { LOGIN: login }) };
    const { code, stdout } = await run(process.execPath, args, folder, env);
    const checks: readonly RegistryCheck[] = JSON.parse(stdout);
    return { code, steps: checks.flatMap(({ steps }) => steps) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
