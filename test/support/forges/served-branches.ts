import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fastImportStream } from '../../../src/core/commits/fast-import-stream.ts';
import { LAB_ENV } from '../git-lab.ts';

/** Branches of a real bare repository on this machine, for a double whose commits others shall be able to fetch. */
export class ServedBranches {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Commits by branch. */
  all(): ReadonlyMap<string, string> {
    const lines = this.#git(['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads/']).split('\n');
    return new Map(
      lines.filter((line) => line !== '').map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    );
  }

  /** Moves a branch by one commit of the App. @returns its id */
  commit(branch: string, from: string, message: string, files: ReadonlyMap<string, Uint8Array>): string {
    const ref = `refs/made/${randomUUID()}`;
    const identity = { name: 'tiphys[bot]', email: '7+tiphys[bot]@users.noreply.github.com' };
    const writes = [...files].map(([path, bytes]) => ({ path, mode: '100644', bytes }));
    const stream = { ref, from, identity, at: new Date(), commits: [{ message, files: writes }] };
    const commit = this.#git(['fast-import', '--quiet', '--date-format=raw'], fastImportStream(stream));
    this.#git(['update-ref', '--stdin'], Buffer.from(`update refs/heads/${branch} ${commit} ${from}\ndelete ${ref}\n`));
    return commit;
  }

  #git(args: readonly string[], input: Uint8Array = new Uint8Array()): string {
    return execFileSync('git', args, { cwd: this.#path, env: LAB_ENV, input }).toString().trim();
  }
}
