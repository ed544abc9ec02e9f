import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startRegistry } from '../../src/demo/registry.ts';
import { application, type Ended, run, startWorld, type World } from '../support/world.ts';
import { startDistribution } from './distribution-registry.ts';
import { findTool, lacking } from './tools.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() };

/** Copies an image of our own making into the real registry, the way a pipeline would. */
async function push(skopeo: string, to: string, tags: readonly string[]): Promise<void> {
  await using source = await startRegistry();
  for (const [index, tag] of tags.entries()) {
    source.putImage('made/up', tag, { created: new Date(Date.UTC(2026, 0, 1, 0, index)) });
    const copy = ['--insecure-policy', 'copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false'];
    const ended = await run(
      skopeo,
      [...copy, `docker://${source.host}/made/up:${tag}`, `docker://${to}:${tag}`],
      tmpdir(),
      env,
    );
    if (ended.code !== 0) throw new Error(ended.stderr);
  }
}

const FILES = (host: string) =>
  new Map([
    [
      'shop/kustomization.yaml',
      `# the shop\r\nimages:\r\n  - name: ${host}/acme/shop   # here\r\n    newTag: "1.9"\r\nresources: []\r\n`,
    ],
    ['web/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 0.1.0\n'],
    ['web/values.yaml', `image: {repository: ${host}/acme/web, tag: 'b1'} # flow\n\nreplicas: 2`],
    ['mail/Chart.yaml', 'apiVersion: v2\nname: mail\nversion: 0.1.0\n'],
    ['mail/values.yaml', 'image: {tag: stable}\n'],
    [
      'mail/.argocd-source-mail.yaml',
      '# kept\nhelm:\n  parameters:\n  - name: image.tag\n    value: stable\n    forcestring: true\n',
    ],
  ]);

function manifests(host: string, repoURL: string): string {
  return [
    application(
      'shop',
      { repoURL, path: 'shop' },
      { 'image-list': `shop=${host}/acme/shop:1.x`, 'write-back-target': 'kustomization' },
    ),
    application(
      'web',
      { repoURL, path: 'web' },
      {
        'image-list': `web=${host}/acme/web`,
        'update-strategy': 'newest-build',
        'allow-tags': 'regexp:^b[0-9]+$',
        'web.helm.image-name': 'image.repository',
        'web.helm.image-tag': 'image.tag',
        'write-back-target': 'helmvalues',
      },
    ),
    application(
      'mail',
      { repoURL, path: 'mail' },
      { 'image-list': `mail=${host}/acme/mail:stable`, 'update-strategy': 'digest' },
    ),
  ].join('');
}

async function planned(
  world: World,
): Promise<{ code: number | null; items: { outcome: string; to: string }[]; files: { path: string; diff: string }[] }> {
  const { code, stdout } = await world.tiphys(['plan', '-o', 'json', '--exit-code']);
  return { code, ...JSON.parse(stdout) };
}

const registryProgram = findTool('docker-registry');
const skopeo = findTool('skopeo');

