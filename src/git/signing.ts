import { join } from 'node:path';
import type { CommitStream } from '../core/commits/fast-import-stream.ts';
import { Failure } from '../core/failure.ts';
import { localEnvironment } from './environment.ts';
import { tellingLine } from './git-errors.ts';
import type { GitCommand, GitProcesses } from './processes.ts';

/** With what commits are signed (reference part 2, 2.9). */
export interface Signing {
  readonly method: 'openpgp' | 'ssh';
  /** GnuPG's id of the key, or the path of an SSH private key. */
  readonly key: string;
}

/** Writes commits anew with a signature, and returns their ids, oldest first. */
export type SignCommits = (
  gitDir: string,
  ids: readonly string[],
  stream: CommitStream,
  signal: AbortSignal,
) => Promise<readonly string[]>;

/**
 * Signs by git itself, which asks gpg or ssh-keygen. fast-import cannot sign: its commits only lend their trees.
 * @throws {Failure} GIT_SIGNING_FAILED
 */
export function commitSigner(
  processes: GitProcesses,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  signing: Signing,
): SignCommits {
  const run = async (command: Omit<GitCommand, 'timeoutMs' | 'about'>) => {
    const { code, stdout, stderr } = await processes.run({ ...command, timeoutMs, about: 'a signed commit' });
    if (code !== 0) throw notSigned(signing, stderr);
    return stdout.toString().trim();
  };
  return async (gitDir, ids, { from, identity, at, commits }, signal) => {
    const base = { ...localEnvironment(env, gitDir), ...keyring(env) };
    const trees = await run({
      args: ['cat-file', '--batch-check=%(objectname)'],
      env: base,
      input: Buffer.from(ids.map((id) => `${id}^{tree}\n`).join('')),
      signal,
    });
    const signed: string[] = [];
    for (const [index, tree] of trees.split('\n').entries()) {
      const { message = '', author = identity } = commits[index] ?? {};
      const parent = signed.at(-1) ?? from;
      const parents = parent === undefined ? [] : ['-p', parent];
      const args = ['-c', `gpg.format=${signing.method}`, 'commit-tree', `-S${signing.key}`, ...parents, tree];
      const input = Buffer.from(message);
      signed.push(await run({ args, env: { ...base, ...identityVariables(author, at) }, input, signal }));
    }
    return signed;
  };
}

/** Commands on mirrors have no home; GnuPG's keys lie there unless GNUPGHOME names another folder. */
function keyring({ GNUPGHOME, HOME }: Readonly<Record<string, string | undefined>>): Record<string, string> {
  if (GNUPGHOME) return { GNUPGHOME };
  return HOME ? { GNUPGHOME: join(HOME, '.gnupg') } : {};
}

function identityVariables({ name, email }: CommitStream['identity'], at: Date): Record<string, string> {
  const date = `@${Math.floor(at.getTime() / 1000)} +0000`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}

function notSigned({ method, key }: Signing, stderr: string): Failure {
  const tool = method === 'ssh' ? 'ssh-keygen' : 'gpg';
  return new Failure('GIT_SIGNING_FAILED', `${tool} did not sign a commit with ${key}: ${tellingLine(stderr, [])}`, {
    fix:
      method === 'ssh'
        ? 'let --git-commit-signing-key name a private key without passphrase that only this user can read'
        : 'import the secret key, without passphrase, into the folder that GNUPGHOME names',
  });
}
