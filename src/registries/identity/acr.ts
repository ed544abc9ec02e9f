import { isUntyped } from '../../core/untyped.ts';
import { invalid } from '../credentials/invalid.ts';
import { askJson, formRequest, textOf } from './ask.ts';
import type { IdentityKind, IdentitySurroundings } from './identity-kind.ts';
import { readIdentityFile } from './read-file.ts';

/** The registry service's own audience, good for all its registries. */
const SCOPE = 'https://containerregistry.azure.net/.default';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** When the token does not say; the service gives three hours. */
const LIFETIME_MS = 3 * 3_600_000;

/** Azure Container Registry, by workload identity: the cluster's token, then Entra's, then the registry's own. */
export const acr: IdentityKind = {
  id: 'acr',
  from: 'Azure workload identity of this process',
  fix: 'label the pod azure.workload.identity/use and annotate its service account with the client id',
  serves: (hostname) => /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/.test(hostname),
  async ask({ apiUrl }, around, signal) {
    const workload = readWorkload(around.env);
    if (workload === undefined) return undefined;
    const entra = await entraToken(workload, around, signal);
    const step = {
      name: `${new URL(apiUrl).host}, /oauth2/exchange`,
      fix: 'grant the identity AcrPull on the registry (or Container Registry Repository Reader with ABAC)',
    };
    const { tenant } = workload;
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
    scope: SCOPE,
    client_assertion_type: ASSERTION,
    client_assertion: await readIdentityFile(tokenFile, 'AZURE_FEDERATED_TOKEN_FILE'),
  });
  return textOf(await askJson(step, form, around, signal), 'access_token', step);
}

/** Sovereign clouds have their own; it gets the workload's token, so it must be https. */
function authority({ env, addresses }: IdentitySurroundings): string {
  const own = env['AZURE_AUTHORITY_HOST'];
  const text = own || addresses.azureAuthority;
  if (!own || (URL.canParse(own) && own.startsWith('https://'))) return text.replace(/\/+$/, '');
  throw invalid('variable AZURE_AUTHORITY_HOST', 'it is not an https URL', 'correct or unset AZURE_AUTHORITY_HOST');
}

/** When a JWT says that it ends. Nobody trusts it for more than that. */
function expiryOf(jwt: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
    const seconds = isUntyped(claims) ? Number(claims['exp']) : Number.NaN;
    return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}
