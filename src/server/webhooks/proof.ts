import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Proof } from './webhook-kind.ts';

/** What a sender shows before its body is read. */
export interface Head {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
}

/** Why a sender is not believed, in upstream's words; undefined when nothing is wrong. */
export type Doubt = string | undefined;

/** What can be judged before the body is read: a stranger's body is not. */
export function doubtOfHead(proof: Proof, secret: string, head: Head): Doubt {
  if (proof.kind !== 'presented') return undefined;
  const shown = presented(proof, head);
  if (shown === undefined) return missingSecret(proof);
  return isSame(shown, secret) ? undefined : 'invalid webhook secret';
}

/** What only the body can tell. */
export function doubtOfBody(proof: Proof, secret: string, { headers }: Head, body: Uint8Array): Doubt {
  if (proof.kind !== 'signed' && proof.kind !== 'presented-or-signed') return undefined;
  const shown = one(headers[proof.header]);
  if (shown === '') return 'missing webhook signature';
  const signature = createHmac(proof.algorithm, secret).update(body).digest('hex');
  const prefix = proof.kind === 'signed' ? proof.prefix : '';
  const isSecret = proof.kind === 'presented-or-signed' && isSame(shown, secret);
  return isSame(shown, `${prefix}${signature}`) || isSecret ? undefined : 'invalid webhook signature';
}

/** In the same time wherever the texts differ, and however long they are. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

type Presented = Extract<Proof, { readonly kind: 'presented' }>;

function presented({ query: parameter, headers: names = [] }: Presented, { headers, query }: Head): string | undefined {
  const inQuery = parameter === undefined ? '' : (query.get(parameter) ?? '');
  if (inQuery !== '') return inQuery;
  for (const { name, scheme = '' } of names) {
    const text = one(headers[name]);
    if (text !== '') return text.toLowerCase().startsWith(scheme.toLowerCase()) ? text.slice(scheme.length) : text;
  }
  return undefined;
}

function missingSecret({ query, headers = [] }: Presented): string {
  const isHeader = query === undefined && headers.some(({ name }) => name === 'authorization');
  return isHeader ? 'missing Authorization header when secret is configured' : 'missing webhook secret';
}

function one(header: string | readonly string[] | undefined): string {
  return [header ?? ''].flat()[0] ?? '';
}
