import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { JsonPatchOperation } from '../src/ports/cluster.ts';
import { applyJsonPatch } from '../test/support/json-patch.ts';

/** Objects by the plural of their kind. */
export type Collections = Readonly<
  Record<string, { readonly count: number; readonly nth: (index: number) => object } | undefined>
>;

export interface ApiServer extends AsyncDisposable {
  /** "http://127.0.0.1:8001" */
  readonly url: string;
  /** How often each was asked: "PATCH applications". */
  readonly requests: ReadonlyMap<string, number>;
}

/** The kind's plural, and the number at the end of the object's name. */
const PLACE = /^\/apis?(?:\/[a-z-]+(?:\.[a-z0-9.-]+)?)?\/v1[a-z0-9]*(?:\/namespaces\/[^/]+)?\/([a-z]+)(?:\/.*-(\d+))?/;

/**
 * A Kubernetes API of made-up objects, which are made as they are listed, page by page. Watches stay open and silent. An
 * object is asked for by the number at the end of its name, and is what JSON Patches have made of it; whatever else is
 * written is taken and forgotten.
 */
export async function startApiServer(collections: Collections): Promise<ApiServer> {
  const requests = new Map<string, number>();
  const patched = new Map<string, object>();
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://x');
    const [, plural = '', number] = pathname.match(PLACE) ?? [];
    const collection = collections[plural];
    const line = `${searchParams.has('watch') ? 'WATCH' : method} ${plural}`;
    requests.set(line, (requests.get(line) ?? 0) + 1);
    const object = () => (number ? (patched.get(pathname) ?? collection?.nth(Number(number))) : undefined);
    if (request.headers['content-type'] === 'application/json-patch+json') {
      patched.set(pathname, applyJsonPatch(object() ?? {}, await operationsIn(request)));
      return void response.writeHead(200).end(JSON.stringify(object()));
    }
    request.resume();
    if (method !== 'GET') response.writeHead(200).end('{}');
    else if (searchParams.has('watch')) response.writeHead(200).flushHeaders();
    else if (searchParams.has('limit')) list(collection, searchParams, response);
    else response.writeHead(object() ? 200 : 404).end(JSON.stringify(object() ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function operationsIn(request: IncomingMessage): Promise<readonly JsonPatchOperation[]> {
  return (await json(request)) as readonly JsonPatchOperation[];
}

function list(collection: Collections[string], query: URLSearchParams, response: ServerResponse): void {
  const { count, nth } = collection ?? { count: 0, nth: () => ({}) };
  const from = Number(query.get('continue') ?? 0);
  const to = Math.min(count, from + Number(query.get('limit')));
  const items = Array.from({ length: to - from }, (_, offset) => nth(from + offset));
  const metadata = { resourceVersion: '1', ...(to < count ? { continue: String(to) } : {}) };
  response.writeHead(200).end(JSON.stringify({ metadata, items }));
}
