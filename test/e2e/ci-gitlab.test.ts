import { chmod, mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type GitServer, startGitServer } from '../../src/demo/git-server.ts';
import { LAB_ENV } from '../support/git-lab.ts';
import { run, startWorld, type World } from '../support/world.ts';
import { settledAt } from './scripted-application.ts';
import { findTool, lacking } from './tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLES = join(ROOT, 'examples/ci/gitlab');
const COMPONENT = join(ROOT, 'deploy/gitlab-component/templates/set-image.yml');
const lacks = lacking('gitlab-ci-local', 'rsync', 'kustomize');

const LOGIN = { username: 'ci', password: 'job-token' };

/** What a project of the examples holds; `$name` is what its files call the image. */
const FILES = {
  'k8s/kustomization.yaml': `# The web shop.
resources:
- deployment.yaml
images:
- name: registry.example.com/my-app # by the pipeline
  newTag: "0"
`,
  'k8s/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: my-app}
spec:
  selector: {matchLabels: {app: my-app}}
  template:
    metadata: {labels: {app: my-app}}
    spec:
      containers:
      - name: my-app
        image: registry.example.com/my-app:0
`,
  'argocd/my-app.yaml': `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: my-app, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: my-app}
  source:
    repoURL: https://gitlab.example.com/group/my-app.git
    path: k8s
    targetRevision: main
    kustomize:
      images:
      - registry.example.com/my-app=registry.example.com/my-app:0
