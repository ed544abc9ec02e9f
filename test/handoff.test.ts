import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isUntyped, textAt, type Untyped } from '../src/core/untyped.ts';
import { follow } from './support/followed-command.ts';
import { type OidcIssuer, startIssuer } from './support/oidc-issuer.ts';
import { application, runTiphys, startWorld, type World } from './support/world.ts';

const IMAGE = `shop:1@sha256:${'a'.repeat(64)}`;
const AUDIENCE = 'https://tiphys.example.com';
const CLAIMS = { aud: AUDIENCE, project_id: '42', ref_protected: 'true', pipeline_source: 'push' };

type Settings = Readonly<Record<string, string>>;

let issuer: OidcIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer[Symbol.asyncDispose]());

/** The Application argocd/shop at 1.0.0, and rules that let project 42 move it and nothing else. */
async function setUp(world: World, own: Settings = {}) {
  const image = `${world.registry.host}/acme/shop`;
  world.putTags('acme/shop', '1.0.0');
  const text = `images:\n  - name: ${image}\n    newTag: "1.0.0"\n`;
  const { url, path } = await world.repository('shop', new Map([['kustomization.yaml', text]]));
  const settings = { 'image-list': `web=${image}:<2`, 'write-back-target': 'kustomization', ...own };
  const configure = (more: Settings) =>
    world.manifests('shop.yaml', application('shop', { repoURL: url }, { ...settings, ...more }));
  await configure({});
  await world.manifests('blog.yaml', application('blog', { repoURL: url }, settings));
  await mkdir(join(world.folder, 'rules'), { recursive: true });
  const rules = join(world.folder, 'rules', 'handoff.yaml');
  await writeFile(
    rules,
    JSON.stringify({
      issuers: [{ url: issuer.url, kind: 'gitlab', audience: AUDIENCE, caFile: issuer.caFile }],
      rules: [
        { issuer: issuer.url, claims: { project_id: '42', ref_protected: 'true' }, applications: ['argocd/shop'] },
      ],
    }),
  );
  const flags = ['--handoff-config', rules, '--handoff-port', '0', '--disable-tls'];
  const digestOf = async (tag: string) => {
    const answer = await fetch(`http://${world.registry.host}/v2/acme/shop/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json' },
    });
    return answer.headers.get('docker-content-digest') ?? '';
  };
  return {
    configure,
    flags,
    digestOf,
    bodyOf: async (tag: string, more: object = {}) => ({
      images: [{ image: `${image}:${tag}`, digest: await digestOf(tag) }],
      ...more,
    }),
    written: () => world.gitIn(path, 'show', 'main:kustomization.yaml'),
    head: async () => (await world.gitIn(path, 'rev-parse', 'main')).trim(),
    commits: async () => (await world.gitIn(path, 'log', '--format=%s', 'main')).trim().split('\n'),
  };
}

/** A pipeline that talks to the program at this port. */
function pipeline(port: number) {
  const url = `http://127.0.0.1:${port}/api/v1/handoff`;
  const read = async (response: Response): Promise<{ readonly status: number; readonly body: Untyped }> => {
    const body: unknown = await response.json();
    return { status: response.status, body: isUntyped(body) ? body : {} };
  };
  const get = async (id: string, secret: string) =>
    await read(await fetch(`${url}/${id}`, { headers: { authorization: `Bearer ${secret}` } }));
  return {
    get,
    async post(token: string, body: object) {
      const init = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) };
      return await read(await fetch(url, init));
    },
    /** What a hand-off comes to, once it is something else than accepted. */
    async outcome(accepted: Untyped): Promise<Untyped> {
      const [id, secret] = [textAt(accepted, 'id') ?? '', textAt(accepted, 'secret') ?? ''];
      if (id === '') throw new Error(`not accepted: ${JSON.stringify(accepted)}`);
      for (;;) {
        const { body } = await get(id, secret);
        if (body['state'] !== 'accepted') return body;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

const token = (claims: Readonly<Record<string, unknown>> = {}) =>
  issuer.token({ ...CLAIMS, pipeline_id: '1', ...claims });

/** GitLab's tokens tell seconds: one of the second in which the store was begun may be older than it. */
const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1_020 - (Date.now() % 1_000)));

describe('what a pipeline hands off', () => {
  test('is written, though there is something newer, and nothing else is looked at', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    const served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome, get } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const sent = token();
    const { status, body } = await post(sent, await shop.bodyOf('1.1.0'));
    expect([status, body['state']]).toEqual([202, 'accepted']);
    const found = await outcome(body);
    expect(found).toMatchObject({
      ...{ state: 'committed', final: true, branch: 'main', pullRequest: null },
      targets: [{ application: 'argocd/shop', alias: 'web', tag: '1.1.0', state: 'committed', health: null }],
    });
    expect(found['commit']).toBe(await shop.head());
    expect(await shop.written()).toContain('newTag: "1.1.0"');
    expect((await get(textAt(body, 'id') ?? '', 'guessed')).status).toBe(404);
    expect(await served.line(({ msg }) => msg === 'hand-off')).toMatchObject({
      ...{ level: 'info', outcome: 'accepted', issuer: issuer.url, subject: 'a job', operation: body['id'] },
    });
    const forged = `${sent.slice(0, -8)}AAAAAAAA`;
    expect((await post(forged, {})).status).toBe(401);
    const refused = { outcome: 'unauthenticated', reason: 'the token is not taken: the signature is wrong' };
    expect(await served.line(({ outcome: told }) => told === 'unauthenticated')).toMatchObject(refused);
    const logged = JSON.stringify(served.lines);
    for (const secret of [textAt(body, 'secret') ?? '', ...sent.split('.')]) expect(logged).not.toContain(secret);
  });

  test('is not written where the policy is against it, and the answer says why', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0', '2.0.0', '0.9.0');
    const served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    for (const [build, tag, own, state, reason] of [
      ['1', '2.0.0', {}, 'refused', /^no tag is left: 1 /],
      ['2', '0.9.0', {}, 'held', /older than 1\.0\.0 in Git/],
      ['3', '1.1.0', { 'tiphys.dev/suspend': 'true' }, 'held', /suspended/],
    ] as const) {
      await shop.configure(own);
      const { body } = await post(token({ pipeline_id: build }), await shop.bodyOf(tag));
      expect(await outcome(body)).toMatchObject({ state, targets: [{ reason: expect.stringMatching(reason) }] });
    }
    expect(await shop.written()).toContain('newTag: "1.0.0"');
  });

  test('must be what the tag points at now', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0');
    const body = await shop.bodyOf('1.1.0');
    world.putTags('acme/shop', '1.1.0'); // somebody pushes the tag again
    const served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const { targets } = await outcome((await post(token(), body)).body);
    const reason = `1.1.0 points at ${await shop.digestOf('1.1.0')} now, and not at ${body.images[0]?.digest}`;
    expect(targets).toMatchObject([{ state: 'refused', reason }]);
    expect(await shop.written()).toContain('newTag: "1.0.0"');
  });
});

