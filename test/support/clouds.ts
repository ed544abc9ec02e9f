import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CloudAddresses, IdentitySurroundings } from '../../src/registries/identity/identity-kind.ts';
import { openIdentities } from '../../src/registries/identity/open-identities.ts';

/** A request as a double sees it. */
export interface CloudRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body read as a form. */
  readonly form: Readonly<Record<string, string>>;
}

/** A status for a refusal, `challenge` for a 401 that says how, any other object or text for what is given. */
export type CloudAnswer = number | string | object;

export interface Cloud extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly CloudRequest[];
}

/** A service of a cloud in this process, over loopback. */
export async function startCloud(answer: (request: CloudRequest) => CloudAnswer): Promise<Cloud> {
  const seen: CloudRequest[] = [];
  const server = createServer(async (message, response) => {
    const body = await text(message);
    const request = {
      method: message.method ?? '',
      url: new URL(message.url ?? '/', `http://${message.headers.host}`),
      headers: message.headers,
      body,
      form: Object.fromEntries(new URLSearchParams(body)),
    };
    seen.push(request);
    const given = answer(request);
    if (typeof given === 'object' && 'challenge' in given) {
      response.writeHead(401, { 'www-authenticate': String(given.challenge) }).end();
    } else if (typeof given === 'number')
      response.writeHead(given).end(JSON.stringify({ error: 'refused', __type: 'Refused' }));
    else
      response
        .writeHead(200, { 'metadata-flavor': 'Google' })
        .end(typeof given === 'string' ? given : JSON.stringify(given));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the double listens on no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What an identity is asked with: this environment, and clouds at these addresses only. */
export function surroundingsFor(
  env: Readonly<Record<string, string>>,
  cloud: Partial<CloudAddresses>,
  now: () => number = Date.now,
): IdentitySurroundings & AsyncDisposable {
  const limits = {
    concurrency: 4,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    requestTimeoutMs: 2_000,
    totalTimeoutMs: 4_000,
  };
  const sleep = () => Promise.resolve();
  const nowhere = 'http://127.0.0.1:9/';
  const everywhere: CloudAddresses = {
    sts: () => nowhere,
    ecr: () => nowhere,
    ecrPublic: nowhere,
    ec2Metadata: nowhere,
    azureMetadata: nowhere,
    gceMetadata: nowhere,
    googleToken: nowhere,
    googleSts: nowhere,
    googleIamCredentials: nowhere,
    azureAuthority: nowhere,
  };
  const { surroundings, close } = openIdentities(
    { env, limits, now, sleep, random: () => 0 },
    { ...everywhere, ...cloud },
  );
  return { ...surroundings, [Symbol.asyncDispose]: close };
}

/** What a signature of AWS says, when it is right: computed anew from what was received. */
export function verifiedSigner(
  { method, url, headers, body }: CloudRequest,
  secrets: Readonly<Record<string, string>>,
):
  | { readonly accessKeyId: string; readonly region: string; readonly service: string; readonly token: unknown }
  | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=([0-9a-f]{64})$/;
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] =
    pattern.exec(headers.authorization ?? '') ?? [];
  const secret = secrets[accessKeyId];
  if (secret === undefined || !names.split(';').includes('host')) return undefined;
  const hash = (data: string) => createHash('sha256').update(data).digest('hex');
  const mac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = `${method}\n${url.pathname}\n${url.searchParams}\n${lines.join('')}\n${names}\n${hash(body)}`;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${scope}\n${hash(canonical)}`;
  const key = mac(mac(mac(mac(`AWS4${secret}`, date), region), service), 'aws4_request');
  if (mac(key, toSign).toString('hex') !== signature) return undefined;
  return { accessKeyId, region, service, token: headers['x-amz-security-token'] };
}
