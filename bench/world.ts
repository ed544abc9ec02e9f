import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitServer, startGitServer } from '../src/demo/git-server.ts';
import { type Registry, startRegistry } from '../src/demo/registry.ts';

export interface WorldSize {
  readonly applications: number;
  readonly repositories: number;
  readonly tags: number;
  readonly registryLatencyMs: number;
  /** Beside the kustomizations; none when absent. */
  readonly otherFiles?: number;
}

/** A company with one GitOps repository: every Application has a kustomization with one image, one tag behind. */
export interface World extends AsyncDisposable {
  readonly registry: Registry;
  readonly git: GitServer;
  readonly folder: string;
  /** The folder with the Application manifests of one fresh repository, and where that is served and lies. */
  reset(): Promise<{ readonly applications: string; readonly repoURL: string; readonly path: string }>;
}

export async function buildWorld(size: WorldSize): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry({ latencyMs: size.registryLatencyMs, etags: true }));
  for (let repository = 0; repository < size.repositories; repository += 1) {
    for (let patch = 0; patch < size.tags; patch += 1) {
      registry.putImage(`acme/app-${repository}`, `1.0.${patch}`, { created: '2026-01-01T00:00:00Z' });
    }
  }
  const root = join(folder, 'git');
  await mkdir(root);
  const git = stack.use(await startGitServer({ root }));
  const owned = stack.move();
  let round = 0;
  return {
    registry,
    git,
    folder,
    async reset() {
      round += 1;
      const files = Array.from({ length: size.applications }, (_, n): [string, string] => [
        `apps/app-${n}/kustomization.yaml`,
        kustomization(imageOf(n, size, registry.host), `1.0.${size.tags - 2}`),
      ]);
      const others = Array.from({ length: size.otherFiles ?? 0 }, (_, n): [string, string] => [
        `others/${Math.floor(n / 1_000)}/${Math.floor(n / 10)}/values-${n}.yaml`,
        `n: ${n}\n`,
      ]);
      const content = { files: new Map([...files, ...others]) };
      const { url, path } = await git.createRepository(`deploy-${round}`, content);
      const applications = join(folder, `applications-${round}`);
      await mkdir(applications);
      const manifests = Array.from({ length: size.applications }, (_, n) =>
        application(n, imageOf(n, size, registry.host), url),
      );
      await writeFile(join(applications, 'applications.yaml'), manifests.join('---\n'));
      return { applications, repoURL: url, path };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function imageOf(application: number, size: WorldSize, host: string): string {
  return `${host}/acme/app-${application % size.repositories}`;
}

export function kustomization(image: string, tag: string): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../base\nimages:\n- name: ${image}\n  newTag: ${tag}\n`;
}

function application(n: number, image: string, repoURL: string): string {
  const prefix = 'argocd-image-updater.argoproj.io';
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: app-${n}
  namespace: argocd
  annotations:
    ${prefix}/image-list: app=${image}:1.x
    ${prefix}/write-back-method: git
    ${prefix}/write-back-target: kustomization
spec:
  project: default
  source: {repoURL: "${repoURL}", path: apps/app-${n}, targetRevision: main}
  destination: {name: in-cluster, namespace: default}
`;
}
