import { describe, expect, test } from 'vitest';
import { freePort } from './e2e/server-program.ts';
import { follow, WEBHOOK_SECRET } from './support/followed-command.ts';
import { application, startWorld, type World } from './support/world.ts';

const kustomization = (image: string, tag: string) => `images:\n  - name: ${image}\n    newTag: "${tag}"\n`;

/** A `run` that goes on, with a long interval. */
const start = (world: World, ...args: readonly string[]) => follow(world, 'run', '--interval', '1h', ...args);

/** Tells the program at this port of a push. */
async function post(port: number, image: string): Promise<string> {
  const headers = { authorization: `Bearer ${WEBHOOK_SECRET}` };
  const init = { method: 'POST', headers, body: JSON.stringify({ image }) };
  return (await fetch(`http://127.0.0.1:${port}/webhook?type=generic`, init)).text();
}

/** Two Applications, each with an image and a repository of its own. */
async function twoApplications(world: World): Promise<Readonly<Record<'web' | 'shop', string>>> {
  const add = async (name: string) => {
    const image = `${world.registry.host}/acme/${name}`;
    world.putTags(`acme/${name}`, '1.0.0');
    const { url, path } = await world.repository(
      name,
      new Map([['kustomization.yaml', kustomization(image, '1.0.0')]]),
    );
    const settings = { 'image-list': `app=${image}:1.x`, 'write-back-target': 'kustomization' };
    await world.manifests(`${name}.yaml`, application(name, { repoURL: url }, settings));
    return path;
  };
  return { web: await add('web'), shop: await add('shop') };
}

describe('a run that goes on', () => {
  test('a webhook brings a new version to Git, and asks about its repository only', async () => {
    await using world = await startWorld();
    const paths = await twoApplications(world);
    const probes = ['--metrics-bind-address', '127.0.0.1:0', '--metrics-secure=false'];
    const port = await freePort();
    await using run = await start(
      world,
      ...probes,
      '--enable-webhook',
      '--webhook-port',
      String(port),
      '--disable-tls',
    );
    const metricsPort = await run.port('metrics');
    expect(await run.port('webhooks')).toBe(port);
    expect((await run.cycle())['msg']).toBe(
      'Processing results: applications=2 images_considered=2 images_skipped=0 images_updated=0 errors=0',
    );

    world.putTags('acme/web', '1.1.0');
    world.putTags('acme/shop', '1.1.0');
    const before = { requests: world.registry.requests.length, lines: run.lines.length };
    expect(await post(port, `${world.registry.host}/acme/unused:1`)).toBe('Webhook received and processing');
    expect(world.registry.requests.length).toBe(before.requests);
    expect(await run.line(({ msg }) => msg === 'webhook')).toMatchObject({ level: 'debug', outcome: 'unused' });
    await post(port, `${world.registry.host}/acme/web:1.1.0`);
    expect(await run.line(({ msg }) => msg === 'image updated')).toMatchObject({
      level: 'info',
      application: 'argocd/web',
      from: '1.0.0',
      to: '1.1.0',
    });
    await run.cycle(before.lines);
    expect(await world.gitIn(paths.web, 'show', 'main:kustomization.yaml')).toContain('newTag: "1.1.0"');
    expect(await world.gitIn(paths.shop, 'show', 'main:kustomization.yaml')).toContain('newTag: "1.0.0"');
    const asked = world.registry.requests.slice(before.requests).map(({ path }) => path);
    expect(asked.filter((path) => path.includes('/acme/web/'))).not.toEqual([]);
    expect(asked.filter((path) => path.includes('/acme/shop/'))).toEqual([]);

    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    for (const series of [
      'tiphys_cycles_total{outcome="ok"} 2',
      'tiphys_webhook_events_total{type="generic",outcome="unused"} 1',
      'tiphys_webhook_events_total{type="generic",outcome="look"} 1',
      'tiphys_pushed_to_seen_seconds_count 1',
      'tiphys_seen_to_committed_seconds_count 1',
      'tiphys_commits_total 1',
      'argocd_image_updater_images_updated_total{image_updater_cr_name="",image_updater_cr_namespace=""} 1',
      `argocd_image_updater_registry_requests_total{registry="${world.registry.host}"} ${world.registry.requests.length}`,
    ]) {
      expect(metrics.split('\n')).toContain(series);
    }
    expect(metrics).toMatch(/^tiphys_store_bytes [1-9]/m);
    expect(metrics).toMatch(/^tiphys_git_commands_total\{command="push",outcome="ok"\} 1$/m);
    expect(JSON.stringify(run.lines)).not.toContain(WEBHOOK_SECRET);

    run.child.kill('SIGTERM');
    expect(await run.ended).toBe(0);
  });

  test('tells of its health when it is asked to', async () => {
    await using world = await startWorld();
    await twoApplications(world);
    await using run = await start(world, '--health-probe-bind-address', '127.0.0.1:0');
    const port = await run.port('health');
    await run.cycle();
    for (const path of ['healthz', 'readyz']) {
      const answer = await fetch(`http://127.0.0.1:${port}/${path}`);
      expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
    }
  });
});

