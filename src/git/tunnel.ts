import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { classifyNetworkError } from '../core/network-error.ts';
import { connectThrough, ProxyRefusal } from './through-proxy.ts';

/** A port of this machine that leads through a proxy to one destination, for as long as this object is there. */
export interface Tunnel extends AsyncDisposable {
  readonly port: number;
  /** Why the way through the proxy could not be had, in a line as git would print it; "" where it could. */
  problem(): string;
}

const CONNECT_MS = 30_000;

/**
 * For ssh, which knows no proxy. Whoever is on this machine reaches the destination by it, and nothing else.
 * @param proxy  http:, https:, socks5: or socks5h:, with user and password where it wants them
 * @param destination  with its port: "ssh://git.example.com:22"
 */
export async function openTunnel(proxy: URL, destination: URL): Promise<Tunnel> {
  const end = new AbortController();
  let problem = '';
  const join = async (near: Socket) => {
    try {
      const far = await connectThrough(
        proxy,
        destination,
        AbortSignal.any([end.signal, AbortSignal.timeout(CONNECT_MS)]),
      );
      // How a connection ends is seen by both of its ends.
      await pipeline(near, far, near, { signal: end.signal }).catch(() => far.destroy());
    } catch (error) {
      problem = `error: ${wordsFor(error)}\n`;
    } finally {
      near.destroy();
    }
  };
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    void join(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the tunnel listens on no port');
  return {
    port: address.port,
    problem: () => problem,
    async [Symbol.asyncDispose]() {
      end.abort();
      server.close();
    },
  };
}

/** Words that `gitFailure` knows, and none that hold a password. */
function wordsFor(error: unknown): string {
  if (error instanceof ProxyRefusal) return error.message;
  return `failed to connect to the proxy (${classifyNetworkError(error).code})`;
}
