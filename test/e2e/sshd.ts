import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './server-program.ts';

/** OpenSSH's own server on the loopback address, for git alone. */
export interface Sshd extends AsyncDisposable {
  /** "ssh://root@127.0.0.1:2222", before the path of a repository. */
  readonly url: string;
  /** The line by which its host key is known. */
  readonly knownHosts: string;
  /** The only key that it lets in, as ssh-keygen wrote it. */
  readonly key: string;
  /** The same key with a passphrase. */
  readonly lockedKey: string;
  /** A key that it knows nothing of. */
  readonly strangeKey: string;
}

/** @param root  the folder below which repositories are served */
export async function startSshd(program: string, root: string): Promise<Sshd> {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-sshd-'));
  // As root it gives up its rights in a folder of the system's.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true });
  const host = await makeKey(folder, 'host');
  const client = await makeKey(folder, 'client');
  const locked = join(folder, 'locked');
  await writeFile(locked, client.key, { mode: 0o600 });
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'passphrase', '-f', locked]);
  const script = join(folder, 'git-only');
  await writeFile(script, gitOnly(root));
  await chmod(script, 0o755);
  await writeFile(join(folder, 'authorized_keys'), `restrict,command="${script}" ${client.publicKey}`);
  const port = await freePort();
  await writeFile(join(folder, 'config'), configuration(folder, port));
  const server = spawn(program, ['-D', '-e', '-f', join(folder, 'config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => server.once('close', () => resolve()));
  await listening(server.stderr);
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    knownHosts: `[127.0.0.1]:${port} ${host.publicKey}`,
    key: client.key,
    lockedKey: await readFile(locked, 'utf8'),
    strangeKey: (await makeKey(folder, 'strange')).key,
    async [Symbol.asyncDispose]() {
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeKey(folder: string, name: string): Promise<{ readonly key: string; readonly publicKey: string }> {
  const file = join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  return { key: await readFile(file, 'utf8'), publicKey: await readFile(`${file}.pub`, 'utf8') };
}

/** Paths are taken from the root's folder on; anything but git is refused by git's own shell. */
function gitOnly(root: string): string {
  const command = `printf %s "$SSH_ORIGINAL_COMMAND" | sed "s#'/#'${root}/#"`;
  return `#!/bin/sh\nunset GIT_PROTOCOL\nexec git shell -c "$(${command})"\n`;
}

function configuration(folder: string, port: number): string {
  return [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'StrictModes no',
    '',
  ].join('\n');
}

async function listening(stderr: NodeJS.ReadableStream): Promise<void> {
  let said = '';
  for await (const chunk of stderr) {
    said += chunk;
    if (said.includes('Server listening on')) break;
  }
  if (!said.includes('Server listening on')) throw new Error(`sshd did not start: ${said}`);
}
