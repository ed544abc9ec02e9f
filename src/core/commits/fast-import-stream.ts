import type { Author } from './commit-author.ts';

/** A file as `git fast-import` is to write it. The bytes of a symbolic link (mode 120000) are its target. */
interface FileWrite {
  /** From the repository's root, cleaned, without leading slash. */
  readonly path: string;
  readonly mode: string;
  readonly bytes: Uint8Array;
}

export interface StreamedCommit {
  readonly message: string;
  /** Default: the stream's. */
  readonly author?: Author;
  readonly files: readonly FileWrite[];
}

export interface CommitStream {
  /** The ref that the commits are stacked on; it is created, or moved whatever it said. */
  readonly ref: string;
  /** Object id of the first commit's parent; undefined for a commit without history. */
  readonly from?: string;
  readonly identity: Author;
  readonly at: Date;
  readonly commits: readonly StreamedCommit[];
}

/**
 * The input that makes `git fast-import` write these commits and print the object id of each on a line of its own.
 * @see git-fast-import(1), "Input format"
 */
export function fastImportStream({ ref, from, identity, at, commits }: CommitStream): Uint8Array {
  const signature = ({ name, email }: Author) =>
    `${plain(name)} <${plain(email)}> ${Math.floor(at.getTime() / 1000)} +0000\n`;
  const chunks: Uint8Array[] = [];
  const text = (line: string) => chunks.push(Buffer.from(line));
  const data = (bytes: Uint8Array) => {
    text(`data ${bytes.length}\n`);
    chunks.push(bytes);
    text('\n');
  };
  text('feature done\n');
  for (const [index, commit] of commits.entries()) {
    const who = signature(commit.author ?? identity);
    text(`commit ${ref}\nmark :${index + 1}\nauthor ${who}committer ${who}`);
    data(Buffer.from(commit.message));
    if (index === 0 && from !== undefined) text(`from ${from}\n`);
    for (const file of commit.files) {
      text(`M ${file.mode} inline ${quotePath(file.path)}\n`);
      data(file.bytes);
    }
    text(`\nget-mark :${index + 1}\n`);
  }
  text('done\n');
  return Buffer.concat(chunks);
}

/** A path in the C style that fast-import and git's own output share. */
export function quotePath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that must be escaped
  const escaped = path.replace(/["\\\u0000-\u001f\u007f]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f ? `\\${code.toString(8).padStart(3, '0')}` : `\\${character}`;
  });
  return `"${escaped}"`;
}

/** An identity's name or address without what would end its field, as git itself cleans it. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin the next command
  return text.replace(/[<>\u0000-\u001f]/g, '').trim();
}