test('a hundred builds that come in any order end at the newest, in a few commits', async () => {
  await using world = await startWorld();
  const shop = await setUp(world);
  const builds = Array.from({ length: 100 }, (_, index) => index + 1);
  world.putTags('acme/shop', ...builds.map((build) => `1.${build}.0`));
  const bodies = await Promise.all(builds.map(async (build) => ({ build, body: await shop.bodyOf(`1.${build}.0`) })));
  const served = await follow(world, 'serve', ...shop.flags);
  const { post, outcome } = pipeline(await served.port('hand-offs'));
  await nextSecond();
  const permuted = bodies.toSorted((a, b) => ((a.build * 37) % 101) - ((b.build * 37) % 101));
  const posted = await Promise.all(permuted.map(({ build, body }) => post(token({ pipeline_id: `${build}` }), body)));
  expect(posted.every(({ status }) => status === 202)).toBe(true);
  const outcomes = await Promise.all(posted.map(({ body }) => outcome(body)));
  const states = new Map(permuted.map(({ build }, index) => [build, outcomes[index]?.['state']]));
  expect(states.get(100)).toBe('committed');
  expect(new Set(states.values())).toEqual(new Set(['committed', 'superseded']));
  expect(await shop.written()).toContain('newTag: "1.100.0"');
  const commits = (await shop.commits()).length - 1;
  expect(commits).toBeLessThanOrEqual(10);
  expect([...states.values()].filter((state) => state === 'committed')).toHaveLength(commits);
});

