import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type GitServer, startGitServer } from '../../src/demo/git-server.ts';
import { LAB_ENV } from '../support/git-lab.ts';
import { type Ended, run, startWorld, type World } from '../support/world.ts';

const ROOT = join(import.meta.dirname, '../..');
const NETWORK = /^(NODE_EXTRA_CA_CERTS|https?_proxy|no_proxy)$/i;
const TOKEN = 'deploy-token';
const IMAGE = 'ghcr.io/acme/my-app:1.4.2';
const KUSTOMIZATION = 'images:\n- name: registry.example.com/my-app\n  newTag: "0"\n';

/** What is shipped for CIs without a runner of their own here, run as those run it. */
describe('steps of other CIs', () => {
  let world: World;
  const servers: GitServer[] = [];
  let tarball: string;
  beforeAll(async () => {
    world = await startWorld();
    const packed = await run('npm', ['pack', '--silent', '--pack-destination', world.folder], ROOT, environment({}));
    tarball = join(world.folder, packed.stdout.trim());
  });
  afterAll(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  /** npm fetches as it does for whoever runs the tests, and keeps it. */
  function environment(more: Readonly<Record<string, string>>): Record<string, string> {
    const home = process.env['HOME'] ?? '';
    const npm = { npm_config_cache: join(home, '.npm'), npm_config_userconfig: join(home, '.npmrc') };
    const network = Object.entries(process.env).flatMap(([name, value = '']) =>
      NETWORK.test(name) ? [[name, value]] : [],
    );
    return { ...LAB_ENV, HOME: world.folder, ...npm, ...Object.fromEntries(network), ...more };
  }

  /** On a server that lets in whom that CI's tokens belong to. */
  async function repository(name: string, username: string, branch = 'main') {
    const auth = { username, password: TOKEN };
    const git = await startGitServer({ root: await mkdtemp(join(world.folder, 'forge-')), auth });
    servers.push(git);
    const files = new Map([['k8s/kustomization.yaml', KUSTOMIZATION]]);
    const { path, url } = await git.createRepository(`acme/${name}`, { files });
    const inGit = async (...args: readonly string[]) => (await run('git', args, path, LAB_ENV)).stdout.trim();
    if (branch !== 'main') await inGit('branch', branch, 'main');
    return {
      url,
      head: () => inGit('rev-parse', branch),
      text: () => inGit('show', `${branch}:k8s/kustomization.yaml`),
      message: () => inGit('log', '-1', '--format=%B', branch),
    };
  }

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(world.folder, 'runner-'));
    await mkdir(join(path, 'work'));
    return path;
  }

  /** A PATH with the program, as an image has it. */
  async function onPath(temp: string): Promise<string> {
    const programs = join(temp, 'programs');
    await mkdir(programs);
    const line = `exec "${process.execPath}" "${join(ROOT, 'dist/tiphys.js')}" "$@"`;
    await writeFile(join(programs, 'tiphys'), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return `${programs}:${process.env['PATH']}`;
  }

  function expectSilence({ stdout, stderr }: Ended, ...files: readonly string[]): void {
    for (const text of [stdout, stderr, ...files]) expect(text).not.toContain(TOKEN);
  }

  test('the GitHub action brings its own Node, and hands on what came of it', async () => {
    const { url, head, text, message } = await repository('github', 'x-access-token');
    const action = parse(await readFile(join(ROOT, 'deploy/github-action/action.yml'), 'utf8'));
    const temp = await folder();
    const [output, env] = [join(temp, 'output'), join(temp, 'env')];
    for (const file of [output, env]) await writeFile(file, 'before=1\n');
    const github = { server_url: new URL(url).origin, repository: new URL(url).pathname.slice(1), ref_name: 'main' };
    const inputs = {
      package: tarball,
      images: `registry.example.com/my-app=${IMAGE}\n`,
      paths: 'k8s/',
      token: TOKEN,
    };
    const runStep = async (more: Readonly<Record<string, string>>) => {
      const step = action.runs.steps[0];
      const given = evaluated(step.env, action.inputs, { ...inputs, ...more }, github);
      const runner = {
        ...{ GITHUB_ACTIONS: 'true', GITHUB_ACTION_PATH: join(ROOT, 'deploy/github-action'), RUNNER_TEMP: temp },
        ...{ GITHUB_OUTPUT: output, GITHUB_ENV: env, GITHUB_SERVER_URL: github.server_url },
        ...{ GITHUB_REPOSITORY: github.repository, GITHUB_REPOSITORY_ID: '9', GITHUB_REF: 'refs/heads/main' },
        ...{ GITHUB_RUN_NUMBER: '7', GITHUB_WORKFLOW_REF: 'acme/app/.github/workflows/deploy.yml@refs/heads/main' },
        ...{ GITHUB_ACTOR: 'jane', GITHUB_ACTOR_ID: '3' },
      };
      const shell = ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', step.run];
      return await run('bash', shell, join(temp, 'work'), environment({ ...runner, ...given }));
    };
    const ended = await runStep({});
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(await text()).toContain('newName: "ghcr.io/acme/my-app"');
    expect(await message()).toContain('[skip ci]');
    const files = await Promise.all([output, env].map((file) => readFile(file, 'utf8')));
    for (const file of files) {
      expect(file).toMatch(/^before=1\n/);
      expect(file).toMatch(new RegExp(`\nTIPHYS_COMMIT<<(\\S+)\n${await head()}\n\\1\n`));
    }
    expect(Object.values(action.outputs).map((one) => Object(one).value)).toEqual(
      ['OUTCOME', 'COMMIT', 'BRANCH', 'PULL_REQUEST_URL'].map(
        (name) => `\${{ steps.set-image.outputs.TIPHYS_${name} }}`,
      ),
    );
    expectSilence(ended, ...files);
    // No cluster is here: what cannot be asked fails the step.
    const waiting = await runStep({ 'wait-for': 'my-app', 'wait-arguments': '--timeout\n1s' });
    expect(waiting).toMatchObject({ code: 2, stderr: expect.stringContaining('NO_APPLICATIONS') });
    await runStep({ images: 'registry.example.com/my-app=$(touch owned):1\n', arguments: '--dry-run\n$(touch owned)' });
    await expect(readFile(join(temp, 'work/owned'))).rejects.toThrow('ENOENT');
  });

  test('the steps for Azure Pipelines', async () => {
    const branch = "release/it's-1.0";
    const { url, head, text, message } = await repository('azure', 'azure', branch);
    const template = parse(await readFile(join(ROOT, 'deploy/azure-pipelines/set-image.yml'), 'utf8'));
    const temp = await folder();
    const step = template.steps[0];
    const parameters = Object.fromEntries(template.parameters.map((one: Record<string, string>) => [one['name'], one]));
    const chosen = { package: tarball, images: `registry.example.com/my-app=${IMAGE}`, path: 'k8s/' };
    const macros = {
      'Build.Repository.Uri': url,
      'Build.SourceBranch': `refs/heads/${branch}`,
      'System.AccessToken': TOKEN,
    };
    const given = Object.fromEntries(
      Object.entries(evaluated(step.env, parameters, chosen, {})).map(([name, value]) => [
        name,
        Object.entries(macros).reduce((so, [macro, is]) => so.replaceAll(`$(${macro})`, is), value),
      ]),
    );
    const agent = {
      ...{ TF_BUILD: 'True', AGENT_TEMPDIRECTORY: temp, BUILD_BUILDID: '12', BUILD_REPOSITORY_URI: url },
      ...{
        BUILD_SOURCEBRANCH: `refs/heads/${branch}`,
        BUILD_REQUESTEDFOR: 'Jane',
        BUILD_REQUESTEDFOREMAIL: 'j@example.com',
      },
    };
    const ended = await run('bash', ['-c', step.bash], join(temp, 'work'), environment({ ...agent, ...given }));
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(await text()).toContain('newTag: "1.4.2"');
    expect(await message()).toContain('***NO_CI***');
    expect(ended.stdout).toContain(`##vso[task.setvariable variable=TIPHYS_COMMIT]${await head()}\n`);
    expect(ended.stdout).toContain(`##vso[task.setvariable variable=TIPHYS_BRANCH]${branch}\n`);
    expectSilence(ended);
  });

  test('the step for Bitbucket Pipelines', async () => {
    const { url, text, message } = await repository('bitbucket', 'x-token-auth');
    const file = parse(await readFile(join(ROOT, 'deploy/bitbucket/bitbucket-pipelines.yml'), 'utf8'));
    const temp = await folder();
    const variables = {
      ...{
        BITBUCKET_BUILD_NUMBER: '3',
        BITBUCKET_BRANCH: 'main',
        BITBUCKET_COMMIT: 'abc',
        BITBUCKET_GIT_HTTP_ORIGIN: url,
      },
      ...{ DEPLOY_REPOSITORY: url, DEPLOY_TOKEN: TOKEN, IMAGE_NAME: 'ghcr.io/acme/my-app' },
      PATH: await onPath(temp),
    };
    const { script } = file.pipelines.branches.main[0].step;
    const ended = await run('sh', ['-ec', script.join('\n')], join(temp, 'work'), environment(variables));
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(ended.stdout).toContain('TIPHYS_OUTCOME=committed');
    expect(await text()).toContain('newTag: "abc"');
    expect(await message()).toContain('[skip ci]');
    expectSilence(ended);
  });

  test('the stage for Jenkins, as the documentation has it', async () => {
    const { url, text, message } = await repository('jenkins', 'jenkins');
    const page = await readFile(join(ROOT, 'docs/ci.md'), 'utf8');
    const [, block = ''] = /withCredentials[\s\S]*?sh '''([\s\S]*?)'''/.exec(page) ?? [];
    const temp = await folder();
    const script = block
      .replaceAll('https://git.example.com/platform/deploy.git', url)
      .replaceAll('git.example.com', new URL(url).host)
      // Nothing is here that could be waited for.
      .replaceAll('tiphys wait', 'echo wait for "$TIPHYS_COMMIT"');
    const variables = {
      ...{ JENKINS_URL: 'https://ci.example', BUILD_NUMBER: '3', GIT_COMMIT: 'abc', IMAGE_NAME: 'ghcr.io/acme/my-app' },
      ...{ TIPHYS_GIT_USERNAME: 'jenkins', TIPHYS_GIT_PASSWORD: TOKEN, PATH: await onPath(temp) },
    };
    const ended = await run('sh', ['-ec', script], join(temp, 'work'), environment(variables));
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(await text()).toContain('newTag: "abc"');
    expect(await message()).not.toContain('ci skip');
    expect(ended.stdout).toMatch(/^wait for [0-9a-f]{40} my-app/m);
    expectSilence(ended);
  });
});

type Inputs = Readonly<Record<string, { readonly default?: string }>>;

/** Puts inputs, or their defaults, where expressions name them, as a runner does before any shell sees them. */
function evaluated(
  env: Readonly<Record<string, string>>,
  inputs: Inputs,
  given: Readonly<Record<string, string>>,
  github: Readonly<Record<string, string>>,
): Record<string, string> {
  const inner = (text: string) =>
    text.replaceAll(/\$\{\{ github\.(\w+) \}\}/g, (_, name: string) => github[name] ?? '');
  const outer = (text: string) =>
    text.replaceAll(/\$\{\{ (?:inputs|parameters)\.([\w-]+) \}\}/g, (_, name: string) =>
      inner(given[name] ?? inputs[name]?.default ?? ''),
    );
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, outer(text)]));
}
