import type { WebhookSettings } from '../../config/settings/server-settings.ts';
import type { Problem } from '../../core/failure.ts';
import { byPath, type Serve } from '../http-server.ts';
import { type PortOptions, type PortServer, serveAtPort } from '../port-server.ts';
import { webhookKinds } from './index.ts';
import { MOST_BODY_BYTES, type Reception, receive, type Trusted } from './receive.ts';
import type { WebhookKind } from './webhook-kind.ts';

export type WebhookServerOptions = Omit<Reception, 'kinds'> & PortOptions<WebhookSettings>;

/**
 * Serves `/webhook` and `/healthz`.
 * @throws {Failure} as `serveAtPort`
 */
export async function serveWebhooks(options: WebhookServerOptions): Promise<PortServer> {
  const kinds = trustedKinds(options.settings);
  const server = await serveAtPort(options, webhookPaths({ ...options, kinds }));
  return { ...server, warnings: [...(kinds.size === 0 ? [nobodyKnown()] : []), ...server.warnings] };
}

/** The kinds that are listened to: those that can prove themselves, or all of them where no proof is required. */
function trustedKinds({
  secrets,
  googleToken,
  requireSecret,
}: Pick<WebhookSettings, 'secrets' | 'googleToken' | 'requireSecret'>): ReadonlyMap<WebhookKind, Trusted> {
  const trustedOf = ({ type, proof }: WebhookKind): Trusted => {
    if (proof.kind === 'google-token') return googleToken && { kind: 'google-token', expected: googleToken };
    const secret = secrets.get(type);
    return secret === undefined ? undefined : { kind: 'secret', secret };
  };
  const kinds = webhookKinds.map((kind) => [kind, trustedOf(kind)] as const);
  return new Map(requireSecret ? kinds.filter(([, trusted]) => trusted !== undefined) : kinds);
}

function webhookPaths(reception: Reception): Serve {
  return byPath({
    '/healthz': () => ({ status: 200, body: 'OK' }),
    '/webhook': async (request) => {
      const { status, text } = await receive(reception, request, () => request.readBody(MOST_BODY_BYTES));
      return { status, body: text };
    },
  });
}

function nobodyKnown(): Problem {
  const message = 'no secret is set for any registry, so that every webhook is refused';
  return { code: 'SETTING_UNUSED', object: '--enable-webhook', message, fix: 'set one of the webhook secrets' };
}
