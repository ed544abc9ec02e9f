import { isUntyped } from '../../core/untyped.ts';
import type { LookRequests, PushOutcome } from '../../ports/look-requests.ts';
import type { KeySource } from '../oidc/key-set.ts';
import { doubtOfToken, readToken } from '../oidc/token.ts';
import { doubtOfPush, type ExpectedPush, GOOGLE_ISSUERS } from './google-push.ts';
import { type Doubt, doubtOfBody, doubtOfHead, type Head } from './proof.ts';
import type { WebhookKind } from './webhook-kind.ts';

/** What one kind of sender is asked for; undefined where anything is believed. */
export type Trusted =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'google-token'; readonly expected: ExpectedPush }
  | undefined;

/** The kinds that are listened to, each with what it has to show. */
export interface Reception {
  readonly kinds: ReadonlyMap<WebhookKind, Trusted>;
  readonly googleKeys: KeySource;
  readonly looks: LookRequests;
  /** Counts what became of each request, and of each push in it. */
  readonly observe: (kind: string, outcome: WebhookOutcome) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Of a push in a request that was taken, or of a request that was not. */
export type WebhookOutcome =
  | PushOutcome
  | 'ignored'
  | 'invalid'
  /** The sender did not prove who it is. */
  | 'refused'
  | 'too-large'
  | 'unknown-type';

export interface WebhookHead extends Head {
  readonly method: string;
}

export interface Answer {
  readonly status: number;
  /** Plain text; errors end with a line feed, as Go's do. */
  readonly text: string;
}

/** The largest body that is read. */
export const MOST_BODY_BYTES = 1024 * 1024;

/**
 * Answers one webhook, with upstream's statuses and words (reference part 2, 4.1). What it makes happen, happens later.
 * @param readBody the whole body; undefined as soon as it is more than MOST_BODY_BYTES
 */
export async function receive(
  reception: Reception,
  head: WebhookHead,
  readBody: () => Promise<Uint8Array | undefined>,
): Promise<Answer> {
  const { kinds, observe } = reception;
  if (kinds.size === 0) return refusal('no webhook handlers are registered; set a secret for at least one registry');
  const type = head.query.get('type') || one(head.headers['x-registry-type']);
  const supported = [...kinds.keys()]
    .map((kind) => kind.type)
    .toSorted()
    .join(', ');
  const unknown = (text: string) => {
    observe('', 'unknown-type');
    return refusal(`${text}. Supported types: ${supported}`);
  };
  if (type === '') return unknown('missing registry type parameter');
  const kind = [...kinds.keys()].find((one) => one.type === type);
  if (kind === undefined) return unknown(`invalid registry type: ${shown(type)}`);
  const refuse = (outcome: WebhookOutcome, reason: string, status = 400) => {
    observe(kind.type, outcome);
    return refusal(reason, status);
  };
  if (head.method !== 'POST') return refuse('invalid', `invalid HTTP method: ${shown(head.method)}`);
  const trusted = kinds.get(kind);
  const early = await doubtBefore(reception, kind, trusted, head);
  if (early !== undefined) return refuse('refused', early);
  const bytes = await readBody();
  if (bytes === undefined) return refuse('too-large', 'request body too large', 413);
  const late = trusted?.kind === 'secret' ? doubtOfBody(kind.proof, trusted.secret, head, bytes) : undefined;
  if (late !== undefined) return refuse('refused', late);
  return take(reception, kind, head, bytes, refuse);
}

function take(
  { looks, observe }: Reception,
  kind: WebhookKind,
  { headers, query }: WebhookHead,
  bytes: Uint8Array,
  refuse: (outcome: WebhookOutcome, reason: string) => Answer,
): Answer {
  const { contentTypes } = kind;
  const contentType = one(headers['content-type']).toLowerCase();
  if (contentTypes && !contentTypes.some((name) => contentType.includes(name))) {
    return refuse('invalid', `invalid content type: ${shown(contentType)}`);
  }
  const body = parseObject(bytes);
  if (body === undefined) return refuse('invalid', 'failed to parse webhook payload: it is not a JSON object');
  const webhook = kind.parse({ headers, query, body });
  if (webhook.kind === 'invalid') return refuse('invalid', shown(webhook.reason));
  if (webhook.kind === 'ignored') {
    const refused = refuse('ignored', shown(webhook.reason));
    return kind.insists ? { status: 200, text: refused.text } : refused;
  }
  for (const event of webhook.events) observe(kind.type, looks.repositoryPushed(event, kind.type));
  return { status: 200, text: 'Webhook received and processing' };
}

async function doubtBefore(
  { googleKeys, now }: Reception,
  { proof }: WebhookKind,
  trusted: Trusted,
  head: WebhookHead,
): Promise<Doubt> {
  if (trusted?.kind === 'secret') return doubtOfHead(proof, trusted.secret, head);
  if (trusted === undefined) return undefined;
  const token = readToken(one(head.headers.authorization));
  if (token === undefined) return 'missing webhook token';
  const key = await googleKeys.find(token.keyId).catch(() => undefined);
  if (key === undefined) return 'invalid webhook token: its key is unknown';
  const expected = { issuers: GOOGLE_ISSUERS, audience: trusted.expected.audience };
  const doubt = (await doubtOfToken(token, key, expected, now())) ?? doubtOfPush(token.claims, trusted.expected);
  return doubt && `invalid webhook token: ${doubt}`;
}

function parseObject(bytes: Uint8Array) {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return isUntyped(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const MOST_SHOWN = 200;

/** A sender's own words, on one line and not many. */
function shown(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_SHOWN);
}

function refusal(reason: string, status = 400): Answer {
  return { status, text: `${reason}\n` };
}

function one(header: string | readonly string[] | undefined): string {
  return [header ?? ''].flat()[0] ?? '';
}
