import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where programs that npm and Debian do not put on the PATH are kept between runs. */
export const toolFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tiphys-e2e', 'bin');

/** The real programs that judge us; each can be named by the variable of its name in capitals. */
export const TOOLS = ['kustomize', 'kubectl', 'helm', 'docker-registry', 'skopeo'] as const;
export type Tool = (typeof TOOLS)[number];

/** The program's path: by its variable, on the PATH, or in the cache. Undefined when it is nowhere. */
export function findTool(tool: Tool): string | undefined {
  const named = process.env[tool.toUpperCase().replaceAll('-', '_')];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), toolFolder];
  return [...(named ? [named] : []), ...folders.map((folder) => join(folder, tool))].find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** For a skipped test's name: what is missing, and the remedy. */
export function missing(tool: Tool): string {
  return `SKIPPED: ${tool} not found; run \`npm run test:e2e\` or put it on PATH`;
}
