import { type GitServer, startGitServer } from '../src/demo/git-server.ts';
import { median } from './median.ts';

export interface Cost {
  readonly ms: number;
  /** Sent by the server. */
  readonly bytes: number;
}

export function show({ ms, bytes }: Cost): string {
  return `${Math.round(ms)} ms, ${Math.round(bytes / 1024)} KiB fetched`;
}

/** The medians. */
export function middle(costs: readonly Cost[]): Cost {
  return { ms: median(costs.map(({ ms }) => ms)), bytes: median(costs.map(({ bytes }) => bytes)) };
}

export interface CountingServer extends AsyncDisposable {
  readonly server: GitServer;
  cost(work: () => Promise<unknown>): Promise<Cost>;
}

/** Counts what a Git server sends, and what work takes. */
export async function startCountingServer(root: string, latencyMs: number): Promise<CountingServer> {
  let bytes = 0;
  const server = await startGitServer({
    root,
    latencyMs,
    intercept: (_, response) => {
      const { socket } = response;
      const before = socket?.bytesWritten ?? 0;
      response.once('close', () => {
        bytes += (socket?.bytesWritten ?? before) - before;
      });
      return false;
    },
  });
  return {
    server,
    cost: async (work) => {
      const [before, began] = [bytes, performance.now()];
      await work();
      return { ms: performance.now() - began, bytes: bytes - before };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
