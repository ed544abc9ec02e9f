import type { IncomingHttpHeaders } from 'node:http';
import type { PushEvent } from '../../core/push-event.ts';
import type { Untyped } from '../../core/untyped.ts';

/** A request whose sender is known to be the one he says he is. */
interface WebhookRequest {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** The JSON object in the body. */
  readonly body: Untyped;
}

/** What a request says. A reason is one line without a full stop, and repeats nothing of the request but its words. */
export type Webhook =
  | { readonly kind: 'pushed'; readonly events: readonly PushEvent[] }
  /** Well formed, about something else than a push. */
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly reason: string };

/** How a sender shows that it knows the secret. */
export type Proof =
  /** The secret itself, in a query parameter or in headers; the first that is there counts. */
  | { readonly kind: 'presented'; readonly query?: string; readonly headers?: readonly ProofHeader[] }
  /** An HMAC of the body, in hexadecimal digits. */
  | { readonly kind: 'signed'; readonly header: string; readonly algorithm: 'sha1' | 'sha256'; readonly prefix: string }
  /** Either of the two, in one header. */
  | { readonly kind: 'presented-or-signed'; readonly header: string; readonly algorithm: 'sha256' }
  /** A token that Google signs; what it must say takes the secret's place. */
  | { readonly kind: 'google-token' };

interface ProofHeader {
  readonly name: string;
  /** Words that may stand before the secret, "Bearer ". */
  readonly scheme?: string;
}

/** One kind of sender. */
export interface WebhookKind {
  /** What `?type=` or the header `X-Registry-Type` says. */
  readonly type: string;
  readonly proof: Proof;
  /** Of which the Content-Type must contain one; any when absent. */
  readonly contentTypes?: readonly string[];
  /** The sender repeats what is not answered with success: what is no push is answered so, too. */
  readonly insists?: true;
  /** Pure, and reads the request only. */
  parse(request: WebhookRequest): Webhook;
}

export function pushed(registry: string, repository: string, tags: readonly string[]): Webhook {
  return { kind: 'pushed', events: tags.map((tag) => ({ registry, repository, tag })) };
}

export function ignored(reason: string): Webhook {
  return { kind: 'ignored', reason };
}

export function invalid(reason: string): Webhook {
  return { kind: 'invalid', reason };
}