describe('webhook', () => {
  test('looks at what a webhook names, and at nothing else', async () => {
    await using world = await startWorld();
    const paths = await twoApplications(world);
    world.putTags('acme/web', '1.1.0');
    world.putTags('acme/shop', '1.1.0');
    const port = await freePort();
    await using webhook = await follow(world, 'webhook', '--webhook-port', String(port), '--disable-tls');
    expect(await webhook.port('webhooks')).toBe(port);
    expect(await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()).toBe('OK');
    expect(await post(port, `${world.registry.host}/acme/web:1.1.0`)).toBe('Webhook received and processing');
    expect((await webhook.cycle())['msg']).toMatch(/applications=1 images_considered=1 .* images_updated=1 /);
    expect(await world.gitIn(paths.web, 'show', 'main:kustomization.yaml')).toContain('newTag: "1.1.0"');
    expect(await world.gitIn(paths.shop, 'show', 'main:kustomization.yaml')).toContain('newTag: "1.0.0"');
    expect(world.registry.requests.filter(({ path }) => path.includes('/acme/shop/'))).toEqual([]);
    webhook.child.kill('SIGTERM');
    expect(await webhook.ended).toBe(0);
    expect(webhook.lines.filter(({ msg }) => String(msg).startsWith('serving'))).toHaveLength(1);
  });

  test('has a port of its own, as upstream, and nothing to do with rounds', async () => {
    await using world = await startWorld();
    const { stdout } = await world.tiphys(['webhook', '--help']);
    expect(stdout).toMatch(/--webhook-port <number>\s+where webhooks are served \(default: 8080\)/);
    expect(stdout).not.toMatch(/--(?:interval|once|leader-election|enable-webhook) /);
  });
});

describe('what cannot be served stops the start', () => {
  for (const [args, message] of [
    [['--metrics-bind-address', ':0'], 'only a cluster can say who may read metrics'],
    [['--enable-webhook', '--tlsminversion', '1.3', '--tlsmaxversion', '1.2'], 'TLS 1.3 is newer than 1.2'],
    [['--enable-webhook', '--gar-webhook-audience', 'x'], 'the other one alone proves nothing'],
    [['--health-probe-bind-address', '203.0.113.1:8081'], 'ADDRESS_UNUSABLE'],
    [
      ['--enable-webhook', '--tlsminversion', '1.2', '--tlsciphers', 'TLS_RSA_WITH_RC4_128_SHA'],
      'TLS_RSA_WITH_RC4_128_SHA is unknown or not safe',
    ],
  ] as const) {
    test(`${args.join(' ')}: ${message}`, async () => {
      await using world = await startWorld();
      await twoApplications(world);
      const { code, stderr } = await world.tiphys(['run', ...args]);
      expect([code, stderr.includes(message)]).toEqual([2, true]);
    });
  }

  test('webhook --webhook-port 0: there is nothing else that it would serve', async () => {
    await using world = await startWorld();
    await twoApplications(world);
    const { code, stderr } = await world.tiphys(['webhook', '--webhook-port', '0']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--webhook-port: at port 0 nothing is served')]);
  });
});

test('a single cycle logs too when it is asked to, and serves nothing', async () => {
  await using world = await startWorld();
  await twoApplications(world);
  world.putTags('acme/web', '1.1.0');
  const { code, stdout } = await world.tiphys(['run', '--once', '--logformat', 'text', '--enable-webhook']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^time="[^"]+" level=info msg="image updated" application=argocd\/web alias=app image=\S+ from=1.0.0 to=1.1.0 /m,
  );
  expect(stdout).toMatch(
    / level=info msg="Processing results: applications=2 images_considered=2 images_skipped=0 images_updated=1 errors=0" tookMs=\d+\n$/,
  );
});
