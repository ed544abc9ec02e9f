import { dirname, parse, relative, resolve } from 'node:path';
import type { DiffOptions, Work } from '../cli/work.ts';
import { settle } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { diffEnvironments, type Environment, type EnvironmentDiff } from '../core/environment-diff.ts';
import { Failure } from '../core/failure.ts';
import { withoutCredentials } from '../core/redact.ts';
import { imagesOfApplication } from '../pipelines/environments/application-images.ts';
import { readEnvironment } from '../pipelines/environments/read-environment.ts';
import { openLocalFiles, workTreeOf } from '../pipelines/set-image/local-files.ts';

export async function diff(...[options, signal]: Parameters<Work['diff']>): Promise<EnvironmentDiff> {
  const [left, right] = options.environments;
  const report = diffEnvironments(await environment(left, options, signal), await environment(right, options, signal));
  return { ...report, unread: report.unread.map(withoutCredentials) };
}

/** A path if there is one, else an Application of the cluster, or of Argo CD's API. */
async function environment(name: string, options: DiffOptions, signal: AbortSignal): Promise<Environment> {
  const here = openLocalFiles(process.cwd());
  const isFolder = (await here.list(name)) !== undefined;
  if (!isFolder && (await here.read(name)) === undefined) {
    if (isApplicationName(name)) return await applicationEnvironment(name, options, signal);
    throw notThere(name, 'there is no such file or folder');
  }
  const path = resolve(name);
  // From the top of the work tree, which holds the bases of a kustomization as well.
  const root = (await workTreeOf(isFolder ? path : dirname(path))) ?? parse(path).root;
  return { ...(await readEnvironment(relative(root, path), openLocalFiles(root))), name };
}

/** "name" or "namespace/name", as Kubernetes allows them; a missing file is no Application. */
function isApplicationName(text: string): boolean {
  return /^[a-z0-9][-a-z0-9]*(?:\/[a-z0-9][-.a-z0-9]*)?$/.test(text) && !/\.(?:ya?ml|json)$/.test(text);
}

async function applicationEnvironment(name: string, options: DiffOptions, signal: AbortSignal): Promise<Environment> {
  const object = await readApplication(name, options, signal);
  if (!object) throw notThere(name, 'there is no such path, and no such Application');
  const images = imagesOfApplication(object, name);
  if (images.length > 0) return { name, images, unread: [] };
  const fix = 'sync it first, or name its files';
  throw new Failure('IMAGE_NOT_FOUND', 'the Application neither names nor runs an image', { fix, object: name });
}

async function readApplication(name: string, options: DiffOptions, signal: AbortSignal): Promise<unknown> {
  const argocdNamespace = settle(options.given).valueOf(CATALOGUE.argocdNamespace);
  const { keyOf, openDeployments } = await import('./deployments.ts');
  try {
    await using deployments = await openDeployments(options);
    return await deployments.applications.application(keyOf(name, argocdNamespace), signal);
  } catch (error) {
    // It was meant to be a path then.
    const hasNoCluster = error instanceof Failure && error.code === 'NO_APPLICATIONS';
    if (hasNoCluster) throw notThere(name, 'there is no such path, and no cluster to ask');
    throw error;
  }
}

function notThere(object: string, message: string): Failure {
  const fix = 'name a file or folder that is there, or an Application as namespace/name';
  return new Failure('TARGET_NOT_FOUND', message, { fix, object });
}
