import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoApplications } from './applications.ts';
import { startGitServer } from './git-server.ts';
import { startRegistry } from './registry.ts';
import { FIRST_RELEASES, type Release, release } from './releases.ts';
import { demoRepository } from './repository.ts';

/** A registry, a Git server and the Applications of a small company, on the loopback address, in a temporary folder. */
export interface Demo extends AsyncDisposable {
  /** "127.0.0.1:5000" */
  readonly registry: string;
  readonly cloneURL: string;
  /** A command that pushes a tag which production takes. */
  readonly pushCommand: string;
  /** The folder of Application manifests. */
  readonly applications: string;
  /** A folder for the mirrors, gone with the rest. */
  readonly stateDir: string;
  /** Pushes what the pretended pipelines build next. */
  pushNext(): Release;
}

export interface DemoSetup {
  /** The registry's port; 0 for any free one. */
  readonly port: number;
  /** Milliseconds since 1970: when images say they were built. */
  readonly now: () => number;
  /** Told about every tag that somebody else pushes. */
  readonly onPush: (release: Release) => void;
}

export async function startDemo({ port, now, onPush }: DemoSetup): Promise<Demo> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-demo-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const registry = stack.use(await startRegistry({ port, onPush: (repository, tag) => onPush({ repository, tag }) }));
  const root = join(folder, 'git');
  const applications = join(folder, 'applications');
  await Promise.all([mkdir(root), mkdir(applications)]);
  const git = stack.use(await startGitServer({ root }));

  const push = ({ repository, tag }: Release) => registry.putImage(repository, tag, { created: new Date(now()) });
  for (const first of FIRST_RELEASES) push(first);
  const { url } = await git.createRepository('deploy', { files: demoRepository(registry.host) });
  await writeFile(join(applications, 'applications.yaml'), demoApplications(registry.host, url));

  let pushed = 0;
  const owned = stack.move();
  return {
    registry: registry.host,
    cloneURL: url,
    pushCommand: pushCommand(registry.host),
    applications,
    stateDir: join(folder, 'state'),
    pushNext() {
      const next = release(pushed);
      pushed += 1;
      push(next);
      return next;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Puts a new tag on an image that is there, with a tool that needs no daemon. */
function pushCommand(host: string): string {
  const image = `docker://${host}/acme/shop`;
  return `skopeo copy --src-tls-verify=false --dest-tls-verify=false ${image}:1.4.0 ${image}:1.4.99`;
}
