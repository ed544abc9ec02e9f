import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../../src/server/self-signed.ts';

export interface TokenOptions {
  /** Beside `alg` and `kid`, and over them. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly algorithm?: 'RS256' | 'ES256' | 'HS256' | 'none';
  /** Instead of the issuer's own. */
  readonly key?: KeyObject;
}

/** An issuer of OpenID Connect tokens in this process, over TLS, whose certificate is its own authority. */
export interface OidcIssuer extends AsyncDisposable {
  readonly url: string;
  /** Of the certificate to trust. */
  readonly caFile: string;
  /** How often each path was asked for. */
  readonly asked: Map<string, number>;
  /** What is answered instead of the truth. */
  readonly answers: Map<string, { readonly status: number; readonly body: string; readonly location?: string }>;
  /** The keys that are published, as a JSON Web Key Set. */
  readonly keys: { readonly keys: readonly object[] };
  /** The public key of the RSA key pair, in PEM. */
  readonly publicKey: string;
  /** A token that is good for five minutes, with these claims over the usual ones; undefined leaves one out. */
  token(claims: Readonly<Record<string, unknown>>, options?: TokenOptions): string;
}

export async function startIssuer(): Promise<OidcIssuer> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publish = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' });
  const keys = { keys: [publish(rsa.publicKey, 'rsa'), publish(ec.publicKey, 'ec')] };
  const asked: OidcIssuer['asked'] = new Map();
  const answers: OidcIssuer['answers'] = new Map();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-issuer-'));
  const { cert, key } = selfSigned(Date.now());
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, cert);
  let url = '';
  const truths: Readonly<Record<string, () => object>> = {
    '/.well-known/openid-configuration': () => ({ issuer: url, jwks_uri: `${url}/keys` }),
    '/keys': () => keys,
  };
  const server = createServer({ cert, key }, ({ url: path = '' }, response) => {
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const told = answers.get(path);
    const truth = Object.hasOwn(truths, path) ? truths[path]?.() : undefined;
    if (told) answer(response, told);
    else answer(response, { status: truth ? 200 : 404, body: JSON.stringify(truth ?? {}) });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const address = server.address();
  url = `https://localhost:${typeof address === 'object' && address ? address.port : 0}`;
  return {
    url,
    caFile,
    asked,
    answers,
    keys,
    publicKey: rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    token(claims, { header = {}, algorithm = 'RS256', key: signing } = {}) {
      const seconds = Math.floor(Date.now() / 1000);
      const times = { iat: seconds, nbf: seconds, exp: seconds + 300 };
      const kid = algorithm === 'ES256' ? 'ec' : 'rsa';
      const text = [
        { alg: algorithm, kid, typ: 'JWT', ...header },
        { iss: url, jti: randomUUID(), sub: 'a job', ...times, ...claims },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${text}.${signatureOf(text, algorithm, signing ?? (kid === 'ec' ? ec.privateKey : rsa.privateKey))}`;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

function answer(
  response: ServerResponse,
  { status, body, location }: { readonly status: number; readonly body: string; readonly location?: string },
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...(location ? { location } : {}) });
  response.end(body);
}

function signatureOf(text: string, algorithm: NonNullable<TokenOptions['algorithm']>, key: KeyObject): string {
  switch (algorithm) {
    case 'none':
      return '';
    case 'HS256':
      return createHmac('sha256', key).update(text).digest('base64url');
    case 'RS256':
      return createSign('RSA-SHA256').update(text).sign(key, 'base64url');
    case 'ES256':
      return sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
}
