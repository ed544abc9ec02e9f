import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isUntyped, type Untyped } from '../src/core/untyped.ts';
import { CANARY } from './support/canary.ts';
import { application, runTiphys, startWorld } from './support/world.ts';

// The command as people run it: a process, its exit code and what it prints.

interface Given {
  readonly manifests?: Readonly<Record<string, string>>;
  readonly registries?: string;
  readonly dockerConfig?: object;
  readonly env?: Readonly<Record<string, string>>;
}

async function credentials({ manifests = {}, registries, dockerConfig, env = {} }: Given, ...args: readonly string[]) {
  await using world = await startWorld();
  const [home, conf] = [join(world.folder, 'home'), join(world.folder, 'registries.conf')];
  for (const [name, text] of Object.entries(manifests)) await world.manifests(name, text);
  if (registries !== undefined) await writeFile(conf, registries);
  await mkdir(join(home, '.docker'));
  if (dockerConfig) await writeFile(join(home, '.docker/config.json'), JSON.stringify(dockerConfig));
  const paths = registries === undefined ? [] : ['--registries-conf-path', conf];
  const command = ['credentials', '-f', join(world.folder, 'applications'), ...paths, ...args];
  return await runTiphys(command, world.folder, { HOME: home, ...env });
}

/** The rows of the JSON document, by credential. */
async function audit(given: Given): Promise<ReadonlyMap<unknown, Untyped>> {
  const { stdout, stderr } = await credentials(given, '-o', 'json');
  expect(stdout, stderr).not.toBe('');
  const document: unknown = JSON.parse(stdout);
  const items = isUntyped(document) && Array.isArray(document['items']) ? document['items'].filter(isUntyped) : [];
  return new Map(items.map((item) => [item['credential'], item]));
}

function app(name: string, settings: Readonly<Record<string, string>>, repoURL = 'https://git.example.com/acme/a.git') {
  return application(name, { repoURL, path: name }, { 'write-back-target': 'kustomization', ...settings });
}

function secret(
  id: string,
  stringData: Readonly<Record<string, string>>,
  more: { created?: string; type?: string } = {},
) {
  const [namespace, name] = id.split('/');
  const labels = more.type === undefined ? {} : { 'argocd.argoproj.io/secret-type': more.type };
  const metadata = { namespace, name, labels, ...(more.created && { creationTimestamp: more.created }) };
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData })}\n---\n`;
}

function dockerAuths(...hosts: readonly string[]) {
  const auth = Buffer.from(`bot:${CANARY}-docker`).toString('base64');
  return { auths: Object.fromEntries(hosts.map((host) => [host, { auth }])) };
}

const jwt = (exp: number) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.${CANARY}`;

const KEY = `-----BEGIN PRIVATE KEY-----\n${btoa(CANARY)}\n-----END PRIVATE KEY-----\n`;

