import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LAB_ENV, type LabRepository } from './git-lab.ts';

const START = Date.UTC(2024, 0, 1) / 1000;

/** Commits of the past, one a minute, each with a file of its own kilobyte. */
export async function grow(repository: LabRepository, amount: number, branch = 'main'): Promise<void> {
  const child = spawn('git', ['fast-import', '--quiet', '--force'], { cwd: repository.path, env: LAB_ENV });
  const closed = once(child, 'close');
  for (let index = 0; index < amount; index += 1) {
    const at = `Ä <a@b.c> ${START + index * 60} +0000`;
    const text = `${index}`.padEnd(1000, 'x');
    child.stdin.write(`commit refs/heads/${branch}\nauthor ${at}\ncommitter ${at}\ndata <<E\nnumber ${index}\nE\n`);
    child.stdin.write(
      `${index === 0 ? 'deleteall\n' : ''}M 100644 inline f${index % 50}\ndata ${text.length}\n${text}\n`,
    );
  }
  child.stdin.end();
  await closed;
}
