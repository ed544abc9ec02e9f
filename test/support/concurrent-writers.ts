import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriterTold } from './branch-writer.ts';
import { LAB_ENV, type Lab, type LabRepository, openLab } from './git-lab.ts';
import { COMPILED, run } from './world.ts';

export interface WritersResult {
  readonly tookMs: number;
  /** Lines and files that were to be written, and those that are there in the end, sorted. */
  readonly wanted: readonly string[];
  readonly found: readonly string[];
  /** Commits beside the first one. */
  readonly commits: number;
  /** Of every change of ours: how many pushes it took. */
  readonly attempts: readonly number[];
  /** How often a change of ours had to be left to a next cycle. */
  readonly conflicts: number;
}

/** Separate processes, every fourth of them plain git, write one branch of one server at once, `changes` times each. */
export async function concurrentWriters(writers: number, changes: number): Promise<WritersResult> {
  await using lab = await openLab();
  const repository = await lab.createRepository('r.git', { files: new Map([['shared.txt', '']]) });
  const names = Array.from({ length: writers }, (_, index) => `${index % 4 === 3 ? 'plain' : 'tiphys'}-${index}`);
  const began = performance.now();
  const told = await Promise.all(
    names.map((name) =>
      name.startsWith('plain')
        ? plainWriter(lab, repository, name, changes)
        : ourWriter(repository.url, join(lab.folder, name), name, changes),
    ),
  );
  const tookMs = performance.now() - began;
  await lab.git(repository, 'fsck', '--strict');
  const lines = (await lab.show(repository, 'shared.txt')).split('\n').filter((line) => line !== '');
  const files = (await lab.git(repository, 'ls-tree', '-r', '--name-only', 'main')).split('\n');
  return {
    tookMs,
    wanted: names.flatMap((name) => Array.from({ length: changes }, (_, change) => `${name} ${change}`)).sort(),
    found: [...lines, ...files.filter((file) => file.startsWith('plain'))].sort(),
    commits: Number(await lab.git(repository, 'rev-list', '--count', 'main')) - 1,
    attempts: told.flatMap(({ attempts }) => attempts),
    conflicts: told.reduce((sum, { conflicts }) => sum + conflicts, 0),
  };
}

async function ourWriter(repoURL: string, stateDir: string, name: string, changes: number): Promise<WriterTold> {
  const child = fork(join(import.meta.dirname, 'branch-writer.ts'), [name, repoURL, stateDir, String(changes)], {
    env: { ...process.env, ...COMPILED },
  });
  const ended = once(child, 'exit');
  const [told] = await Promise.race([once(child, 'message'), ended.then(([code]) => [new Error(`left with ${code}`)])]);
  if (told instanceof Error) throw told;
  await ended;
  return told;
}

/** A person's script: fetch, commit, push, and again when that was too late. A file for every change. */
async function plainWriter(lab: Lab, { url }: LabRepository, name: string, changes: number): Promise<WriterTold> {
  const script = join(lab.folder, `${name}.sh`);
  await writeFile(
    script,
    `set -e
git clone -q '${url}' '${name}'
cd '${name}'
git config user.name '${name}'
git config user.email '${name}@example.com'
change=0
while [ $change -lt ${changes} ]; do
  git fetch -q origin
  git reset -q --hard origin/main
  echo x > "${name} $change"
  git add .
  git commit -q -m "${name} $change"
  git push -q origin HEAD:main 2>/dev/null || continue
  change=$((change + 1))
done
`,
  );
  const { code, stderr } = await run('sh', [script], lab.folder, LAB_ENV);
  if (code !== 0) throw new Error(stderr);
  return { attempts: [], conflicts: 0 };
}
