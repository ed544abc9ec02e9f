import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { Agent, request as forward } from 'node:https';
import { pipeline } from 'node:stream';

/** What is done to requests that fit; the first rule that fits counts, as often as it says. */
export interface Fault {
  /** Of "METHOD /path?query". */
  readonly match: RegExp;
  /** For ever without it. */
  readonly times?: number;
  /** Answers by itself. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Waits before the request goes on. */
  readonly delayMs?: number;
  /** Waits for that before the request goes on. */
  readonly until?: Promise<unknown>;
  /** Breaks the connection so long after the answer began. */
  readonly cutMs?: number;
}

export interface FaultProxy extends AsyncDisposable {
  /** "http://127.0.0.1:8001": plain HTTP in front of TLS. */
  readonly url: string;
  /** "METHOD /path?query" of all requests so far. */
  readonly seen: readonly string[];
  /** Instead of the faults before. */
  set(...faults: readonly Fault[]): void;
  /** Breaks the connection of every request that fits and is not answered yet, or not wholly. */
  cut(match: RegExp): void;
}

/** A reverse proxy on loopback that misbehaves on demand, in front of an API server. */
export async function startFaultProxy(upstream: string, caFile: string): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile) });
  let faults: { readonly fault: Fault; left: number }[] = [];
  const seen: string[] = [];
  const open = new Map<ServerResponse, string>();
  const faultFor = (line: string): Fault | undefined => {
    const found = faults.find(({ fault, left }) => left > 0 && fault.match.test(line));
    if (found) found.left -= 1;
    return found?.fault;
  };
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`;
    seen.push(line);
    open.set(response, line);
    response.once('close', () => open.delete(response));
    const { status, headers = {}, delayMs, until, cutMs } = faultFor(line) ?? {};
    await until;
    if (delayMs !== undefined) await new Promise((done) => setTimeout(done, delayMs));
    if (status !== undefined) {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
      return;
    }
    const { method, url = '/' } = request;
    const options = { method, headers: { ...request.headers, host: new URL(upstream).host }, agent };
    const forwarded = forward(new URL(url, upstream), options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      response.flushHeaders(); // a watch has no body for a while
      // An answer that breaks off there breaks off here.
      pipeline(answer, response, () => {});
      if (cutMs !== undefined) setTimeout(() => response.destroy(), cutMs);
    });
    forwarded.on('error', () => response.destroy());
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    set(...given) {
      faults = given.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    },
    cut(match) {
      for (const [response, line] of open) if (match.test(line)) response.destroy();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
