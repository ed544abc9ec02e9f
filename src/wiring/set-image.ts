import { appendFile } from 'node:fs/promises';
import type { SetImageOptions, Work } from '../cli/work.ts';
import { SettingsRefused } from '../config/settings/settings.ts';
import { Failure } from '../core/failure.ts';
import type { SetImageReport } from '../core/set-image-report.ts';
import { readEnvFile } from '../pipelines/set-image/env-file.ts';
import type { PathRequest } from '../pipelines/set-image/file-plan.ts';
import { openLocalFiles } from '../pipelines/set-image/local-files.ts';
import { reportFile } from '../pipelines/set-image/report-file.ts';
import { planSetImage } from '../pipelines/set-image/set-image.ts';
import { type AskedImages, readRequest } from '../pipelines/set-image/set-image-request.ts';

export async function setImage(...[options, signal]: Parameters<Work['setImage']>): Promise<SetImageReport> {
  const { envFile, from, git } = options;
  const built = envFile === undefined ? undefined : readEnvFile(await readFile(envFile, signal));
  const releases = from === undefined ? undefined : await readReleaseFile(from, signal);
  if (git === undefined) return await setInFiles({ ...options, built, releases });
  // What speaks with Git is loaded only for it.
  const { setInGit } = await import('./set-image-in-git.ts');
  return await setInGit({ ...options, built, releases, git }, signal);
}

/** @throws {SettingsRefused} naming everything that is wrong */
async function readReleaseFile(path: string, signal: AbortSignal): Promise<readonly PathRequest[]> {
  const { readReleases } = await import('../pipelines/set-image/releases.ts');
  const { paths, failures } = readReleases(path === '-' ? 'standard input' : path, await readFile(path, signal));
  if (failures.length > 0) throw new SettingsRefused(failures);
  return paths;
}

/** As every other file that is given; whatever reads those is loaded only for it. */
async function readFile(path: string, signal: AbortSignal): Promise<string> {
  return await (await import('./given-texts.ts')).readOneFile(path, signal);
}

/** @throws {Failure} SETTING_INVALID when the file cannot be written */
export async function appendToFile(...[path, text]: Parameters<Work['appendToFile']>): Promise<void> {
  await appendFile(path, text).catch((error) => {
    throw new Failure('SETTING_INVALID', error.message, {
      fix: 'let GITHUB_OUTPUT name a file that can be written, or choose another --output; what was done stays done',
      object: 'GITHUB_OUTPUT',
      cause: error,
    });
  });
}

async function setInFiles(options: AskedImages & Pick<SetImageOptions, 'writes'>): Promise<SetImageReport> {
  const local = openLocalFiles(process.cwd());
  const { files, remarks } = await planSetImage(await readRequest(options, local), local);
  const changed = files.filter(({ before, after }) => after !== before);
  if (options.writes) {
    for (const { path, before, after } of changed) await local.write(path, before, after);
  }
  const done = options.writes ? 'edited' : 'planned';
  const outcome = changed.length === 0 ? 'unchanged' : done;
  return {
    files: files.map(reportFile),
    remarks,
    superseded: [],
    result: { outcome, commit: undefined, branch: undefined, pullRequestURL: undefined },
  };
}
