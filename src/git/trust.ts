import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';

/** Whom to trust, as Argo CD keeps it: in ConfigMaps, or in the files that they are mounted as. */
export interface TrustPlaces {
  readonly configMaps: readonly KeyValueObject[];
  readonly argocdNamespace: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const CERTIFICATES = 'argocd-tls-certs-cm';
export const KNOWN_HOSTS = 'argocd-ssh-known-hosts-cm';

/**
 * The authorities that count for a host, and no others for it; undefined: the system's. PEM.
 * @param hostname  without port, an IPv6 address in brackets
 * @throws {Failure} CREDENTIALS_INVALID for a ConfigMap whose value holds no certificate
 */
export async function findAuthority(hostname: string, places: TrustPlaces): Promise<string | undefined> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const configMap = findConfigMap(CERTIFICATES, places);
  const given = configMap?.data[host];
  const folder = places.env['ARGOCD_TLS_DATA_PATH'] || '/app/config/tls';
  const pem = given ?? (host === '' ? undefined : await readIfThere(join(folder, host)));
  if (pem === undefined || /-----BEGIN CERTIFICATE-----/.test(pem)) return pem;
  // A file there may be something else than Argo CD's; a ConfigMap of this name is not.
  if (given === undefined) return undefined;
  const problem = `the ConfigMap ${places.argocdNamespace}/${CERTIFICATES} holds no certificate under ${host}`;
  throw new Failure('CREDENTIALS_INVALID', problem, { fix: 'write certificates in PEM form' });
}

/**
 * Lines of known_hosts: Argo CD's, else the user's own.
 * @throws {Failure} CREDENTIALS_INVALID where there are none
 */
export async function findKnownHosts(hostname: string, places: TrustPlaces): Promise<string> {
  const given = findConfigMap(KNOWN_HOSTS, places)?.data['ssh_known_hosts'];
  if (given !== undefined) return given;
  const { ARGOCD_SSH_DATA_PATH: folder, HOME: home } = places.env;
  const files = [
    join(folder || '/app/config/ssh', 'ssh_known_hosts'),
    ...(home ? [join(home, '.ssh/known_hosts')] : []),
  ];
  for (const file of files) {
    const lines = await readIfThere(file);
    if (lines !== undefined) return lines;
  }
  throw new Failure('CREDENTIALS_INVALID', `no host keys are known by which to check ${hostname}`, {
    fix: `give the ConfigMap ${places.argocdNamespace}/${KNOWN_HOSTS} with -f, with the output of ssh-keyscan ${hostname}\
 under ssh_known_hosts, after checking it`,
  });
}

function findConfigMap(name: string, { configMaps, argocdNamespace }: TrustPlaces): KeyValueObject | undefined {
  return configMaps.find((one) => one.namespace === argocdNamespace && one.name === name);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined; // Not to be there, or to be no file for us, is the usual case.
  }
}
