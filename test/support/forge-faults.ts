import { describe, expect, test } from 'vitest';
import { secretOf } from '../../src/forges/forge-type.ts';
import type { ForgeUnderTest } from './forge-stage.ts';
import { begin as beginWithForge, draftOf, HEAD } from './forge-suite.ts';

async function begin(under: ForgeUnderTest) {
  const begun = await beginWithForge(under);
  const { server, access } = begun.stage;
  if (server === undefined) throw new Error('faults need a double');
  await begun.stage.push(HEAD);
  const signal = AbortSignal.timeout(600_000);
  const find = () => begun.forge.pullRequests.find(HEAD, 'main', signal);
  const save = () => begun.forge.pullRequests.save(draftOf(), undefined, signal);
  return { ...begun, signal, server, secret: secretOf(access.authorization), source: access.source, find, save };
}

/** What goes wrong between us and a forge, the same for every kind; needs a double. */
export function forgeFaultSuite(under: ForgeUnderTest): void {
  describe(`${under.kind}: when it does not go well`, () => {
    readTests(under);
    writeTests(under);
    limitTests(under);
  });
}

function readTests(under: ForgeUnderTest): void {
  for (const [status, code] of [
    [401, 'FORGE_UNAUTHORIZED'],
    [403, 'FORGE_UNAUTHORIZED'],
    [404, 'FORGE_NOT_FOUND'],
    [409, 'FORGE_REFUSED'],
    [422, 'FORGE_REFUSED'],
    [500, 'FORGE_UNREACHABLE'],
    [503, 'FORGE_UNREACHABLE'],
  ] as const) {
    test(`${status} is ${code}, with the reason and without the secret`, async () => {
      const { server, secret, find } = await begin(under);
      server.fail({ answer: { status, json: { message: `no: ${secret}\nreally` } }, times: 99 });
      const failure = await find().then(String, (error: unknown) => error);
      expect(failure).toMatchObject({ code, message: expect.stringContaining('no: *** really') });
      expect(JSON.stringify(failure)).not.toContain(secret);
    });
  }

  for (const [what, answer] of [
    ['a page of HTML', { status: 200, text: '<html>Sign in</html>' }],
    ['a page that says 404', { status: 404, text: '<html>Not found</html>' }],
    ['a list of something else', { status: 200, json: [1, 2] }],
    ['a redirect to another host', { status: 302, headers: { location: 'https://login.example/' } }],
  ] as const) {
    test(`${what} is FORGE_INVALID_ANSWER`, async () => {
      const { server, find } = await begin(under);
      server.fail({ answer, times: 99 });
      await expect(find()).rejects.toMatchObject({ code: 'FORGE_INVALID_ANSWER' });
    });
  }

  for (const fault of ['cut', { status: 502, text: '<html>Bad gateway</html>' }] as const) {
    const what = fault === 'cut' ? 'a cut answer' : 'a bad gateway';
    test(`reads again after ${what}`, async () => {
      const { server, find, slept } = await begin(under);
      server.fail({ answer: fault, times: 2 });
      expect(await find()).toEqual([]);
      expect(slept).toHaveLength(2);
    });

    test(`gives up when ${what} stays`, async () => {
      const { server, find } = await begin(under);
      server.fail({ answer: fault, times: 99 });
      await expect(find()).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE', retry: { kind: 'backoff' } });
    });
  }

  test('stops when told to', async () => {
    const { forge } = await begin(under);
    const find = forge.pullRequests.find(HEAD, 'main', AbortSignal.abort());
    await expect(find).rejects.toMatchObject({ code: 'ABORTED' });
  });
}

function writeTests(under: ForgeUnderTest): void {
  test('opens nothing twice, though it does not know whether the first was heard', async () => {
    const { server, save } = await begin(under);
    server.fail({ method: 'POST', answer: 'cut' });
    await expect(save()).rejects.toMatchObject({ code: 'FORGE_UNREACHABLE' });
    expect(server.seen.filter((one) => one.startsWith('POST '))).toHaveLength(1);
  });

  for (const status of [400, 409, 422]) {
    test(`${status} to a new request is FORGE_REFUSED with the forge's reason`, async () => {
      const { server, save } = await begin(under);
      server.fail({ method: 'POST', answer: { status, json: { message: 'branches have no common history' } } });
      const message = expect.stringContaining('branches have no common history');
      await expect(save()).rejects.toMatchObject({ code: 'FORGE_REFUSED', message });
    });
  }
}

function limitTests(under: ForgeUnderTest): void {
  test('a forge that asks for a pause is left alone until it is over', async () => {
    const { server, source, pass, find, openAs, stage, signal } = await begin(under);
    server.fail({ answer: { status: 429, headers: { 'retry-after': '120' }, text: 'slow down' } });
    const failure = { code: 'FORGE_RATE_LIMITED', message: expect.stringContaining(source) };
    await expect(find()).rejects.toMatchObject({ ...failure, retry: { kind: 'after', ms: 120_000 } });
    const asked = server.seen.length;
    await expect(find()).rejects.toMatchObject(failure);
    const sameCredential = await openAs(stage.access);
    await expect(sameCredential.pullRequests.find(HEAD, 'main', signal)).rejects.toMatchObject(failure);
    expect(server.seen).toHaveLength(asked);
    pass(121_000);
    expect(await find()).toEqual([]);
  });

  test('a limit says until when by its reset time', async () => {
    const { server, find } = await begin(under);
    const reset = String(Math.ceil(Date.now() / 1000) + 300);
    server.fail({ answer: { status: 429, headers: { 'x-ratelimit-reset': reset }, json: {} } });
    const failure: unknown = await find().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'FORGE_RATE_LIMITED', retry: { kind: 'after' } });
    const seconds = failure instanceof Error && 'retry' in failure ? JSON.stringify(failure.retry) : '';
    expect(Number(/"ms":(\d+)/.exec(seconds)?.[1])).toBeGreaterThan(290_000);
  });
}