describe.concurrent('what each credential is', () => {
  test('those of registries, by image, by registries.conf and by this machine', async () => {
    const rows = await audit({
      manifests: {
        'apps.yaml':
          app('shop', { 'image-list': 'web=ghcr.io/acme/web:1.x', 'web.pull-secret': 'pullsecret:argocd/pull' }) +
          app('api', { 'image-list': 'api=plain.example.com/acme/api:1.x' }) +
          app('jobs', {
            'image-list': 'a=quay.io/acme/jobs:1.x, b=123456789012.dkr.ecr.eu-west-1.amazonaws.com/b:1.x',
          }),
        'secrets.yaml': secret(
          'argocd/pull',
          { '.dockerconfigjson': JSON.stringify(dockerAuths('ghcr.io')) },
          { created: '2020-01-01T00:00:00Z' },
        ),
      },
      registries: `registries:
  - {name: plain, prefix: plain.example.com, api_url: 'http://plain.example.com', insecure: true, credentials: 'env:PLAIN'}
  - {name: idle, prefix: idle.example.com, api_url: 'https://idle.example.com', credentials: 'ext:/idle.sh'}
  - {name: lost, prefix: lost.example.com, api_url: 'https://lost.example.com', credentials: 'secret:argocd/lost#auth'}
`,
      dockerConfig: dockerAuths('quay.io'),
      env: { PLAIN: `bot:${jwt(1_000_000_000)}` },
    });
    expect(rows.get('pull Secret argocd/pull')).toMatchObject({
      purpose: 'registry',
      secret: 'argocd/pull',
      used: true,
      applications: ['argocd/shop'],
      registries: ['ghcr.io'],
      created: '2020-01-01T00:00:00Z',
      lastSuccess: null,
      lastFailure: null,
    });
    expect(rows.get('variable PLAIN')).toMatchObject({
      applications: ['argocd/api'],
      plainHttp: ['http://plain.example.com'],
      expiry: { kind: 'jwt', at: '2001-09-09T01:46:40Z' },
      expired: true,
    });
    expect(rows.get('script /idle.sh')).toMatchObject({ applications: [], registries: ['idle'], used: true });
    expect(rows.get('Secret argocd/lost, field auth')).toMatchObject({ problem: expect.stringContaining('not there') });
    expect(rows.get('the Docker configuration (~/.docker/config.json)')).toMatchObject({ registries: ['quay.io'] });
    expect(rows.get('AWS identity of this process')).toMatchObject({ applications: ['argocd/jobs'] });
    expect([...rows.values()].filter(({ purpose }) => purpose === 'registry')).toHaveLength(6);
  });

  test('those of Git, as a push would choose them', async () => {
    const web = { 'image-list': 'web=ghcr.io/acme/web:1.x' };
    const password = `${CANARY}-git`;
    const rows = await audit({
      manifests: {
        'apps.yaml':
          app('named', { ...web, 'write-back-method': 'git:secret:argocd/named' }) +
          app('repo', web, 'https://git.example.com/acme/b.git') +
          app('template', web, 'http://git.example.com/team/c.git') +
          app('inline', web, `https://bot:${password}@inline.example.com/d.git`) +
          app('env', web, 'https://env.example.com/e.git') +
          app('own', web, 'git@own.example.com:f.git') +
          app('key', web, 'git@key.example.com:h.git') +
          app('written', web, 'https://written.example.com/i.git') +
          app('bearer', web, 'https://bearer.example.com/j.git') +
          app('broken', web, 'https://broken.example.com/g.git'),
        'secrets.yaml':
          secret('argocd/named', { username: 'bot', password: jwt(4_000_000_000) }) +
          secret('argocd/b', { url: 'https://git.example.com/acme/b', password }, { type: 'repository' }) +
          secret('argocd/team', { url: 'http://git.example.com/team', password }, { type: 'repo-creds' }) +
          secret('argocd/old', { url: 'https://old.example.com', password }, { type: 'repo-creds' }) +
          secret(
            'argocd/line',
            { url: 'https://broken.example.com', password: `${password}\n` },
            { type: 'repo-creds' },
          ) +
          secret('argocd/key', { url: 'ssh://git@key.example.com/h', sshPrivateKey: KEY }, { type: 'repository' }) +
          secret('argocd/read', { url: 'https://written.example.com/i', password }, { type: 'repository' }) +
          secret('argocd/write', { url: 'https://written.example.com/', password }, { type: 'repo-write-creds' }) +
          secret(
            'argocd/bearer',
            { url: 'https://bearer.example.com/j.git', bearerToken: jwt(1_000_000_000) },
            { type: 'repository' },
          ) +
          secret('argocd/public', { url: 'https://public.example.com/x.git' }, { type: 'repository' }) +
          secret('argocd/database', { username: 'db', password }),
      },
      env: { TIPHYS_GIT_HOST: 'env.example.com', TIPHYS_GIT_PASSWORD: password },
    });
    const git = [...rows.values()].filter(({ purpose }) => purpose === 'git');
    expect(git.map((row) => [row['credential'], row['applications']])).toEqual([
      ['Secret argocd/b', ['argocd/repo']],
      ['Secret argocd/bearer', ['argocd/bearer']],
      ['Secret argocd/key', ['argocd/key']],
      ['Secret argocd/line', ['argocd/broken']],
      ['Secret argocd/named', ['argocd/named']],
      ['Secret argocd/team', ['argocd/template']],
      ['Secret argocd/write', ['argocd/written']],
      ['TIPHYS_GIT_PASSWORD', ['argocd/env']],
      ["git's own (credential helpers, .netrc, ssh)", ['argocd/own']],
      ['the repoURL', ['argocd/inline']],
      ['Secret argocd/old', []],
      ['Secret argocd/read', []],
    ]);
    expect(rows.get('Secret argocd/bearer')).toMatchObject({ expiry: { kind: 'jwt' }, expired: true });
    expect(rows.get('Secret argocd/team')).toMatchObject({ plainHttp: ['http://git.example.com/team/c.git'] });
    expect(rows.get('Secret argocd/line')).toMatchObject({ problem: expect.stringContaining('line break') });
    expect(rows.get('Secret argocd/named')).toMatchObject({ expiry: { kind: 'jwt' }, expired: false, created: null });
    expect(rows.get('Secret argocd/old')).toMatchObject({ used: false });
    expect(rows.get('the repoURL')).toMatchObject({ repoURLs: ['https://inline.example.com/d.git'] });
  });

  test('a pull Secret of an image that cannot go on is not called unused', async () => {
    const settings = { 'image-list': 'web=ghcr.io/acme/web:oops', 'web.pull-secret': 'pullsecret:argocd/pull' };
    const pull = secret('argocd/pull', { '.dockerconfigjson': '{}' });
    const other = secret('argocd/other', { '.dockerconfigjson': '{}' });
    const rows = await audit({ manifests: { 'a.yaml': app('shop', settings) + pull + other } });
    expect([...rows.keys()]).toEqual(['Secret argocd/other']);
  });
});