describe('a pipeline', () => {
  test('cannot move what its rule does not name, nor learn whether it is there', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0');
    const served = await follow(world, 'serve', ...shop.flags);
    const { post } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const claims = { jti: 'one', iat: Math.floor(Date.now() / 1000) };
    const answers = [];
    for (const more of [
      { applications: ['argocd/blog'] },
      { applications: ['argocd/nothing'] },
      { applications: ['argocd/shop', 'argocd/blog'] },
      { applications: ['blog'] },
      { selector: 'team=none' },
      { images: [{ image: `${world.registry.host}/acme/unused:1`, digest: await shop.digestOf('1.1.0') }] },
    ]) {
      answers.push(await post(token(claims), await shop.bodyOf('1.1.0', more)));
    }
    answers.push(await post(token({ ...claims, project_id: '42' }), await shop.bodyOf('1.1.0', { order: 7 })));
    const [first, ...others] = answers;
    expect(first).toMatchObject({ status: 403, body: { claims: { project_id: '42', jti: 'one' } } });
    for (const other of others) expect(other).toEqual(first);
    expect(JSON.stringify(answers)).not.toContain('blog');
    expect(await shop.commits()).toHaveLength(1);
  });

  test('may ask again after a restart, and use its token for nothing else', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    const serve = async (work: (at: ReturnType<typeof pipeline>) => Promise<void>) => {
      const served = await follow(world, 'serve', ...shop.flags);
      await work(pipeline(await served.port('hand-offs')));
      served.child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
    };
    let posted = '';
    const body = await shop.bodyOf('1.1.0');
    let before: Untyped = {};
    await serve(async ({ post, outcome }) => {
      await nextSecond();
      posted = token({ jti: 'the only one' });
      before = (await post(posted, body)).body;
      expect(await outcome(before)).toMatchObject({ state: 'committed' });
    });
    await serve(async ({ post, outcome }) => {
      const again = await post(posted, body);
      expect(again).toEqual({ status: 202, body: before });
      expect(await outcome(again.body)).toMatchObject({ state: 'committed' });
      const other = await shop.bodyOf('1.2.0');
      expect(await post(posted, other)).toMatchObject({ status: 409 });
      const anew = token({ jti: 'the only one', job_id: '2' });
      expect(await post(anew, other)).toMatchObject({ status: 409 });
      const asked = (await post(anew, body)).body;
      expect(asked['id']).toBe(before['id']);
      expect(await outcome(asked)).toMatchObject({ state: 'committed' });
    });
    await rm(join(world.folder, 'state'), { recursive: true });
    await serve(async ({ post }) => {
      const { status, body: told } = await post(posted, body);
      expect([status, told['error']]).toEqual([401, expect.stringContaining('older than what is remembered')]);
    });
    expect(await shop.commits()).toHaveLength(2);
  });
});

describe('beside rounds', () => {
  test('only hand-offs move an Application that says so, and explain says why', async () => {
    await using world = await startWorld();
    const shop = await setUp(world, { 'tiphys.dev/source': 'handoff' });
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    const running = await follow(world, 'run', '--enable-handoff', '--interval', '1s', ...shop.flags);
    const { post, outcome } = pipeline(await running.port('hand-offs'));
    await running.cycle();
    await nextSecond();
    expect(await shop.written()).toContain('newTag: "1.0.0"');
    const { body } = await post(token(), await shop.bodyOf('1.1.0'));
    expect(await outcome(body)).toMatchObject({ state: 'committed', commit: await shop.head() });
    await running.cycle(running.lines.length);
    await running.cycle(running.lines.length);
    expect(await shop.written()).toContain('newTag: "1.1.0"');
    const { stdout } = await world.tiphys(['explain', 'shop']);
    expect(stdout).toContain('only a hand-off moves it (tiphys.dev/source: handoff), and none is waiting');
    expect(stdout).toContain('a pipeline to hand a version off');
  });

  test('what is older than what a scan has written is held', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    const running = await follow(world, 'run', '--enable-handoff', '--interval', '1s', ...shop.flags);
    const { post, outcome } = pipeline(await running.port('hand-offs'));
    await running.line(({ msg }) => msg === 'image updated');
    expect(await shop.written()).toContain('newTag: "1.2.0"');
    await nextSecond();
    const { body } = await post(token(), await shop.bodyOf('1.1.0'));
    expect(await outcome(body)).toMatchObject({
      state: 'held',
      targets: [{ reason: expect.stringContaining('older') }],
    });
  });
});

