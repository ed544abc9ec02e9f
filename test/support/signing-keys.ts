import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Author } from '../../src/core/commits/commit-author.ts';
import { LAB_ENV } from './git-lab.ts';

const run = promisify(execFile);

/** A key of somebody, and the options by which git verifies what it has signed. */
export interface SigningKey {
  readonly method: 'openpgp' | 'ssh';
  readonly key: string;
  readonly verifying: readonly string[];
}

export interface SigningKeys extends AsyncDisposable {
  /** For git and for whoever asks it to sign or to verify. */
  readonly env: Readonly<Record<string, string>>;
  /** Undefined where the machine has no ssh-keygen. */
  readonly ssh: SigningKey | undefined;
  /** Undefined where the machine has no gpg. */
  readonly openpgp: SigningKey | undefined;
}

/** Real keys in a folder of their own: GnuPG's sockets must have short paths, so that its home cannot lie deep. */
export async function makeSigningKeys(who: Author): Promise<SigningKeys> {
  const folder = await mkdtemp(join(tmpdir(), 'tg-'));
  const env = { ...LAB_ENV, HOME: folder, GNUPGHOME: join(folder, 'gpg') };
  return {
    env,
    ssh: await makeSshKey(folder, who),
    openpgp: await makeOpenpgpKey(env, who),
    async [Symbol.asyncDispose]() {
      await run('gpgconf', ['--kill', 'all'], { env }).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeSshKey(folder: string, { email }: Author): Promise<SigningKey | undefined> {
  const [key, signers] = [join(folder, 'id_ed25519'), join(folder, 'signers')];
  try {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', email, '-f', key]);
  } catch {
    return undefined;
  }
  const { stdout } = await run('ssh-keygen', ['-y', '-f', key]);
  await writeFile(signers, `${email} ${stdout}`);
  return { method: 'ssh', key, verifying: ['-c', `gpg.ssh.allowedSignersFile=${signers}`] };
}

async function makeOpenpgpKey(
  env: Readonly<Record<'GNUPGHOME', string>>,
  { name, email }: Author,
): Promise<SigningKey | undefined> {
  await mkdir(env.GNUPGHOME, { mode: 0o700 });
  const args = ['--batch', '--passphrase', '', '--quick-generate-key', `${name} <${email}>`, 'ed25519', 'sign'];
  try {
    await run('gpg', args, { env });
  } catch {
    return undefined;
  }
  return { method: 'openpgp', key: email, verifying: [] };
}
