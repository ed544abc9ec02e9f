import type { Endpoint } from '../core/registry-endpoint.ts';
import type { CredentialMemory, DemandMemory } from '../ports/store.ts';
import type { Way } from './credentials/find-credentials.ts';
import { EndpointClient, type Surroundings } from './endpoint-client.ts';
import { Session } from './session.ts';
import { type LoadedTls, loadTls, type TlsStore } from './tls-contexts.ts';

interface Connected {
  readonly client: EndpointClient;
  readonly tls: LoadedTls;
  /** By where the credentials come from. */
  readonly sessions: Map<string, { readonly id: string; readonly session: Session }>;
}

/** The connections to all registries, with the tokens that were got over them; they outlive scans. */
export class Connections {
  readonly #around: Surroundings;
  readonly #memory: DemandMemory & CredentialMemory;
  readonly #connected = new Map<string, Connected>();

  constructor(around: Surroundings, memory: DemandMemory & CredentialMemory) {
    this.#around = around;
    this.#memory = memory;
  }

  /** The client for everybody who means the same registry; another one when its certificates have changed. */
  async clientFor(endpoint: Endpoint, store: TlsStore): Promise<EndpointClient> {
    const key = connectionKey(endpoint);
    const tls = await loadTls(endpoint, store, this.#connected.get(key)?.tls);
    const present = this.#connected.get(key);
    if (present?.tls.id === tls.id) return present.client;
    const client = new EndpointClient(endpoint, this.#around, tls.contexts, this.#memory);
    this.#connected.set(key, { client, tls, sessions: new Map() });
    await present?.client.close();
    return client;
  }

  /** The session of a client that asks in this way; a fresh one when the credentials have changed. */
  sessionFor(client: EndpointClient, way: Way): Session {
    const sessions = this.#connected.get(connectionKey(client.endpoint))?.sessions;
    const [from, id] = way === 'anonymous' ? ['', ''] : [way.from, way.id];
    const present = sessions?.get(from);
    if (present?.id === id) return present.session;
    const session = new Session(client, way, this.#around.now, this.#memory);
    sessions?.set(from, { id, session });
    return session;
  }

  async close(): Promise<void> {
    const connected = [...this.#connected.values()];
    this.#connected.clear();
    await Promise.all(connected.map(({ client }) => client.close()));
  }
}

/** What makes a difference on the way to a registry; whose images it serves and who asks does not. */
function connectionKey(endpoint: Endpoint): string {
  const { apiUrl, insecure, ping, requestsPerSecond, concurrency, http2, proxy, noProxy, tokenRealm } = endpoint;
  const { trust, clientCertificate } = endpoint;
  const numbers = [requestsPerSecond, concurrency];
  return JSON.stringify([apiUrl, insecure, ping, numbers, http2, proxy, noProxy, tokenRealm, trust, clientCertificate]);
}
