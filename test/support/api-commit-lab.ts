import { generateKeyPairSync } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import type { Problem } from '../../src/core/failure.ts';
import type { KeyValueObject } from '../../src/core/objects/key-value-object.ts';
import type { ApiCommits } from '../../src/ports/forge.ts';
import type { CommitDraft } from '../../src/ports/git.ts';
import { openTestForges } from './forge-suite.ts';
import { FakeRepository } from './forges/fake-repository.ts';
import { APP_TOKEN, startGithub } from './forges/github-double.ts';
import { ServedBranches } from './forges/served-branches.ts';
import { LAB_NOW, openLab } from './git-lab.ts';

export const HEAD = 'tiphys/shop-1234';
export const TRAILER = 'Tiphys-Change: argocd/shop shop acme/shop 1 2 shop.yaml';
const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** What a Secret holds of the App that GitHub's double knows. */
export const APP = {
  githubAppID: '7',
  githubAppInstallationID: '42',
  githubAppPrivateKey: KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const COMMIT_REF = ['log', '-1', '--format=%an|%s|%(trailers:key=Tiphys-Change,valueonly)'];

export function draft(files: Record<string, string>, subject = 'Update shop'): CommitDraft {
  const bytes = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return { message: `${subject}\n\n${TRAILER}\n`, files: new Map(bytes) };
}

export const composing = (tag: string) => async () => [draft({ 'shop.yaml': `tag: ${tag}\n` })];

/** A real Git server and GitHub's double over the same bare repository; git itself gets in with the App's token. */
export async function openApiCommitLab({ executable = false } = {}) {
  const lab = await openLab({ auth: { username: 'x-access-token', password: APP_TOKEN } });
  const files = new Map([
    ['shop.yaml', 'tag: 1\n'],
    ['other.yaml', 'tag: 1\n'],
  ]);
  const repository = await lab.createRepository('acme/deploy.git', { files });
  if (executable) await makeExecutable();
  const fake = new FakeRepository();
  const server = await startGithub(fake, { served: new ServedBranches(repository.path), installation: '42' });
  const { forges } = openTestForges('none');
  onTestFinished(async () => {
    await forges[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
    expect(server.complaints).toEqual([]);
  });
  const secrets: KeyValueObject[] = [
    {
      namespace: 'argocd',
      name: 'deploy',
      labels: { 'argocd.argoproj.io/secret-type': 'repository' },
      data: { url: repository.url, ...APP, githubAppEnterpriseBaseUrl: `${server.url}/api/v3` },
    },
  ];
  const unfit: Problem[] = [];
  const on = { before: async () => {}, after: async () => {} };
  const watched = (commits: ApiCommits): ApiCommits => ({
    async commit(one, signal) {
      await on.before();
      const result = await commits.commit(one, signal);
      await on.after();
      return result;
    },
  });
  const openGit = (stateDir = lab.stateDir, now = LAB_NOW) =>
    lab.openGit({
      stateDir,
      secrets: () => secrets,
      random: Math.random,
      now: () => now,
      apiCommits: {
        unfit: (problem) => unfit.push(problem),
        open: async (repoURL, access, signal) => {
          const { commits } = await forges.open(repoURL, 'github', access, signal);
          return commits && watched(commits);
        },
      },
    });
  const git = openGit();
  const ref = { repoURL: repository.url, branch: 'main', project: 'default' };

  async function makeExecutable() {
    const blob = await lab.git(repository, 'rev-parse', 'main:shop.yaml');
    const env = ['-c', 'user.name=Jane', '-c', 'user.email=jane@example.com'];
    const entry = await lab.git(repository, 'ls-tree', 'main');
    await lab.git(repository, 'read-tree', 'main');
    await lab.git(repository, 'update-index', '--cacheinfo', `100755,${blob},shop.yaml`);
    const tree = await lab.git(repository, 'write-tree');
    expect(entry).not.toBe('');
    const commit = await lab.git(repository, ...env, 'commit-tree', '-p', 'main', '-m', 'Run it', tree);
    await lab.git(repository, 'update-ref', 'refs/heads/main', commit);
  }

  return {
    ...{ lab, repository, fake, server, secrets, unfit, on, git, openGit, ref },
    owned: { ...ref, writeBranch: HEAD },
    branches: async () =>
      (await lab.git(repository, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads/')).split('\n'),
    idOf: (branch: string) => lab.git(repository, 'rev-parse', `refs/heads/${branch}`),
    newest: (branch: string) => lab.git(repository, ...COMMIT_REF, `refs/heads/${branch}`),
  };
}
