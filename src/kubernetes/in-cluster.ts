import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ClusterConfig } from './cluster-config.ts';

/** Where a Pod finds the files of its ServiceAccount. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that this process runs in, as its Pod's ServiceAccount; undefined outside of one. The environment's
 * proxies are for the world outside.
 * @param folder  of the ServiceAccount's files
 * @see Kubernetes, "Accessing the Kubernetes API from a Pod"
 */
export async function readInCluster(
  env: Readonly<Record<string, string | undefined>>,
  folder = SERVICE_ACCOUNT,
): Promise<ClusterConfig | undefined> {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port) return undefined;
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => undefined);
  const [token, ca, namespace] = [await read('token'), await read('ca.crt'), await read('namespace')];
  if (token === undefined) return undefined;
  return {
    source: 'the ServiceAccount of this Pod',
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: env['POD_NAMESPACE'] || namespace?.trim() || 'default',
    isInsecure: false,
    ...(ca === undefined ? {} : { ca }),
    user: { proof: { kind: 'token-file', path: join(folder, 'token') }, impersonation: {} },
  };
}
