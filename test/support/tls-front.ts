import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';

interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the client showed a certificate that our authority has signed. */
  readonly isKnown: boolean;
}

/** HTTPS in front of a plain server of this process. */
export interface TlsFront extends AsyncDisposable {
  /** By the name that the certificate is for: "https://localhost:8443". */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

export interface TlsFrontOptions {
  readonly certificates: Certificates;
  /** Refuses who shows no certificate. */
  readonly asksForCertificate?: boolean;
}

export async function startTlsFront(target: string, options: TlsFrontOptions): Promise<TlsFront> {
  const { certificates, asksForCertificate = false } = options;
  const seen: SeenRequest[] = [];
  const tls = { ...certificates.server, ca: certificates.ca };
  const client = { requestCert: asksForCertificate, rejectUnauthorized: asksForCertificate };
  const server = createServer({ ...tls, ...client }, (message, response) => {
    const { authorized } = message.socket as TLSSocket;
    seen.push({ path: message.url ?? '', headers: message.headers, isKnown: authorized });
    const { hostname, port } = new URL(target);
    const { method, headers, url: path } = message;
    const forwarded = ask({ hostname, port, method, headers, path }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    message.pipe(forwarded);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the front listens on no port');
  return {
    url: `https://localhost:${address.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
