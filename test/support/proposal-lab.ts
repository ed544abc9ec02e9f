import { askingFirst } from '../../src/controller/asking-first.ts';
import { openBranchWriter } from '../../src/controller/branch-writer.ts';
import { resolveConfiguration } from '../../src/controller/configure.ts';
import { type CycleParts, runCycle } from '../../src/controller/cycle.ts';
import type { MayWrite } from '../../src/controller/may-write.ts';
import { proposalMemory } from '../../src/controller/pull-requests/memory.ts';
import type { Application } from '../../src/core/applications/application.ts';
import { plainWording } from '../../src/core/commits/commit-message.ts';
import { Failure } from '../../src/core/failure.ts';
import type { ImageLabels } from '../../src/core/provenance.ts';
import type { CycleReport } from '../../src/core/report.ts';
import type { TagSource } from '../../src/ports/tag-source.ts';
import { targetKinds } from '../../src/writeback/index.ts';
import { type Lab, type LabRepository, openLab } from './git-lab.ts';
import { type MemoryForge, memoryForge } from './memory-forge.ts';

/** Cycles over real Git, with a forge in memory and registries that say what a test wants. */
export interface ProposalLab extends AsyncDisposable {
  readonly git: Lab;
  readonly repository: LabRepository;
  readonly forge: MemoryForge;
  /** Tags by repository; undefined for a registry that is down. */
  readonly tags: Map<string, readonly string[] | undefined>;
  /** What images say about themselves, by repository. */
  readonly labels: Map<string, ImageLabels>;
  /** Applications by name, with their annotations behind `tiphys.dev/`, or whole keys. */
  readonly settings: Map<string, Readonly<Record<string, string>>>;
  /** What the cycles write with. */
  readonly writers: Pick<CycleParts, 'pushChanges' | 'proposer'>;
  cycle(options?: { readonly dryRun?: boolean; readonly mayWrite?: MayWrite }): Promise<CycleReport>;
  /** As a process that starts anew. */
  forget(): void;
  branches(): Promise<readonly string[]>;
  /** The head's file of an Application. */
  show(name: string, branch: string): Promise<string>;
}

const UPSTREAM = 'argocd-image-updater.argoproj.io';

export function kustomization(name: string, tag: string): string {
  return `images:\n  - name: ghcr.io/acme/${name}\n    newTag: "${tag}"\n`;
}

export async function openProposalLab(names: readonly string[]): Promise<ProposalLab> {
  const git = await openLab();
  const files = new Map(names.map((name) => [`${name}/kustomization.yaml`, kustomization(name, '1.0.0')]));
  const repository = await git.createRepository('deploy', { files });
  const headOf = async (branch: string) =>
    git.git(repository, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`);
  const forge = memoryForge(headOf, async (head, base) => {
    await git.git(repository, 'update-ref', `refs/heads/${base}`, `refs/heads/${head}`);
  });
  const tags = new Map<string, readonly string[] | undefined>(names.map((name) => [`acme/${name}`, ['1.0.0']]));
  const labels = new Map<string, ImageLabels>();
  const settings = new Map<string, Readonly<Record<string, string>>>(names.map((name) => [name, {}]));
  const system = git.openGit();
  const composing = { kinds: targetKinds, grouping: 'branch', wording: plainWording } as const;
  let memory = proposalMemory();
  const writers = () => ({
    pushChanges: openBranchWriter(system, composing, 0),
    proposer: { branches: system, access: ACCESS, forges: forge.forges, memory },
  });
  return {
    git,
    repository,
    forge,
    tags,
    labels,
    settings,
    writers: writers(),
    forget: () => {
      memory = proposalMemory();
    },
    branches: async () => (await git.git(repository, 'for-each-ref', '--format=%(refname:short)')).split('\n'),
    show: (name, branch) => git.show(repository, `${name}/kustomization.yaml`, branch),
    cycle({ dryRun = false, mayWrite } = {}) {
      const parts: CycleParts = {
        ...composing,
        applications: {
          load: async () => ({
            ...NOTHING,
            applications: [...settings].map(([name, own]) => application(name, repository.url, own)),
          }),
        },
        configure: (input) =>
          resolveConfiguration(input, { annotations: 'auto', defaultPlatforms: [], writeBackDefault: 'git' }),
        git: system,
        ...writers(),
        scan: () => tagSource(tags, labels),
        readsProvenance: false,
        keepsVerdicts: true,
        argocdNamespace: 'argocd',
        dryRun,
      };
      const asking = mayWrite ? askingFirst(parts, mayWrite) : {};
      return runCycle({ ...parts, ...asking }, AbortSignal.timeout(600_000));
    },
    [Symbol.asyncDispose]: () => git[Symbol.asyncDispose](),
  };
}

const ACCESS = {
  credentialName: () => 'nobody',
  access: async () => ({ source: 'nobody', authorization: { kind: 'none' }, isInsecure: false }) as const,
};

const NOTHING = {
  imageUpdaters: [],
  hasOtherUpdaters: false,
  secrets: [],
  configMaps: [],
  failures: [],
  warnings: [],
};

function application(name: string, repoURL: string, own: Readonly<Record<string, string>>): Application {
  const annotations = {
    [`${UPSTREAM}/image-list`]: `web=ghcr.io/acme/${name}:1.x`,
    [`${UPSTREAM}/write-back-target`]: 'kustomization',
    'tiphys.dev/pull-request': 'gitea',
    ...Object.fromEntries(
      Object.entries(own).map(([key, value]) => [key.includes('/') ? key : `tiphys.dev/${key}`, value]),
    ),
  };
  return {
    namespace: 'argocd',
    name,
    project: 'default',
    labels: {},
    annotations,
    sources: [{ repoURL, path: name, targetRevision: 'main', plugin: false, directory: false }],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

function tagSource(
  tags: ReadonlyMap<string, readonly string[] | undefined>,
  labels: ReadonlyMap<string, ImageLabels>,
): TagSource {
  return {
    list: async ({ repository }) => {
      const list = tags.get(repository);
      if (!list) throw new Failure('REGISTRY_UNREACHABLE', 'the registry is down', { fix: 'wait' });
      return { tags: list };
    },
    tagOrder: () => undefined,
    describe: async () => {
      throw new Error('no test asks for more than tags');
    },
    labels: async ({ repository }) => labels.get(repository),
    remarks: async () => ({
      firstSeen: { firstScanMs: undefined, later: new Map(), digests: new Map() },
      nowMs: 0,
      remarks: [],
    }),
  };
}
