import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { digestOf } from '../../src/core/digest.ts';
import { isUntyped, textAt, type Untyped } from '../../src/core/untyped.ts';
import { tinyImage } from '../../src/demo/tiny-image.ts';
import { follow } from '../support/followed-command.ts';
import { type OidcIssuer, startIssuer } from '../support/oidc-issuer.ts';
import { application, run } from '../support/world.ts';
import { type DistributionRegistry, startDistribution } from './distribution-registry.ts';
import { type Gitea, startGitea } from './gitea.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { pushImage } from './push-image.ts';
import { findTool, lacking } from './tools.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/tiphys.js');
const AUDIENCE = 'https://tiphys.example.com';
const TOOLS = ['gitea', 'registry', 'initdb'] as const;
const [giteaProgram, registryProgram, initdb] = [findTool('gitea'), findTool('registry'), findTool('initdb')];

describe.skipIf(!giteaProgram || !registryProgram || !initdb)(
  `hand-offs to the built program ${lacking(...TOOLS)}`,
  () => {
    let [issuer, gitea, registry, postgres]: [OidcIssuer?, Gitea?, DistributionRegistry?, Postgres?] = [];
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tiphys-handoff-'));
      issuer = await startIssuer();
      gitea = await startGitea(giteaProgram ?? '');
      registry = await startDistribution(registryProgram ?? '');
      postgres = await startPostgres(initdb ?? '');
    });
    afterAll(async () => {
      for (const one of [postgres, registry, gitea, issuer]) await one?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    /** Two replicas of `tiphys serve` over one database, which share nothing else. */
    async function setUp(name: string, own: Readonly<Record<string, string>> = {}) {
      if (!issuer || !gitea || !registry || !postgres) throw new Error('nothing has started');
      const { url: issuerURL, caFile, token } = issuer;
      const git = gitea;
      const { host } = registry;
      const repoURL = await git.createRepository(name);
      const repo = `/repos/${git.user}/${name}`;
      const image = `${host}/acme/${name}`;
      const content = btoa(`images:\n- name: ${image}\n  newTag: 1.0.0\n`);
      await git.api('POST', `${repo}/contents/kustomization.yaml`, { message: 'Deploy', content, branch: 'main' });
      const digests = new Map<string, string>();
      const push = async (tag: string) => {
        const built = tinyImage({ created: new Date(Date.UTC(2026, 0, 1)) }, `${name} ${tag}`);
        await pushImage({ host }, `acme/${name}`, [tag], built);
        digests.set(tag, digestOf(built.top.bytes));
      };
      await push('1.0.0');
      const address = await postgres.createDatabase();
      const store = `postgres://${address.user}@${address.host}:${address.port}/${address.database}?sslmode=disable`;
      const settings = { 'image-list': `web=${image}`, 'write-back-target': 'kustomization', ...own };
      const secret = {
        ...{ apiVersion: 'v1', kind: 'Secret' },
        metadata: { name, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
        stringData: { type: 'git', url: repoURL, username: git.user, password: git.token },
      };
      const rule = {
        issuer: issuerURL,
        claims: { project_id: '42', ref_protected: 'true' },
        applications: [`argocd/${name}`],
      };
      const rules = join(folder, `${name}.yaml`);
      const issuers = [{ url: issuerURL, kind: 'gitlab', audience: AUDIENCE, caFile }];
      await writeFile(rules, JSON.stringify({ issuers, rules: [rule] }));
      const serve = async (replica: string) => {
        const place = join(folder, name, replica);
        await mkdir(join(place, 'applications'), { recursive: true });
        await writeFile(join(place, 'applications', 'shop.yaml'), application(name, { repoURL }, settings));
        await writeFile(join(place, 'applications', 'secret.yaml'), JSON.stringify(secret));
        const flags = ['--handoff-config', rules, '--handoff-port', '0', '--disable-tls', '--store', store];
        const protocols = ['--git-protocols', 'https,ssh,http'];
        const served = await follow({ folder: place, program: PROGRAM }, 'serve', ...flags, ...protocols);
        onTestFinished(() => served[Symbol.asyncDispose]());
        return `http://127.0.0.1:${await served.port('hand-offs')}`;
      };
      const servers = await Promise.all([serve('one'), serve('other')]);
      // Tokens tell seconds; one of the second in which the store was begun may be older than it.
      await new Promise((resolve) => setTimeout(resolve, 1_020 - (Date.now() % 1_000)));
      const claims = { aud: AUDIENCE, project_id: '42', ref_protected: 'true', pipeline_source: 'push' };
      return {
        image,
        push,
        servers,
        digestOf: (tag: string) => digests.get(tag) ?? '',
        token: (pipeline: number) => token({ ...claims, pipeline_id: String(pipeline) }),
        async written(): Promise<string> {
          const file = await git.api('GET', `${repo}/contents/kustomization.yaml?ref=main`);
          return atob((isUntyped(file) && textAt(file, 'content')) || '');
        },
        async commits(): Promise<readonly Untyped[]> {
          const commits = await git.api('GET', `${repo}/commits?sha=main&limit=50`);
          return Array.isArray(commits) ? commits.filter(isUntyped) : [];
        },
      };
    }

    test('the client hands off to one replica and waits; a real registry and a real Git server say the same', async () => {
      const stage = await setUp('shop');
      await stage.push('1.1.0');
      await stage.push('1.2.0');
      const env = { TOKEN: stage.token(7), PATH: process.env['PATH'] ?? '' };
      const image = `${stage.image}:1.1.0@${stage.digestOf('1.1.0')}`;
      const args = [
        'handoff',
        image,
        '--server',
        stage.servers[0] ?? '',
        '--token-env',
        'TOKEN',
        '--wait',
        '-o',
        'json',
      ];
      const { code, stdout, stderr } = await run(process.execPath, [PROGRAM, ...args], folder, env);
      expect([code, stderr]).toEqual([0, expect.stringContaining('committed')]);
      const report: unknown = JSON.parse(stdout);
      const [head] = await stage.commits();
      expect(report).toMatchObject({ state: 'committed', isFinal: true, branch: 'main', commit: head?.['sha'] });
      expect(await stage.written()).toContain('newTag: 1.1.0');
      expect(stderr + stdout).not.toContain(env.TOKEN);
    });

    test('a job does not wait for people: what is proposed ends it, and tells where', async () => {
      const stage = await setUp('proposed', { 'tiphys.dev/pull-request': 'auto' });
      await stage.push('1.1.0');
      const image = `${stage.image}:1.1.0@${stage.digestOf('1.1.0')}`;
      const args = ['handoff', image, '--server', stage.servers[0] ?? '', '--token-env', 'TOKEN', '--wait'];
      const env = { TOKEN: stage.token(7), PATH: process.env['PATH'] ?? '' };
      const handOff = () => run(process.execPath, [PROGRAM, ...args, '-o', 'dotenv'], folder, env);
      const { code, stdout } = await handOff();
      expect([code, stdout]).toEqual([0, expect.stringContaining('TIPHYS_OUTCOME=pull-request\n')]);
      expect(stdout).toMatch(/^TIPHYS_PULL_REQUEST_URL=http\S+\/proposed\/pulls\/1$/m);
      expect(await stage.written()).toContain('newTag: 1.0.0');
      expect(await handOff()).toMatchObject({ code, stdout });
    });

    test('posts to both replicas in any order end at the newest build, and either tells of all', async () => {
      const stage = await setUp('blog');
      const builds = Array.from({ length: 30 }, (_, index) => index + 1);
      for (const build of builds) await stage.push(`1.${build}.0`);
      const permuted = builds.toSorted((a, b) => ((a * 11) % 31) - ((b * 11) % 31));
      const posted = await Promise.all(
        permuted.map(async (build, index) => {
          const digest = stage.digestOf(`1.${build}.0`);
          const body = JSON.stringify({ images: [{ image: `${stage.image}:1.${build}.0`, digest }] });
          const headers = { authorization: `Bearer ${stage.token(build)}` };
          const answer = await fetch(`${stage.servers[index % 2]}/api/v1/handoff`, { method: 'POST', headers, body });
          const told: unknown = await answer.json();
          return { build, index, status: answer.status, told: isUntyped(told) ? told : {} };
        }),
      );
      expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([202]));
      const stateOf = async (server: string, { operation, secret }: Untyped): Promise<unknown> => {
        const answer = await fetch(`${server}${operation}`, { headers: { authorization: `Bearer ${secret}` } });
        const told: unknown = await answer.json();
        return isUntyped(told) ? told['state'] : undefined;
      };
      const outcomes = await Promise.all(
        posted.map(async ({ build, index, told }) => {
          // The replica that did not take it.
          const other = stage.servers[(index + 1) % 2] ?? '';
          let state = await stateOf(other, told);
          // For a moment an older build may be held, having met what the newer one has just written.
          for (; state === 'accepted' || state === 'held'; state = await stateOf(other, told)) {
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          return [build, state] as const;
        }),
      );
      const states = new Map(outcomes);
      expect(states.get(30)).toBe('committed');
      expect(new Set(states.values())).toEqual(new Set(['committed', 'superseded']));
      expect(await stage.written()).toContain('newTag: 1.30.0');
      const written = (await stage.commits()).filter(
        ({ commit }) => isUntyped(commit) && /Tiphys-Change/.test(`${commit['message']}`),
      );
      expect(written.length).toBeLessThanOrEqual(10);
    });
  },
);
