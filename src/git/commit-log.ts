/** A commit without its files. */
export interface CommitRecord {
  readonly commit: string;
  /** As far as they are known: none at the edge of a shallow history. */
  readonly parents: readonly string[];
  /** Object id of its root folder. */
  readonly tree: string;
  /** "Jane Doe <jane@example.com>" */
  readonly author: string;
  /** RFC 3339, in UTC. */
  readonly committedAt: string;
  readonly message: string;
}

const FIELDS = ['%H', '%P', '%T', '%an <%ae>', '%ct', '%B'];

/** Arguments of `git log` whose output `parseLog` reads. */
export const LOG_FORMAT: readonly string[] = ['-z', `--format=${FIELDS.join('%x00')}`, '--no-show-signature'];

/** Reads the output of `git log` in `LOG_FORMAT`: every field of every commit ends with a NUL. */
export function parseLog(output: Uint8Array): readonly CommitRecord[] {
  const text = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString();
  const values = text.split('\0');
  const records: CommitRecord[] = [];
  for (let start = 0; start + FIELDS.length <= values.length; start += FIELDS.length) {
    const [commit = '', parents = '', tree = '', author = '', at = '', message = ''] = values.slice(
      start,
      start + FIELDS.length,
    );
    const committedAt = rfc3339(Number(at));
    records.push({ commit, parents: parents.split(' ').filter((id) => id !== ''), tree, author, committedAt, message });
  }
  return records;
}

const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/** Whoever makes a commit can date it as they like; years of more than four digits are cut. */
function rfc3339(seconds: number): string {
  const known = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), LAST_SECOND) : 0;
  return `${new Date(known * 1000).toISOString().slice(0, 19)}Z`;
}
