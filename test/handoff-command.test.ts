import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../src/server/self-signed.ts';
import { eventually } from './support/eventually.ts';
import { follow } from './support/followed-command.ts';
import { AUDIENCE, nextSecond, startHandoffStage } from './support/handoff-stage.ts';
import { runTiphys, startWorld } from './support/world.ts';

const IMAGE = `shop:1@sha256:${'a'.repeat(64)}`;

let stage: Awaited<ReturnType<typeof startHandoffStage>>;
beforeAll(async () => {
  stage = await startHandoffStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe.concurrent('tiphys handoff', () => {
  const client = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runTiphys(['handoff', ...args], tmpdir(), env);

  test('hands off with a token of GitLab, waits, and tells later steps', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0');
    await using served = await follow(world, 'serve', ...shop.flags);
    const server = `http://127.0.0.1:${await served.port('hand-offs')}`;
    await nextSecond();
    const image = `${world.registry.host}/acme/shop:1.1.0@${await shop.digestOf('1.1.0')}`;
    const args = [image, '--server', server, '--token-env', 'TOKEN', '--application', 'shop'];
    const done = await client([...args, '--wait', '-o', 'dotenv'], { TOKEN: stage.token() });
    const commit = await shop.head();
    const expected = `TIPHYS_OUTCOME=committed\nTIPHYS_COMMIT=${commit}\nTIPHYS_BRANCH=main\nTIPHYS_PULL_REQUEST_URL=\n`;
    expect(done).toEqual({
      ...{ code: 0, stdout: expected },
      stderr: expect.stringContaining(`argocd/shop ${world.registry.host}/acme/shop:1.1.0 committed`),
    });
    const late = await client([...args, '--wait', '--fail-if-superseded'], {
      TOKEN: stage.token({ pipeline_id: '0' }),
    });
    expect([late.code, late.stdout]).toEqual([
      1,
      expect.stringContaining('superseded: a newer build was written before'),
    ]);
    const text = await client(args, { TOKEN: stage.token({ pipeline_id: '2' }) });
    expect(text).toEqual({ code: 0, stdout: 'accepted\n', stderr: '' });
    const forbidden = await client(args, { TOKEN: stage.token({ project_id: '43' }) });
    expect([forbidden.code, forbidden.stderr]).toEqual([
      2,
      expect.stringMatching(/answered 403: no rule.*"project_id":"43".*\(HANDOFF_REFUSED\)/),
    ]);
  });

  test('asks GitHub for the token of the job, and refused is 1', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '3.0.0');
    const asked: unknown[] = [];
    const github = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization]);
      response.end(JSON.stringify({ value: stage.token() }));
    });
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    const address = github.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await using served = await follow(world, 'serve', ...shop.flags);
    const server = `http://127.0.0.1:${await served.port('hand-offs')}`;
    await nextSecond();
    const output = join(world.folder, 'output');
    const env = {
      ...{ GITHUB_OUTPUT: output, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a-request-token' },
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2`,
    };
    const image = `${world.registry.host}/acme/shop:3.0.0@${await shop.digestOf('3.0.0')}`;
    const args = [image, '--server', server, '--audience', AUDIENCE, '--wait', '-o', 'github-output'];
    const { code, stdout, stderr } = await client(args, env);
    github.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('refused: no tag is left');
    expect(asked).toEqual([
      [`/token?api-version=2&audience=${encodeURIComponent(AUDIENCE)}`, 'Bearer a-request-token'],
    ]);
    expect(await readFile(output, 'utf8')).toMatch(/^TIPHYS_OUTCOME<<tiphys-[-0-9a-f]+\nrefused\n/);
  });

  test('gives up when time is over', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world, { 'tiphys.dev/suspend': 'true' });
    world.putTags('acme/shop', '1.1.0');
    await using served = await follow(world, 'serve', ...shop.flags);
    const server = `http://127.0.0.1:${await served.port('hand-offs')}`;
    await nextSecond();
    const image = `${world.registry.host}/acme/shop:1.1.0@${await shop.digestOf('1.1.0')}`;
    const args = [image, '--server', server, '--token-env', 'TOKEN', '--wait', '--timeout', '3s', '-o', 'json'];
    const env = { TOKEN: stage.token() };
    // Asked again with its token it is the same hand-off, which may take longer than that to be looked at.
    await eventually(async () => {
      const { code, stdout } = await client(args, env);
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({ kind: 'Handoff', state: 'held', isFinal: false });
    });
  });

  test('sends its token to nobody whom --ca-file does not vouch for', async () => {
    await using world = await startWorld();
    const pair = selfSigned(Date.now());
    const shown: unknown[] = [];
    const server = createTlsServer(pair, ({ headers }, response) => {
      shown.push(headers.authorization);
      response.writeHead(202).end(JSON.stringify({ id: 'abc', secret: 'secret', state: 'accepted' }));
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const [own, other] = [join(world.folder, 'own.pem'), join(world.folder, 'other.pem')];
    await writeFile(own, pair.cert);
    await writeFile(other, selfSigned(Date.now()).cert);
    const args = [IMAGE, '--server', `https://localhost:${port}`, '--token-env', 'T'];
    for (const more of [[], ['--ca-file', other]]) {
      const { code, stderr } = await client([...args, ...more], { T: 'x.y.z' });
      expect([code, stderr]).toEqual([2, expect.stringContaining('has a certificate that is not trusted')]);
    }
    expect(shown).toEqual([]);
    const done = await client([...args, '--ca-file', own], { T: 'x.y.z' });
    server.close();
    expect([done, shown]).toEqual([{ code: 0, stdout: 'accepted\n', stderr: '' }, ['Bearer x.y.z']]);
  });

  for (const [why, args, env, message] of [
    ['without a digest', ['shop:1'], {}, 'It has no digest'],
    ['without a tag', [`shop@sha256:${'a'.repeat(64)}`], {}, 'It has no tag'],
    ['without a server', [IMAGE], {}, 'name the server: --server <url>, or TIPHYS_SERVER'],
    ['without a token', [IMAGE, '--server', 'https://x'], {}, 'name the variable with the token: --token-env <name>'],
    [
      'without leave to get one',
      [IMAGE, '--server', 'https://x'],
      { GITHUB_ACTIONS: 'true' },
      'permissions: {id-token: write}',
    ],
    [
      'with an empty variable',
      [IMAGE, '--server', 'https://x', '--token-env', 'NONE'],
      {},
      'the variable NONE of --token-env holds no token',
    ],
    [
      'with a secret that is no such token',
      [IMAGE, '--server', 'https://x', '--token-env', 'T'],
      { T: 'x.y.z\nmore' },
      'the variable T of --token-env holds no token of OpenID Connect',
    ],
    [
      'over plain HTTP',
      [IMAGE, '--server', 'http://tiphys.example.com', '--token-env', 'T'],
      { T: 'x.y.z' },
      'is no https address',
    ],
  ] as const) {
    test(`is refused ${why}`, async () => {
      const { code, stderr } = await client(args, env);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(stderr).not.toContain('x.y.z');
    });
  }
});
