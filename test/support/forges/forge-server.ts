import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isUntyped, type Untyped } from '../../../src/core/untyped.ts';

export interface Answer {
  readonly status: number;
  /** Sent as JSON; nothing when left out. */
  readonly json?: unknown;
  /** Instead of JSON, as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Call {
  readonly method: string;
  /** The parts of the path that a route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Untyped;
  readonly headers: IncomingMessage['headers'];
}

/** A field's type in a body; with "?" it may be left out. */
type FieldType = 'string' | 'number' | 'boolean' | 'object' | 'strings' | 'numbers' | 'objects';
export type Shape = Readonly<Record<string, FieldType | `${FieldType}?`>>;

export interface Route {
  readonly method: string;
  /** "/repos/:owner/:repo/branches/*": a name takes one part, the star all that remain (as params.rest). */
  readonly path: string;
  /** Parameters that it knows. */
  readonly query?: readonly string[];
  /** Fields that its body may have. */
  readonly body?: Shape;
  readonly handle: (call: Call) => Answer;
}

/** What happens to the next requests that fit, instead of an answer of the forge. */
export interface Fault {
  readonly answer: Answer | 'cut' | 'never';
  /** Default: every method. */
  readonly method?: string;
  /** Default: once. */
  readonly times?: number;
}

/**
 * The HTTP side of a contract double: strict about paths, parameters and fields, because a forge that passes over what
 * it does not know would hide a typing error of ours.
 */
export interface ForgeServer extends AsyncDisposable {
  /** "http://127.0.0.1:1234" */
  readonly url: string;
  /** "POST /api/v1/repos/acme/deploy/pulls", in the order of arrival; without queries. */
  readonly seen: readonly string[];
  /** The Authorization headers, and other headers by which a credential can travel, of the same requests. */
  readonly credentials: readonly (string | undefined)[];
  /** What no such forge would have understood; a test that ends with any has failed. */
  readonly complaints: readonly string[];
  fail(fault: Fault): void;
}

export interface ServerOptions {
  /** @param url  of the server */
  readonly routes: (url: string) => readonly Route[];
  /** The answer to whoever may not come in; undefined lets in. */
  readonly guard: (call: Omit<Call, 'params' | 'body'> & { readonly path: string }) => Answer | undefined;
}

export async function startForgeServer({ routes, guard }: ServerOptions): Promise<ForgeServer> {
  const seen: string[] = [];
  const credentials: (string | undefined)[] = [];
  const complaints: string[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  let served: readonly Route[] = [];

  const answerTo = (message: IncomingMessage, text: string): Fault['answer'] => {
    const { method = '', headers } = message;
    const { pathname, searchParams: query } = new URL(message.url ?? '', 'http://double');
    seen.push(`${method} ${pathname}`);
    credentials.push(headers.authorization ?? [headers['private-token']].flat()[0]);
    const planned = faults.find(({ fault, left }) => left > 0 && (fault.method ?? method) === method);
    if (planned !== undefined) {
      planned.left--;
      return planned.fault.answer;
    }
    const refused = guard({ method, path: pathname, query, headers });
    if (refused !== undefined) return refused;
    for (const route of served) {
      const params = route.method === method ? match(route.path, pathname) : undefined;
      if (params === undefined) continue;
      const body: unknown = text === '' ? {} : JSON.parse(text);
      const wrong = isUntyped(body) ? wrongIn(route, query, body) : ['a body that is no object'];
      if (wrong.length > 0 || !isUntyped(body)) {
        complaints.push(...wrong.map((one) => `${method} ${pathname}: ${one}`));
        return { status: 422, json: { message: wrong.join('; ') } };
      }
      return route.handle({ method, params, query, body, headers });
    }
    complaints.push(`${method} ${pathname}: no such route`);
    return { status: 404, json: { message: 'Not Found' } };
  };

  const server = createServer((message, response) => {
    const chunks: Uint8Array[] = [];
    message.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    message.on('end', () => {
      try {
        send(response, answerTo(message, Buffer.concat(chunks).toString()));
      } catch (error) {
        complaints.push(`the double failed: ${error instanceof Error ? error.stack : error}`);
        send(response, { status: 500, json: { message: 'the double failed' } });
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on no port');
  const url = `http://127.0.0.1:${address.port}`;
  served = routes(url);
  return {
    url,
    seen,
    credentials,
    complaints,
    fail: (fault) => faults.push({ fault, left: fault.times ?? 1 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function match(pattern: string, pathname: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = pathname.split('/');
  if (wanted.at(-1) === '*' ? given.length < wanted.length : given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (part === '*') params['rest'] = given.slice(index).map(decodeURIComponent).join('/');
    else if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(given[index] ?? '');
    else if (part !== given[index]) return undefined;
  }
  return params;
}

function wrongIn({ query: known = [], body: shape = {} }: Route, query: URLSearchParams, body: Untyped): string[] {
  const unknown = [...query.keys()].filter((name) => !known.includes(name)).map((name) => `unknown parameter ${name}`);
  const fields = Object.entries(body).flatMap(([name, value]) => {
    const type = shape[name]?.replace('?', '');
    if (type === undefined) return [`unknown field ${name}`];
    return hasType(value, type) ? [] : [`${name} is not ${type}: ${JSON.stringify(value)}`];
  });
  const missing = Object.entries(shape).filter(([name, type]) => !type.endsWith('?') && body[name] === undefined);
  return [...unknown, ...fields, ...missing.map(([name]) => `no ${name}`)];
}

function hasType(value: unknown, type: string): boolean {
  if (!type.endsWith('s')) return type === 'object' ? isUntyped(value) : typeof value === type;
  return Array.isArray(value) && value.every((item) => hasType(item, type.slice(0, -1)));
}

function send(response: ServerResponse, answer: Fault['answer']): void {
  if (answer === 'never') return;
  if (answer === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"half":');
    setTimeout(() => response.destroy(), 5);
    return;
  }
  const { status, json, text, headers } = answer;
  const body = text ?? (json === undefined ? '' : JSON.stringify(json));
  const type = text === undefined ? 'application/json' : 'text/html';
  response.writeHead(status, { ...(body === '' ? {} : { 'content-type': type }), ...headers });
  response.end(body);
}

export function ok(json: unknown): Answer {
  return { status: 200, json };
}

/** A page of a list with the Link header by which the next one is found. */
export function linkedPage(
  items: readonly unknown[],
  { query, path, url }: { readonly query: URLSearchParams; readonly path: string; readonly url: string },
  sizeName: string,
): Answer {
  const size = Math.min(Number(query.get(sizeName) ?? 30), 100);
  const page = Number(query.get('page') ?? 1);
  const more = new URL(path, url);
  for (const [name, value] of query) more.searchParams.set(name, value);
  more.searchParams.set('page', String(page + 1));
  const hasMore = page * size < items.length;
  return {
    status: 200,
    json: items.slice((page - 1) * size, page * size),
    ...(hasMore ? { headers: { link: `<${more.href}>; rel="next"` } } : {}),
  };
}