describe('tiphys handoff', () => {
  const client = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runTiphys(['handoff', ...args], tmpdir(), env);

  test('hands off with a token of GitLab, waits, and tells later steps', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '1.1.0');
    const served = await follow(world, 'serve', ...shop.flags);
    const server = `http://127.0.0.1:${await served.port('hand-offs')}`;
    await nextSecond();
    const image = `${world.registry.host}/acme/shop:1.1.0@${await shop.digestOf('1.1.0')}`;
    const args = [image, '--server', server, '--token-env', 'TOKEN', '--application', 'shop'];
    const done = await client([...args, '--wait', '-o', 'dotenv'], { TOKEN: token() });
    const commit = await shop.head();
    const expected = `TIPHYS_OUTCOME=committed\nTIPHYS_COMMIT=${commit}\nTIPHYS_BRANCH=main\nTIPHYS_PULL_REQUEST_URL=\n`;
    expect(done).toEqual({
      ...{ code: 0, stdout: expected },
      stderr: expect.stringContaining(`argocd/shop ${world.registry.host}/acme/shop:1.1.0 committed`),
    });
    const late = await client([...args, '--wait', '--fail-if-superseded'], {
      TOKEN: token({ pipeline_id: '0' }),
    });
    expect([late.code, late.stdout]).toEqual([
      1,
      expect.stringContaining('superseded: a newer build was written before'),
    ]);
    const text = await client(args, { TOKEN: token({ pipeline_id: '2' }) });
    expect(text).toEqual({ code: 0, stdout: 'accepted\n', stderr: '' });
    const forbidden = await client(args, { TOKEN: token({ project_id: '43' }) });
    expect([forbidden.code, forbidden.stderr]).toEqual([
      2,
      expect.stringMatching(/answered 403: no rule.*"project_id":"43".*\(HANDOFF_REFUSED\)/),
    ]);
  });

  test('asks GitHub for the token of the job, and refused is 1', async () => {
    await using world = await startWorld();
    const shop = await setUp(world);
    world.putTags('acme/shop', '3.0.0');
    const asked: unknown[] = [];
    const github = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization]);
      response.end(JSON.stringify({ value: token() }));
    });
    await new Promise<void>((resolve) => github.listen(0, '127.0.0.1', resolve));
    const address = github.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const served = await follow(world, 'serve', ...shop.flags);
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
    const shop = await setUp(world, { 'tiphys.dev/suspend': 'true' });
    world.putTags('acme/shop', '1.1.0');
    const served = await follow(world, 'serve', ...shop.flags);
    const server = `http://127.0.0.1:${await served.port('hand-offs')}`;
    await nextSecond();
    const image = `${world.registry.host}/acme/shop:1.1.0@${await shop.digestOf('1.1.0')}`;
    const args = [image, '--server', server, '--token-env', 'TOKEN', '--wait', '--timeout', '1s', '-o', 'json'];
    const { code, stdout } = await client(args, { TOKEN: token() });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'Handoff', state: 'held', isFinal: false });
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

test('rules count as soon as they are written, and those of before as long as they are wrong', async () => {
  await using world = await startWorld();
  const shop = await setUp(world);
  world.putTags('acme/shop', '1.1.0');
  const [, rules = ''] = shop.flags;
  const written = await readFile(rules, 'utf8');
  const served = await follow(world, 'serve', ...shop.flags);
  const { post } = pipeline(await served.port('hand-offs'));
  await nextSecond();
  const body = await shop.bodyOf('1.1.0');
  const statusFor = async (project: string) => (await post(token({ project_id: project }), body)).status;
  const eventually = (look: () => Promise<void>) => vi.waitFor(look, { timeout: 10_000, interval: 200 });
  const becomes = (project: string, status: number) =>
    eventually(async () => expect(await statusFor(project)).toBe(status));
  expect([await statusFor('42'), await statusFor('43')]).toEqual([202, 403]);
  await writeFile(rules, written.replace('"project_id":"42"', '"project_id":"43"'));
  await becomes('43', 202);
  expect(await statusFor('42')).toBe(403);
  await writeFile(rules, written.replace('"project_id"', '"project"'));
  await eventually(async () => {
    expect([await statusFor('42'), await statusFor('43')]).toEqual([403, 202]);
    expect(served.lines.filter(({ code }) => code === 'SETTING_INVALID')).toMatchObject([{ level: 'warning' }]);
  });
  await writeFile(rules, written);
  await becomes('42', 202);
  expect(served.lines.filter(({ code }) => code === 'SETTING_INVALID')).toHaveLength(1);
}, 30_000);

test('rules that are wrong keep it from starting, and lint says what is', async () => {
  await using world = await startWorld();
  const shop = await setUp(world);
  const [, rules = ''] = shop.flags;
  await writeFile(rules, 'issuers: []\n');
  const { code, stderr } = await world.tiphys(['serve', ...shop.flags]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('rules: is missing')]);
  const input = join(world.folder, 'applications');
  const linted = await runTiphys(['lint', '-f', input, '--handoff-config', rules], world.folder);
  expect([linted.code, linted.stderr + linted.stdout]).toEqual([
    1,
    expect.stringContaining('issuers: must have at least 1 item'),
  ]);
  await rm(rules);
  expect((await world.tiphys(['serve', ...shop.flags])).stderr).toContain('there is no such file');
});
