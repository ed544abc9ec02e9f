import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startServerProgram } from './server-program.ts';

export interface DistributionRegistry extends AsyncDisposable {
  /** "127.0.0.1:5000" */
  readonly host: string;
}

interface DistributionOptions {
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Lines of an htpasswd file, with bcrypt. */
  readonly htpasswd?: string;
  /** Whom it tells of pushes and pulls. */
  readonly notify?: { readonly url: string; readonly authorization: string };
}

/**
 * A registry of the distribution project on a free loopback port, with its content in a temporary folder.
 * @param program  Debian's docker-registry (2.8), or the project's own `registry` (3)
 */
export async function startDistribution(
  program: string,
  { tls, htpasswd, notify }: DistributionOptions = {},
): Promise<DistributionRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-registry-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yml');
  await writeFile(
    config,
    `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${host}"}\n${notify ? notifications(notify) : ''}`,
  );
  const env: Record<string, string> = { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none' };
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
  stack.use(await startServerProgram({ program, args: ['serve', config], env, isReady: () => answers(host) }));
  const owned = stack.move();
  return { host, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** As docs/webhooks.md has it. JSON is YAML. */
function notifications({ url, authorization }: NonNullable<DistributionOptions['notify']>): string {
  const headers = { Authorization: [authorization] };
  const tries = { timeout: '5s', threshold: 5, backoff: '1s' };
  return `notifications: ${JSON.stringify({ endpoints: [{ name: 'tiphys', url, headers, ...tries }] })}\n`;
}

/** Whether anything listens: TLS and passwords are for those who come then. */
function answers(host: string): Promise<boolean> {
  const socket = connect(Number(host.split(':')[1]), '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}
