import type { WebhookSettings } from '../../config/settings/server-settings.ts';
import type { Problem } from '../../core/failure.ts';
import { byPath, type HttpServer, listen, type Serve } from '../http-server.ts';
import { readTls, tlsWarnings } from '../tls.ts';
import { webhookKinds } from './index.ts';
import { MOST_BODY_BYTES, type Reception, receive, type Trusted } from './receive.ts';
import type { WebhookKind } from './webhook-kind.ts';

export interface WebhookServerOptions extends Omit<Reception, 'kinds'> {
  readonly settings: WebhookSettings;
  /** Holds tls.crt and tls.key. */
  readonly tlsFolder: string;
  readonly onBug: (error: unknown) => void;
}

export interface WebhookServer extends HttpServer {
  readonly warnings: readonly Problem[];
}

/**
 * Serves `/webhook` and `/healthz` on every address of this machine until it is disposed of.
 * @throws {Failure} ADDRESS_UNUSABLE, CERTIFICATE_INVALID
 */
export async function serveWebhooks(options: WebhookServerOptions): Promise<WebhookServer> {
  const { settings, tlsFolder, onBug, now } = options;
  const kinds = trustedKinds(settings);
  const tls = settings.tls && (await readTls(tlsFolder, settings.tls, now()));
  const serve = webhookPaths({ ...options, kinds });
  const { http2, port } = settings;
  const server = await listen({ address: `:${port}`, tls: tls?.options, http2, serve, onBug });
  const warnings = [...(kinds.size === 0 ? [nobodyKnown()] : []), ...tlsWarnings(settings.tls, tls, tlsFolder)];
  return { ...server, warnings };
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
