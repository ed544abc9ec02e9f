import { isUntyped, type Untyped } from '../../core/untyped.ts';
import { invalid } from '../credentials/invalid.ts';
import { askJson, formRequest, textOf } from './ask.ts';
import type { IdentityKind, IdentitySurroundings } from './identity-kind.ts';
import { askMachine } from './machine.ts';
import { readIdentityFile } from './read-file.ts';

/** The registry service's own audience, good for all its registries. */
const AUDIENCE = 'https://containerregistry.azure.net';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** When the token does not say; the service gives three hours. */
const LIFETIME_MS = 3 * 3_600_000;

/** Azure Container Registry, by workload identity: the cluster's token, then Entra's, then the registry's own. */
export const acr: IdentityKind = {
  id: 'acr',
  from: 'Azure workload identity of this process',
  fix: 'label the pod azure.workload.identity/use and annotate its service account with the client id',
  serves: (hostname) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/.test(hostname),
  async ask({ apiUrl, kind }, around, signal) {
    const workload = readWorkload(around.env);
    const known = workload && { tenant: workload.tenant, entra: await entraToken(workload, around, signal) };
    const identity = known ?? (kind === 'acr' ? await managedIdentity(around, signal) : undefined);
    if (identity === undefined) return undefined;
    const step = {
      name: `${new URL(apiUrl).host}, /oauth2/exchange`,
      fix: 'grant the identity AcrPull on the registry (or Container Registry Repository Reader with ABAC)',
    };
    const { tenant, entra } = identity;
    const { host } = new URL(apiUrl);
    const exchange = formRequest(new URL('/oauth2/exchange', apiUrl).href, {
      grant_type: 'access_token',
      service: host,
      tenant,
      access_token: entra,
    });
    const token = textOf(await askJson(step, exchange, around, signal), 'refresh_token', step);
    return { credential: { kind: 'identity-token', token }, expiresMs: expiryOf(token) ?? around.now() + LIFETIME_MS };
  },
};

/** What the webhook of Azure workload identity puts into a pod. */
interface Workload {
  readonly client: string;
  readonly tenant: string;
  readonly tokenFile: string;
}

function readWorkload(env: IdentitySurroundings['env']): Workload | undefined {
  const [client, tenant] = [env['AZURE_CLIENT_ID'], env['AZURE_TENANT_ID']];
  const tokenFile = env['AZURE_FEDERATED_TOKEN_FILE'];
  if (!client || !tenant || !tokenFile) return undefined;
  if (/^[\w.-]{1,128}$/.test(tenant)) return { client, tenant, tokenFile };
  throw invalid('variable AZURE_TENANT_ID', 'it is not the name or id of a tenant', 'correct AZURE_TENANT_ID');
}

async function entraToken(
  { client, tenant, tokenFile }: Workload,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<string> {
  const step = {
    name: 'Microsoft Entra ID, token for the workload',
    fix: 'let the federated credential of the identity name the issuer of this cluster and this service account',
  };
  const form = formRequest(`${authority(around)}/${tenant}/oauth2/v2.0/token`, {
    grant_type: 'client_credentials',
    client_id: client,
    scope: `${AUDIENCE}/.default`,
    client_assertion_type: ASSERTION,
    client_assertion: await readIdentityFile(tokenFile, 'AZURE_FEDERATED_TOKEN_FILE'),
  });
  return textOf(await askJson(step, form, around, signal), 'access_token', step);
}

/**
 * The identity that this machine has, which is everybody's on it; AZURE_CLIENT_ID picks one of several.
 * @returns undefined where there is no such service, or the machine has no identity
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 */
async function managedIdentity(around: IdentitySurroundings, signal: AbortSignal) {
  const client = around.env['AZURE_CLIENT_ID'];
  const url = new URL('/metadata/identity/oauth2/token', around.addresses.azureMetadata);
  const wanted = { 'api-version': '2018-02-01', resource: AUDIENCE, ...(client ? { client_id: client } : {}) };
  url.search = new URLSearchParams(wanted).toString();
  const answer = await askMachine({ method: 'GET', url, headers: { metadata: 'true' } }, around, signal);
  const json = answer?.status === 200 ? parseJson(Buffer.from(answer.body).toString()) : undefined;
  const entra = isUntyped(json) ? json['access_token'] : undefined;
  if (typeof entra !== 'string') return undefined;
  const tenant = claimsOf(entra)['tid'];
  return typeof tenant === 'string' ? { tenant, entra } : undefined;
}

/** Sovereign clouds have their own; it gets the workload's token, so it must be https. */
function authority({ env, addresses }: IdentitySurroundings): string {
  const own = env['AZURE_AUTHORITY_HOST'];
  const text = own || addresses.azureAuthority;
  if (!own || (URL.canParse(own) && own.startsWith('https://'))) return text.replace(/\/+$/, '');
  throw invalid('variable AZURE_AUTHORITY_HOST', 'it is not an https URL', 'correct or unset AZURE_AUTHORITY_HOST');
}

/** When a JWT says that it ends. */
function expiryOf(jwt: string): number | undefined {
  const seconds = Number(claimsOf(jwt)['exp']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

/** What a JWT says. Nobody trusts it for more than when it ends and whose it is. */
function claimsOf(jwt: string): Untyped {
  const claims = parseJson(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  return isUntyped(claims) ? claims : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
