import type { Work } from '../cli/work.ts';
import type { SetImageReport } from '../core/set-image-report.ts';
import { unifiedDiff } from '../core/unified-diff.ts';
import { openLocalFiles } from '../pipelines/local-files.ts';
import { planSetImage } from '../pipelines/set-image.ts';
import { readRequest } from '../pipelines/set-image-request.ts';

export async function setImage(...[options]: Parameters<Work['setImage']>): Promise<SetImageReport> {
  const local = openLocalFiles(process.cwd());
  const { files, remarks } = await planSetImage(await readRequest(options, local), local);
  if (options.writes) {
    for (const { path, before, after } of files) if (after !== before) await local.write(path, before, after);
  }
  return {
    files: files.map(({ path, before, after, changes }) => ({ path, diff: unifiedDiff(path, before, after), changes })),
    remarks,
  };
}
