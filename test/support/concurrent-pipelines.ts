import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { LAB_ENV, openLab } from './git-lab.ts';
import { run, runTiphys } from './world.ts';

export interface PipelinesResult {
  /** What each pipeline printed where it did not end well. */
  readonly failures: readonly string[];
  /** The version of the image that all of them set. */
  readonly shared: string;
  /** The images that only one pipeline sets, "app-3:3", as they are in the end, sorted; and those that were to be. */
  readonly found: readonly string[];
  readonly wanted: readonly string[];
  /** Of the trailers for these images: how often each was set. */
  readonly landings: readonly number[];
  /** Commits beside the first one. */
  readonly commits: number;
}

/**
 * Pipelines as processes of their own, all at once on one branch: each sets an image of its own and one that all of
 * them set. Every other one works in a shallow checkout on a detached HEAD.
 * @param program  what Node runs
 */
export async function concurrentPipelines(program: string, pipelines: number): Promise<PipelinesResult> {
  await using lab = await openLab();
  const numbers = Array.from({ length: pipelines }, (_, index) => index + 1);
  const images = ['acme/web', ...numbers.map((number) => `app-${number}`)];
  const text = `images:\n${images.map((name) => `- name: ${name}\n  newTag: none\n`).join('')}`;
  const repository = await lab.createRepository('r.git', { files: new Map([['k8s/kustomization.yaml', text]]) });
  const checkouts = await Promise.all(numbers.map(() => mkdtemp(join(lab.folder, 'checkout-'))));
  for (const folder of checkouts.filter((_, index) => isCheckout(index))) {
    await run('git', ['clone', '-q', '--depth=1', repository.url, '.'], folder, LAB_ENV);
    await run('git', ['checkout', '-q', '--detach'], folder, LAB_ENV);
  }
  const ended = await Promise.all(
    numbers.map((number, index) => {
      const where = isCheckout(index) ? ['--commit', '--push'] : ['--repo', repository.url];
      const args = [`acme/web:v${number}`, `app-${number}:v${number}`, 'k8s', ...where];
      const state = { XDG_STATE_HOME: join(lab.folder, `state-${number}`) };
      const env = { ...LAB_ENV, ...pipelineOf(number), ...state };
      return runTiphys(['set-image', ...args], checkouts[index] ?? '', env, program);
    }),
  );
  const file = await lab.show(repository, 'k8s/kustomization.yaml');
  const log = await lab.git(repository, 'log', '--format=%B', 'main');
  const versionOf = (name: string) => new RegExp(`name: ${name}\\n {2}newTag: (\\S+)`).exec(file)?.[1] ?? '';
  const own = images.slice(1);
  return {
    failures: ended.flatMap(({ code, stderr }) => (code === 0 ? [] : [stderr])),
    shared: versionOf('acme/web'),
    found: own.map((name) => `${name}:${versionOf(name)}`),
    wanted: numbers.map((number) => `app-${number}:v${number}`),
    landings: own.map((name) => log.split(`#images%5B${name}%5D`).length - 1),
    commits: Number(await lab.git(repository, 'rev-list', '--count', 'main')) - 1,
  };
}

function isCheckout(index: number): boolean {
  return index % 2 === 1;
}

function pipelineOf(number: number): Readonly<Record<string, string>> {
  return {
    GITLAB_CI: 'true',
    CI_SERVER_HOST: 'gitlab.example.com',
    CI_PROJECT_ID: '42',
    CI_COMMIT_BRANCH: 'main',
    CI_PIPELINE_IID: String(number),
    GITLAB_USER_NAME: `Pipeline ${number}`,
    GITLAB_USER_EMAIL: 'pipeline@example.com',
  };
}
