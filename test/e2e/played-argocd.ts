import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { findTool, type Tool } from './tools.ts';

/** Which programs it needs, for a skip. */
export const RENDERERS = ['kustomize', 'helm'] as const satisfies readonly Tool[];

type Source = Readonly<Record<string, unknown>>;
type Entry = Readonly<Record<string, string>>;

/** What Argo CD makes of an Application, without Argo CD: as `status` has it once all is deployed. */
export interface Rendered {
  /** In order, each once. */
  readonly images: readonly string[];
  readonly sourceTypes: readonly string[];
}

/**
 * Renders the sources of an Application by kustomize and helm, with the override file of each laid over it, as Argo CD's
 * repo server does.
 * @param name  of the Application, which lies in Argo CD's own namespace
 * @param repository  the folder of the bare repository that all sources are in; its default branch counts
 */
export async function renderApplication(
  name: string,
  sources: readonly Source[],
  repository: string,
): Promise<Rendered> {
  const tree = await mkdtemp(join(tmpdir(), 'tiphys-rendered-'));
  try {
    await call('git', ['clone', '--quiet', repository, tree], '/');
    const images = new Set<string>();
    const sourceTypes: string[] = [];
    for (const source of sources) {
      const folder = join(tree, String(source['path']));
      const override: unknown = parse(await readIfThere(join(folder, `.argocd-source-${name}.yaml`)));
      const type = await typeOf(folder);
      const manifests = await renderers[type](folder, mergePatch(source, override));
      for (const [, image = ''] of manifests.matchAll(/^[\s-]*image: "?([^"\s]+)"?$/gm)) images.add(image);
      sourceTypes.push(type);
    }
    return { images: [...images].toSorted(), sourceTypes };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

const renderers = {
  async Kustomize(folder: string, { kustomize }: Source): Promise<string> {
    const images: readonly string[] = Object(kustomize).images ?? [];
    if (images.length > 0) await call('kustomize', ['edit', 'set', 'image', ...images], folder);
    return await call('kustomize', ['build', '.'], folder);
  },
  async Helm(folder: string, { helm }: Source): Promise<string> {
    const { valueFiles = [], parameters = [] } = Object(helm);
    const files = valueFiles.map((file: string) => `--values=${file}`);
    const sets = parameters.map(({ name, value }: Entry) => `--set-string=${name}=${value}`);
    return await call('helm', ['template', 'release', '.', ...files, ...sets], folder);
  },
  /** The plugin of these tests puts its variables into its one file. */
  async Plugin(folder: string, { plugin }: Source): Promise<string> {
    const env: readonly Entry[] = Object(plugin).env ?? [];
    const template = await readFile(join(folder, 'deployment.yaml.in'), 'utf8');
    return env.reduce((text, { name = '', value = '' }) => text.replaceAll(`@${name}@`, value), template);
  },
};

async function typeOf(folder: string): Promise<keyof typeof renderers> {
  if (await isThere(join(folder, 'Chart.yaml'))) return 'Helm';
  return (await isThere(join(folder, 'kustomization.yaml'))) ? 'Kustomize' : 'Plugin';
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...Object(target) };
  for (const [key, value] of Object.entries(patch ?? {})) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    merged[key] = isObject ? mergePatch(merged[key], value) : value;
  }
  return merged;
}

async function call(program: Tool | 'git', args: readonly string[], cwd: string): Promise<string> {
  const path = program === 'git' ? program : (findTool(program) ?? program);
  return (await promisify(execFile)(path, args, { cwd })).stdout;
}

function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