describe.concurrent('exit codes', () => {
  const old = secret('argocd/old', { '.dockerconfigjson': '{}' }, { created: '2020-01-01T00:00:00Z' });
  const young = secret('argocd/young', { '.dockerconfigjson': '{}' }, { created: new Date().toISOString() });
  for (const [what, text, args, code] of [
    ['any age will do', old, [], 0],
    ['an old Secret', old, ['--max-age', '90d'], 1],
    ['a young one', young, ['--max-age', '90d'], 0],
    ['days and hours', young, ['--max-age', '1d12h'], 0],
    ['a Secret of unknown age', secret('argocd/x', { '.dockerconfigjson': '{}' }), ['--max-age', '90d'], 0],
    ['what cannot be read outweighs age', `${old}kind: Application\n  metadata: [\n`, ['--max-age', '90d'], 2],
    ['an age that means nothing', old, ['--max-age', 'soon'], 2],
    ['an age below nothing', old, ['--max-age', '1d-2h'], 2],
    ['no age', old, ['--max-age', '0d'], 2],
  ] as const) {
    test(`${what}: ${code}`, async () => {
      const ended = await credentials({ manifests: { 'a.yaml': text } }, ...args);
      expect(ended.code, ended.stdout + ended.stderr).toBe(code);
      if (what.includes('unknown')) expect(ended.stderr).toContain('the age of 1 Secret is not known');
    });
  }

  test('a file that is not there: 2', async () => {
    expect(await credentials({}, '-f', '/nowhere.yaml')).toMatchObject({ code: 2 });
  });
});

test('no value of any credential is shown, in any form', async () => {
  const password = `${CANARY}-git`;
  const web = { 'image-list': 'web=ghcr.io/acme/web:1.x' };
  const given: Given = {
    manifests: {
      'a.yaml':
        app('pull', { ...web, 'web.pull-secret': 'pullsecret:argocd/pull' }) +
        app('wrong', { ...web, 'web.pull-secret': `secret:${CANARY}` }) +
        app('field', { ...web, 'web.pull-secret': 'secret:argocd/field#auth' }) +
        app('inline', web, `http://bot:${password}@inline.example.com/d.git`) +
        app('token', web, `https://${CANARY}@inline.example.com/d.git`) +
        app('odd', web, `https://bot:${CANARY}%0a@inline.example.com/e.git`) +
        app('own', { 'image-list': 'web=quay.io/acme/web:1.x' }, 'https://env.example.com/e.git') +
        secret('argocd/pull', { '.dockerconfigjson': JSON.stringify(dockerAuths('ghcr.io')) }) +
        secret('argocd/broken', { '.dockerconfigjson': `{"auths": ${CANARY}` }) +
        secret('argocd/field', { auth: CANARY }) +
        secret('argocd/b', { url: `https://${CANARY}@x.example.com`, password }, { type: 'repository' }),
    },
    registries: `registries:
  - {name: proxied, prefix: a.example.com, api_url: 'https://a.example.com', credentials: 'pullsecret:argocd/broken', proxy: 'http://u:${CANARY}@p:1'}
`,
    dockerConfig: dockerAuths('quay.io'),
    env: { TIPHYS_GIT_HOST: 'env.example.com', TIPHYS_GIT_PASSWORD: `${password}\n` },
  };
  const outputs = await Promise.all([
    credentials(given, '--max-age', '1d'),
    credentials(given, '-o', 'json'),
    credentials({ ...given, registries: `registries: [{name: x, credentials: 'secret:${CANARY}'}]\n` }),
  ]);
  expect(outputs[0].stdout).toContain('argocd/pull');
  const shown = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
  for (const form of [CANARY, Buffer.from(`bot:${CANARY}-docker`).toString('base64')])
    expect(shown).not.toContain(form);
});
