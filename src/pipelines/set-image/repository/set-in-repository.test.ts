import { describe, expect, test } from 'vitest';
import { type Lab, type LabRepository, openLab } from '../../../../test/support/git-lab.ts';
import { type RepositoryRequest, setInRepository } from './set-in-repository.ts';

const KUSTOMIZATION = 'images:\n- name: acme/web\n  newTag: "1.0" # keep\n- name: acme/api\n  newTag: "1.0"\n';
const FILES = new Map([
  ['k8s/kustomization.yaml', KUSTOMIZATION],
  ['prod/kustomization.yaml', KUSTOMIZATION],
]);
const SCOPE = 'gitlab-iid:gitlab.example.com/42';
const NEVER = new AbortController().signal;

interface Asked extends Partial<Omit<RepositoryRequest, 'branch' | 'images' | 'order'>> {
  readonly images?: readonly string[];
  readonly paths?: readonly string[];
  readonly order?: number;
  readonly scope?: string;
  readonly branch?: string;
}

function requestOf(
  { url: repoURL }: LabRepository,
  { images = [], paths = ['k8s'], order, scope = SCOPE, branch = 'main', ...more }: Asked,
): RepositoryRequest {
  return {
    branch: { repoURL, branch, project: 'default' },
    images: { images, filenames: paths, keys: {}, container: undefined, allowMissing: false },
    order: order === undefined ? undefined : { scope, number: order },
    force: false,
    message: undefined,
    skipCi: 'auto',
    ci: undefined,
    dryRun: false,
    ...more,
  };
}

async function startLab(): Promise<Lab & { repository: LabRepository; set(asked: Asked): Promise<Told> }> {
  const lab = await openLab();
  const repository = await lab.createRepository('deploy.git', { files: FILES });
  return {
    ...lab,
    repository,
    set: async (asked) => {
      const request = requestOf(repository, asked);
      const { result, superseded, files } = await setInRepository(request, lab.openGit(), NEVER);
      const by = superseded.map(({ path, field, by }) => `${path}#${field} by ${by}`);
      return {
        outcome: result.outcome,
        branch: result.branch,
        commit: result.commit,
        by,
        changed: files.filter(({ before, after }) => before !== after).length,
      };
    },
  };
}

interface Told {
  readonly outcome: string;
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  readonly by: readonly string[];
  readonly changed: number;
}

describe('setting an image in a repository', () => {
  test('is one commit that touches the value alone', async () => {
    await using lab = await startLab();
    const told = await lab.set({ images: ['acme/web:1.1'], paths: ['./k8s/'], order: 7 });
    const head = await lab.git(lab.repository, 'rev-parse', 'main');
    expect(told).toEqual({ outcome: 'committed', branch: 'main', commit: head, by: [], changed: 1 });
    // The head, its file, the history, and the push.
    const remote = lab.commands.filter((name) => ['fetch', 'ls-remote', 'push'].includes(name));
    expect(remote.toSorted()).toEqual(['fetch', 'fetch', 'fetch', 'push']);
    expect(await lab.show(lab.repository, 'k8s/kustomization.yaml')).toBe(
      KUSTOMIZATION.replace('"1.0" # keep', '"1.1" # keep').trimEnd(),
    );
    expect(await lab.git(lab.repository, 'log', '-1', '--format=%B', 'main')).toBe(`build: set image acme/web:1.1

k8s/kustomization.yaml: images[acme/web] from acme/web:1.0 to acme/web:1.1

Tiphys-Change: path:k8s/kustomization.yaml acme/web docker.io/acme/web 1.0 1.1 k8s/kustomization.yaml
Tiphys-Order: gitlab-iid:gitlab.example.com/42 7 k8s/kustomization.yaml#images%5Bacme/web%5D`);
  });

  test('does nothing where everything says it already, and tells the commit that says so', async () => {
    await using lab = await startLab();
    const head = await lab.git(lab.repository, 'rev-parse', 'main');
    const told = await lab.set({ images: ['acme/web:1.0'], order: 7 });
    expect(told).toEqual({ outcome: 'unchanged', branch: 'main', commit: head, by: [], changed: 0 });
    expect(lab.commands).not.toContain('push');
  });

  test('takes the last argument for a path of the repository, and the default branch for none', async () => {
    await using lab = await startLab();
    const told = await lab.set({ images: ['acme/web:1.1', 'prod'], paths: [], branch: '' });
    expect(told).toMatchObject({ outcome: 'committed', branch: 'main', changed: 1 });
    expect(await lab.show(lab.repository, 'prod/kustomization.yaml')).toContain('1.1');
  });

  test('only tells when it is told to', async () => {
    await using lab = await startLab();
    expect(await lab.set({ images: ['acme/web:1.1'], dryRun: true })).toMatchObject({ outcome: 'planned', changed: 1 });
    expect(lab.commands).not.toContain('push');
  });

  test('refuses what leads out of the repository', async () => {
    await using lab = await startLab();
    const asked = lab.set({ images: ['acme/web:1.1'], paths: ['../other'] });
    await expect(asked).rejects.toMatchObject({ code: 'TARGET_OUTSIDE_REPOSITORY' });
  });

  test('starts no pipeline of its own branch', async () => {
    await using lab = await startLab();
    const own = {
      kind: 'gitlab',
      repoURL: lab.repository.url,
      branch: 'main',
      commit: undefined,
      order: undefined,
      author: undefined,
    } as const;
    const subject = () => lab.git(lab.repository, 'log', '-1', '--format=%s', 'main');
    await lab.set({ images: ['acme/web:1.1'], ci: own });
    expect(await subject()).toBe('build: set image acme/web:1.1 [skip ci]');
    await lab.set({ images: ['acme/web:1.2'], ci: { ...own, branch: 'other' } });
    expect(await subject()).toBe('build: set image acme/web:1.2');
    await lab.set({ images: ['acme/web:1.3'], ci: own, skipCi: false });
    expect(await subject()).toBe('build: set image acme/web:1.3');
    await lab.set({ images: ['acme/web:1.4'], skipCi: true, message: 'Deploy' });
    expect(await subject()).toBe('Deploy [skip ci]');
  });
});