describe('the built program, a real registry, a real git', () => {
  test.skipIf(!registryProgram || !skopeo)(
    `plan, run --once, plan: the bytes that were planned are pushed ${lacking('docker-registry', 'skopeo')}`,
    async () => {
      await using registry = await startDistribution(registryProgram ?? '');
      await push(skopeo ?? '', `${registry.host}/acme/shop`, ['1.9', '1.10', '2.0']);
      await push(skopeo ?? '', `${registry.host}/acme/web`, ['b2', 'b1', 'b3', 'nightly']);
      await push(skopeo ?? '', `${registry.host}/acme/mail`, ['stable']);
      await using world = await startWorld({ program: PROGRAM });
      const files = FILES(registry.host);
      const { path, url } = await world.repository('deploy', files);
      await world.manifests('apps.yaml', manifests(registry.host, url));

      const before = await planned(world);
      expect(before).toMatchObject({
        code: 1,
        items: [{ to: '1.10' }, { to: 'b3' }, { to: /^stable@sha256:/ }].map(({ to }) => ({
          to: expect.stringMatching(to),
        })),
      });
      expect(await world.tiphys(['run', '--once'])).toMatchObject({ code: 0, stderr: '' });
      expect(await world.gitIn(path, 'rev-list', '--count', 'main')).toBe('2\n');

      const read = (file: string) => world.gitIn(path, 'show', `main:${file}`);
      expect(await read('shop/kustomization.yaml')).toBe(files.get('shop/kustomization.yaml')?.replace('1.9', '1.10'));
      expect(await read('web/values.yaml')).toBe(files.get('web/values.yaml')?.replace('b1', 'b3'));
      const override = files
        .get('mail/.argocd-source-mail.yaml')
        ?.replace('value: stable', `value: ${before.items[2]?.to}`);
      expect(await read('mail/.argocd-source-mail.yaml')).toBe(override);
      const pushed = await world.gitIn(path, 'diff', '--no-color', 'main~1', 'main');
      for (const { diff } of before.files) expect(pushed).toContain(diff.slice(diff.indexOf('@@')).trimEnd());

      expect(await planned(world)).toMatchObject({
        code: 0,
        files: [],
        items: [{ outcome: 'current' }, { outcome: 'current' }, { outcome: 'current' }],
      });
    },
  );

  test('SIGTERM between cycles ends the program at once, with 0', async () => {
    await using world = await startWorld({ program: PROGRAM });
    world.putTags('acme/app', '1.0.0');
    const image = `${world.registry.host}/acme/app`;
    const file = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
    const { url } = await world.repository('deploy', new Map([['kustomization.yaml', file]]));
    await world.manifests(
      'app.yaml',
      application('app', { repoURL: url }, { 'image-list': `app=${image}`, 'write-back-target': 'kustomization' }),
    );
    const args = [PROGRAM, 'run', '-f', join(world.folder, 'applications'), '--state-dir', join(world.folder, 'state')];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    await new Promise((firstCycle) => child.stdout.once('data', firstCycle));
    child.kill('SIGTERM');
    const errors = await text(child.stderr);
    expect([await ended, errors]).toEqual([0, '']);
  });
});

describe('the demo, built', () => {
  test('--once into a pipe: one commit, no colours, exit 0, nothing left behind', async () => {
    const folder = join(tmpdir(), `tiphys-e2e-${process.pid}`);
    await mkdir(folder, { recursive: true });
    const { code, stdout, stderr } = await run(process.execPath, [PROGRAM, 'demo', '--once'], folder, {
      ...env,
      TMPDIR: folder,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^commit +[0-9a-f]{10} build: /m);
    expect(stdout).not.toContain('\u001b');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('Ctrl-C ends it and leaves nothing behind', async () => {
    const folder = join(tmpdir(), `tiphys-e2e-int-${process.pid}`);
    await mkdir(folder, { recursive: true });
    const child = spawn(process.execPath, [PROGRAM, 'demo'], {
      env: { ...env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    for (let tries = 1_200; !output.includes('commit '); tries -= 1) {
      if (tries === 0) throw new Error(`no commit within two minutes: ${output}`);
      await sleep(100);
    }
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path) && !path.includes('node_modules'));

test.skipIf(!oldNode)(
  `a Node that is too old says so in one line ${oldNode ? '' : 'SKIPPED: no other node on the PATH'}`,
  async () => {
    const version: Ended = await run(oldNode ?? '', ['--version'], tmpdir(), env);
    const { code, stdout, stderr } = await run(oldNode ?? '', [PROGRAM, 'version'], tmpdir(), env);
    if (Number.parseInt(version.stdout.slice(1), 10) >= 26) expect(code).toBe(0);
    else {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toContain('npm ci');
    }
  },
);
