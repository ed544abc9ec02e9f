import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DockerRegistry extends AsyncDisposable {
  /** "127.0.0.1:5000" */
  readonly host: string;
}

interface DockerRegistryOptions {
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Lines of an htpasswd file, with bcrypt. */
  readonly htpasswd?: string;
}

/** Debian's docker-registry on a free loopback port, with its content in a temporary folder. */
export async function startDockerRegistry(
  program: string,
  { tls, htpasswd }: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-registry-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${host}"}\n`,
  );
  const env: Record<string, string> = { PATH: process.env['PATH'] ?? '' };
  const place = async (name: string, content: string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  if (tls !== undefined) {
    env['REGISTRY_HTTP_TLS_CERTIFICATE'] = await place('cert.pem', tls.cert);
    env['REGISTRY_HTTP_TLS_KEY'] = await place('key.pem', tls.key);
  }
  if (htpasswd !== undefined) {
    env['REGISTRY_AUTH_HTPASSWD_REALM'] = 'registry';
    env['REGISTRY_AUTH_HTPASSWD_PATH'] = await place('htpasswd', htpasswd);
  }
  const child = spawn(program, ['serve', config], { stdio: 'ignore', env });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  stack.defer(async () => {
    child.kill();
    await ended;
  });
  for (let tries = 100; !(await answers(host)); tries -= 1) {
    if (tries === 0 || child.exitCode !== null) throw new Error('docker-registry does not answer');
    await sleep(100);
  }
  const owned = stack.move();
  return { host, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Whether anything listens: TLS and passwords are for those who come then. */
function answers(host: string): Promise<boolean> {
  const socket = connect(Number(host.split(':')[1]), '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

/** The registry cannot choose a port by itself and say which. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
