import { isLoopback } from '../../core/registry-endpoint.ts';
import { accepted, answered, formRequest, invalidStep, type Step } from './ask.ts';
import type { Lease, TokenSurroundings } from './credential.ts';

/** The application id of Azure DevOps, the same for all its customers. */
const SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default';
const LIFETIME_S = 3600;

/** Who asks Microsoft Entra ID, and how they prove it. */
export interface EntraClient {
  /** "https://login.microsoftonline.com"; undefined: the usual one. */
  readonly authority: string | undefined;
  readonly tenant: string;
  readonly client: string;
  readonly proof: Readonly<Record<string, string>>;
}

/**
 * A token for Azure DevOps by the client credentials of an application.
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
export async function azureDevopsToken(
  step: Step,
  source: string,
  { authority, tenant, client, proof }: EntraClient,
  { addresses, now, ask }: TokenSurroundings,
): Promise<Lease> {
  const base = URL.parse(authority ?? addresses.azureAuthority);
  if (base === null || (base.protocol !== 'https:' && !isLoopback(base.host))) {
    throw invalidStep(step, 'the authority is not an https:// URL');
  }
  if (!/^[\w.-]{1,128}$/.test(tenant)) throw invalidStep(step, 'the tenant is neither a name nor an id');
  const url = new URL(`${base.origin}/${tenant}/oauth2/v2.0/token`);
  const request = formRequest(url, { grant_type: 'client_credentials', client_id: client, scope: SCOPE, ...proof });
  const json = accepted(step, request, await ask(step, request));
  const token = answered(step, json, 'access_token');
  const lifetimeS = Number(json['expires_in']) || LIFETIME_S;
  return { shown: { kind: 'bearer', token, source }, expiresMs: now() + lifetimeS * 1000 };
}