`,
};

describe.skipIf(lacks !== '')(`pipelines of GitLab, run by gitlab-ci-local ${lacks}`, () => {
  let world: World;
  let git: GitServer;
  let programs: string;
  beforeAll(async () => {
    world = await startWorld();
    const root = await mkdtemp(join(world.folder, 'gitlab-'));
    git = await startGitServer({ root, auth: LOGIN });
    programs = join(world.folder, 'programs');
    await mkdir(programs);
    await script('tiphys', `exec "${process.execPath}" "${join(ROOT, 'dist/tiphys.js')}" "$@"`);
    await script('docker', `exec "${process.execPath}" "${join(import.meta.dirname, 'docker-stand-in.ts')}" "$@"`);
    await symlink(findTool('kustomize') ?? '', join(programs, 'kustomize'));
  });
  afterAll(async () => {
    await git?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  async function script(name: string, line: string): Promise<void> {
    const path = join(programs, name);
    await writeFile(path, `#!/bin/sh\n${line}\n`);
    await chmod(path, 0o755);
  }

  /** A project with this pipeline, checked out as a runner does it: detached, with the job's token in origin. */
  async function project(name: string, pipeline: string, more: Readonly<Record<string, string>> = {}) {
    const files = { ...FILES, '.gitlab-ci.yml': pipeline, ...more };
    const { path, url } = await git.createRepository(`${name}.git`, { files: new Map(Object.entries(files)) });
    const folder = join(world.folder, name);
    const origin = url.replace('://', `://${LOGIN.username}:${LOGIN.password}@`);
    await inGit(world.folder, 'clone', '--quiet', origin, folder);
    await inGit(folder, 'checkout', '--quiet', '--detach');
    return { path, url, folder, origin };
  }

  async function inGit(cwd: string, ...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run('git', args, cwd, LAB_ENV);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  type Project = Awaited<ReturnType<typeof project>>;

  /** Runs all jobs, with the variables that GitLab would set. */
  async function runPipeline({ folder, url, origin }: Project, variables: Readonly<Record<string, string>> = {}) {
    const given = {
      ...{ GITLAB_CI: 'true', CI_COMMIT_BRANCH: 'main', CI_PROJECT_URL: url.replace(/\.git$/, '') },
      ...{ CI_PROJECT_ID: '7', CI_PIPELINE_IID: '5', CI_SERVER_HOST: '127.0.0.1', PUSH_URL: origin },
      ...{ GITLAB_USER_NAME: 'Jane Doe', GITLAB_USER_EMAIL: 'jane@example.com', CI_JOB_TOKEN: LOGIN.password },
      ...{ IMAGE_NAME: `${world.registry.host}/my-app`, ...variables },
    };
    const args = Object.entries(given).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
    const env = { ...LAB_ENV, HOME: join(world.folder, 'home'), PATH: `${programs}:${process.env['PATH']}` };
    const options = ['--force-shell-executor', '--no-color', '--home', join(world.folder, 'home')];
    return await run(findTool('gitlab-ci-local') ?? '', [...options, ...args], folder, env);
  }

  async function pushed({ path }: Project, file: string) {
    return {
      document: parse(await inGit(path, 'show', `main:${file}`)),
      text: await inGit(path, 'show', `main:${file}`),
      message: await inGit(path, 'log', '-1', '--format=%B', 'main'),
    };
  }

  /** An API of Argo CD whose one Application is always at the head of a project, and healthy. */
  async function startArgocd({ path, url }: Project) {
    const asked: string[] = [];
    const server = createServer(async (request, response) => {
      asked.push(request.url ?? '');
      const revision = await inGit(path, 'rev-parse', 'main');
      const source = { repoURL: url, path: 'k8s', targetRevision: 'main' };
      const metadata = { namespace: 'argocd', name: 'my-app' };
      response.end(JSON.stringify({ metadata, spec: { source }, status: settledAt(revision) }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      asked,
      variables: {
        ...{ APPLICATIONS_API: 'argocd', ARGOCD_SERVER: `127.0.0.1:${port}`, ARGOCD_PLAINTEXT: 'true' },
        ARGOCD_TOKEN: 'argocd-token',
      },
      [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
    };
  }

  for (const [kind, file] of [
    ['kustomize', 'k8s/kustomization.yaml'],
    ['manifest', 'k8s/deployment.yaml'],
    ['application', 'argocd/my-app.yaml'],
  ] as const) {
    test(`${kind}: the same comes of it as of the lines that it replaces`, async () => {
      const read = (name: string) => readFile(join(EXAMPLES, `${name}.gitlab-ci.yml`), 'utf8');
      const before = await project(`${kind}-before`, await read(`${kind}.before`));
      const after = await project(`${kind}-after`, await read(kind));
      const tags = [];
      const files = [];
      for (const one of [before, after]) {
        const ended = await runPipeline(one);
        expect(ended.code, ended.stdout + ended.stderr).toBe(0);
        const tag = (await inGit(one.folder, 'rev-parse', '--short=8', 'main')).trim();
        const { document, message } = await pushed(one, file);
        expect(message.split('\n')[0]).toBe(`Update image tag to ${tag} [skip ci]`);
        tags.push(tag);
        // kustomize adds what kind of file it is, and we do not.
        const said = kind === 'kustomize' ? document.images : document;
        files.push(JSON.parse(JSON.stringify(said).replaceAll(tag, 'TAG')));
      }
      expect(files[1]).toEqual(files[0]);
      expect(JSON.stringify(files[1])).toContain(`${world.registry.host}/my-app`);
      const { text } = await pushed(after, file);
      const changed = text.split('\n').filter((line, at) => line !== FILES[file].split('\n')[at]);
      expect(changed.length).toBeLessThanOrEqual(2);
      const listed = await fetch(`http://${world.registry.host}/v2/my-app/tags/list`);
      expect(await listed.json()).toMatchObject({ tags: expect.arrayContaining(tags) });
    });
  }

  test('the component writes another repository, with a token that only git sees', async () => {
    const deploy = await project('deploy', 'unused: {script: exit}');
    const pipeline = `include:
- local: component.yml
  inputs:
    image: registry.example.com/tiphys:1
    images: registry.example.com/my-app=$IMAGE_NAME:$IMAGE_TAG
    path: k8s/
    repository: ${deploy.url}
    branch: main
    user: ci
    token: $DEPLOY_TOKEN
    wait-for: my-app
${(await readFile(join(EXAMPLES, 'kustomize.gitlab-ci.yml'), 'utf8')).replace(/^deploy-to-argo:[\s\S]*/m, '')}`;
    const application = await project('component', pipeline, { 'component.yml': await readFile(COMPONENT, 'utf8') });
    await using argocd = await startArgocd(deploy);
    const variables = { ...argocd.variables, DEPLOY_TOKEN: LOGIN.password, CI_JOB_TOKEN: 'none' };
    const ended = await runPipeline(application, variables);
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
    expect(ended.stdout).toContain('TIPHYS_OUTCOME=committed');
    expect(ended.stdout + ended.stderr).toContain('argocd/my-app: synced and healthy');
    for (const secret of [LOGIN.password, argocd.variables.ARGOCD_TOKEN])
      expect(ended.stdout + ended.stderr).not.toContain(secret);
    expect(argocd.asked.length).toBeGreaterThan(0);
    const { document, message } = await pushed(deploy, 'k8s/kustomization.yaml');
    expect(document.images[0]).toMatchObject({ newName: `${world.registry.host}/my-app` });
    expect(message).toMatch(/^Tiphys-Order: gitlab-iid:127.0.0.1\/7 5 k8s\/kustomization.yaml#/m);
    expect(message).not.toContain('skip ci');
    const asked = argocd.asked.length;
    const late = await runPipeline(application, {
      ...{ ...variables, CI_PIPELINE_IID: '4', IMAGE_NAME: `${world.registry.host}/late` },
    });
    expect(late.stdout).toContain('TIPHYS_OUTCOME=superseded');
    // What was not written is not waited for.
    expect([late.code, argocd.asked.length]).toEqual([0, asked]);
    expect((await pushed(deploy, 'k8s/kustomization.yaml')).document).toEqual(document);
  });
});