describe('a late build', () => {
  test('does not overwrite a newer one, unless it is forced to', async () => {
    await using lab = await startLab();
    await lab.set({ images: ['acme/web:8'], order: 8 });
    const late = await lab.set({ images: ['acme/web:7'], order: 7 });
    expect(late).toMatchObject({
      outcome: 'superseded',
      by: ['k8s/kustomization.yaml#images[acme/web] by 8'],
      changed: 0,
    });
    expect(await lab.show(lab.repository, 'k8s/kustomization.yaml')).toContain('newTag: "8"');
    expect(await lab.set({ images: ['acme/web:7'], order: 7, force: true })).toMatchObject({ outcome: 'committed' });
    expect(await lab.set({ images: ['acme/web:8b'], order: 8 })).toMatchObject({ outcome: 'committed' });
  });

  for (const [why, asked, outcome] of [
    ['may be tried again', { order: 8 }, 'committed'],
    ['is none for another image', { images: ['acme/api:7'], order: 7 }, 'committed'],
    ['is none in another file', { paths: ['prod'], order: 7 }, 'committed'],
    ['is none in another scope', { order: 7, scope: 'order:other' }, 'committed'],
    ['is none when nothing is compared', {}, 'committed'],
  ] as const) {
    test(why, async () => {
      await using lab = await startLab();
      await lab.set({ images: ['acme/web:8'], order: 8 });
      expect(await lab.set({ images: ['acme/web:7'], ...asked })).toMatchObject({ outcome });
    });
  }

  test('still sets what no newer one has set', async () => {
    await using lab = await startLab();
    await lab.set({ images: ['acme/api:8'], order: 8 });
    const told = await lab.set({ images: ['acme/web:7', 'acme/api:7'], paths: ['k8s', 'prod'], order: 7 });
    expect(told).toMatchObject({ outcome: 'committed', changed: 2 });
    expect(told.by).toEqual(['k8s/kustomization.yaml#images[acme/api] by 8']);
    const file = await lab.show(lab.repository, 'k8s/kustomization.yaml');
    expect([file.includes('newTag: "7" # keep'), file.includes('newTag: "8"')]).toEqual([true, true]);
  });

  test('stays late after a person’s revert and behind other commits', async () => {
    await using lab = await startLab();
    await lab.set({ images: ['acme/web:8'], order: 8 });
    await lab.commit(lab.repository, { 'k8s/kustomization.yaml': KUSTOMIZATION }, { message: 'Revert "set"\n' });
    const others = Array.from({ length: 250 }, (_, index) => ({ 'README.md': `${index}` }));
    await lab.commits(lab.repository, others);
    expect(await lab.set({ images: ['acme/web:7'], order: 7 })).toMatchObject({ outcome: 'superseded' });
    expect(await lab.set({ images: ['acme/web:8'], order: 8 })).toMatchObject({ outcome: 'committed' });
  });

  test('is found out also when the history was read a moment before the newer one came', async () => {
    await using lab = await startLab();
    const request = requestOf(lab.repository, { images: ['acme/web:7'], order: 7 });
    const git = lab.openGit();
    const before = await Array.fromAsync(git.log(request.branch, NEVER));
    await lab.set({ images: ['acme/web:8'], order: 8 });
    const answers = [before];
    const early: typeof git = {
      ...git,
      log: async function* (branch, signal) {
        yield* answers.pop() ?? git.log(branch, signal);
      },
    };
    expect((await setInRepository(request, early, NEVER)).result.outcome).toBe('superseded');
    expect(answers).toEqual([]);
  });

  test('is found out on the new head when the newer one is only a moment faster', async () => {
    await using lab = await startLab();
    const git = lab.openGit();
    const raced: typeof git = {
      ...git,
      push: (branch, compose, signal) => {
        let tries = 0;
        const composeLate: typeof compose = async (tree) => {
          const drafts = await compose(tree);
          tries += 1;
          if (tries === 1) await lab.set({ images: ['acme/web:8'], order: 8 });
          return drafts;
        };
        return git.push(branch, composeLate, signal);
      },
    };
    const request = requestOf(lab.repository, { images: ['acme/web:7'], order: 7 });
    const { result } = await setInRepository(request, raced, NEVER);
    expect(result.outcome).toBe('superseded');
    expect(await lab.show(lab.repository, 'k8s/kustomization.yaml')).toContain('newTag: "8"');
  });
});
