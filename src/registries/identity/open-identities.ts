import type { Surroundings } from '../endpoint-client.ts';
import { openTransport, type Transport } from '../transport.ts';
import { CLOUD_ADDRESSES } from './addresses.ts';
import type { CloudAddresses, IdentitySurroundings } from './identity-kind.ts';

/** Few are asked, and seldom. */
const CONNECTIONS = 8;
/** Long enough for a slow token service, short enough for a cycle. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Everything that identities need of the world; nothing is asked yet. */
export function openIdentities(
  { env, now, limits }: Surroundings,
  cloud: Partial<CloudAddresses>,
): { readonly surroundings: IdentitySurroundings; readonly close: () => Promise<void> } {
  const open = (proxied: Surroundings['env']): Transport =>
    openTransport({
      host: '',
      insecure: false,
      tls: { own: undefined, others: undefined },
      http2: true,
      connections: CONNECTIONS,
      connectTimeoutMs: limits.connectTimeoutMs,
      headersTimeoutMs: limits.headersTimeoutMs,
      bodyTimeoutMs: limits.bodyTimeoutMs,
      requestTimeoutMs: Math.min(REQUEST_TIMEOUT_MS, limits.requestTimeoutMs),
      env: proxied,
    });
  const [web, link] = [open(env), open({})];
  return {
    surroundings: { env, now, addresses: { ...CLOUD_ADDRESSES, ...cloud }, web, link },
    close: async () => {
      await Promise.all([web.close(), link.close()]);
    },
  };
}
