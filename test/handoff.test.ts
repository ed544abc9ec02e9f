import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textAt, type Untyped } from '../src/core/untyped.ts';
import { eventually } from './support/eventually.ts';
import { follow } from './support/followed-command.ts';
import { nextSecond, pipeline, startHandoffStage } from './support/handoff-stage.ts';
import { runTiphys, startWorld } from './support/world.ts';

let stage: Awaited<ReturnType<typeof startHandoffStage>>;
beforeAll(async () => {
  stage = await startHandoffStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

describe.concurrent('what a pipeline hands off', () => {
  test('is written, though there is something newer, and nothing else is looked at', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    await using served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome, get } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const sent = stage.token();
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
      ...{ level: 'info', outcome: 'accepted', issuer: stage.issuer.url, subject: 'a job', operation: body['id'] },
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
    const shop = await stage.setUp(world);
    await using served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    for (const [build, tag, own, state, reason] of [
      ['1', '2.0.0', {}, 'refused', /^no tag is left: 1 /],
      ['2', '0.9.0', {}, 'held', /older than 1\.0\.0 in Git/],
      ['3', '1.1.0', { 'tiphys.dev/suspend': 'true' }, 'held', /suspended/],
    ] as const) {
      await shop.configure(own);
      world.putTags('acme/shop', tag);
      const { body } = await post(stage.token({ pipeline_id: build }), await shop.bodyOf(tag));
      expect(await outcome(body)).toMatchObject({ state, targets: [{ reason: expect.stringMatching(reason) }] });
    }
    expect(await shop.written()).toContain('newTag: "1.0.0"');
  });

  test('must be what the tag points at now', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0');
    const body = await shop.bodyOf('1.1.0');
    world.putTags('acme/shop', '1.1.0'); // somebody pushes the tag again
    await using served = await follow(world, 'serve', ...shop.flags);
    const { post, outcome } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const { targets } = await outcome((await post(stage.token(), body)).body);
    const reason = `1.1.0 points at ${await shop.digestOf('1.1.0')} now, and not at ${body.images[0]?.digest}`;
    expect(targets).toMatchObject([{ state: 'refused', reason }]);
    expect(await shop.written()).toContain('newTag: "1.0.0"');
  });
});

test.concurrent('a hundred builds that come in any order end at the newest, in a few commits', async () => {
  await using world = await startWorld();
  const shop = await stage.setUp(world);
  const builds = Array.from({ length: 100 }, (_, index) => index + 1);
  world.putTags('acme/shop', ...builds.map((build) => `1.${build}.0`));
  const bodies = await Promise.all(builds.map(async (build) => ({ build, body: await shop.bodyOf(`1.${build}.0`) })));
  await using served = await follow(world, 'serve', ...shop.flags);
  const { post, outcome } = pipeline(await served.port('hand-offs'));
  await nextSecond();
  const permuted = bodies.toSorted((a, b) => ((a.build * 37) % 101) - ((b.build * 37) % 101));
  const posted = await Promise.all(
    permuted.map(({ build, body }) => post(stage.token({ pipeline_id: `${build}` }), body)),
  );
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

describe.concurrent('a pipeline', () => {
  test('cannot move what its rule does not name, nor learn whether it is there', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0');
    await using served = await follow(world, 'serve', ...shop.flags);
    const { post } = pipeline(await served.port('hand-offs'));
    await nextSecond();
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { jti: 'one', iat: seconds, nbf: seconds, exp: seconds + 300 };
    const answers = [];
    for (const more of [
      { applications: ['argocd/blog'] },
      { applications: ['argocd/nothing'] },
      { applications: ['argocd/shop', 'argocd/blog'] },
      { applications: ['blog'] },
      { selector: 'team=none' },
      { images: [{ image: `${world.registry.host}/acme/unused:1`, digest: await shop.digestOf('1.1.0') }] },
    ]) {
      answers.push(await post(stage.token(claims), await shop.bodyOf('1.1.0', more)));
    }
    answers.push(await post(stage.token({ ...claims, project_id: '42' }), await shop.bodyOf('1.1.0', { order: 7 })));
    const [first, ...others] = answers;
    expect(first).toMatchObject({ status: 403, body: { claims: { project_id: '42', jti: 'one' } } });
    for (const other of others) expect(other).toEqual(first);
    expect(JSON.stringify(answers)).not.toContain('blog');
    expect(await shop.commits()).toHaveLength(1);
  });

  test('may ask again after a restart, and use its token for nothing else', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    const serve = async (work: (at: ReturnType<typeof pipeline>) => Promise<void>) => {
      await using served = await follow(world, 'serve', ...shop.flags);
      await work(pipeline(await served.port('hand-offs')));
      served.child.kill('SIGTERM');
      expect(await served.ended).toBe(0);
    };
    let posted = '';
    const body = await shop.bodyOf('1.1.0');
    let before: Untyped = {};
    await serve(async ({ post, outcome }) => {
      await nextSecond();
      posted = stage.token({ jti: 'the only one' });
      before = (await post(posted, body)).body;
      expect(await outcome(before)).toMatchObject({ state: 'committed' });
    });
    await serve(async ({ post, outcome }) => {
      const again = await post(posted, body);
      expect(again).toEqual({ status: 202, body: before });
      expect(await outcome(again.body)).toMatchObject({ state: 'committed' });
      const other = await shop.bodyOf('1.2.0');
      expect(await post(posted, other)).toMatchObject({ status: 409 });
      const anew = stage.token({ jti: 'the only one', job_id: '2' });
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

describe.concurrent('beside rounds', () => {
  test('only hand-offs move an Application that says so, and explain says why', async () => {
    await using world = await startWorld();
    const shop = await stage.setUp(world, { 'tiphys.dev/source': 'handoff' });
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    await using running = await follow(world, 'run', '--enable-handoff', '--interval', '1s', ...shop.flags);
    const { post, outcome } = pipeline(await running.port('hand-offs'));
    await running.cycle();
    await nextSecond();
    expect(await shop.written()).toContain('newTag: "1.0.0"');
    const { body } = await post(stage.token(), await shop.bodyOf('1.1.0'));
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
    const shop = await stage.setUp(world);
    world.putTags('acme/shop', '1.1.0', '1.2.0');
    await using running = await follow(world, 'run', '--enable-handoff', '--interval', '1s', ...shop.flags);
    const { post, outcome } = pipeline(await running.port('hand-offs'));
    await running.line(({ msg }) => msg === 'image updated');
    expect(await shop.written()).toContain('newTag: "1.2.0"');
    await nextSecond();
    const { body } = await post(stage.token(), await shop.bodyOf('1.1.0'));
    expect(await outcome(body)).toMatchObject({
      state: 'held',
      targets: [{ reason: expect.stringContaining('older') }],
    });
  });
});

test.concurrent('rules count as soon as they are written, and those of before as long as they are wrong', async () => {
  await using world = await startWorld();
  const shop = await stage.setUp(world);
  world.putTags('acme/shop', '1.1.0');
  const [, rules = ''] = shop.flags;
  const written = await readFile(rules, 'utf8');
  await using served = await follow(world, 'serve', ...shop.flags);
  const { post } = pipeline(await served.port('hand-offs'));
  await nextSecond();
  const body = await shop.bodyOf('1.1.0');
  const statusFor = async (project: string) => (await post(stage.token({ project_id: project }), body)).status;
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
});

test.concurrent('rules that are wrong keep it from starting, and lint says what is', async () => {
  await using world = await startWorld();
  const shop = await stage.setUp(world);
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
