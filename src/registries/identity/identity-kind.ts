import type { Endpoint, RegistryKind } from '../../core/registry-endpoint.ts';
import type { Lease } from '../credentials/credential.ts';
import type { Transport } from '../transport.ts';

/** Where the clouds are asked. Never from what a registry or a file says; tests put their own in. */
export interface CloudAddresses {
  /** @param region  of AWS, "eu-central-1" */
  readonly sts: (region: string) => string;
  /** @param registry  the registry's host name, whose domain and region the API shares */
  readonly ecr: (registry: EcrRegistry) => string;
  readonly ecrPublic: string;
  /** Instance metadata of EC2, and of Azure. */
  readonly ec2Metadata: string;
  readonly azureMetadata: string;
  /** Google's metadata server. */
  readonly gceMetadata: string;
  readonly googleToken: string;
  readonly googleSts: string;
  readonly googleIamCredentials: string;
  /** Microsoft Entra ID, when AZURE_AUTHORITY_HOST does not say. */
  readonly azureAuthority: string;
}

/** What the host name of a private ECR registry says. */
export interface EcrRegistry {
  readonly account: string;
  readonly region: string;
  readonly fips: boolean;
  /** "amazonaws.com", "amazonaws.com.cn", "on.aws", ... */
  readonly domain: string;
}

export interface IdentitySurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly addresses: CloudAddresses;
  /** By the environment's proxies. */
  readonly web: Transport;
  /** Without any proxy, for what answers on this machine or its link only. */
  readonly link: Transport;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The identity that a cloud gives its workloads, as credentials for that cloud's registries. */
export interface IdentityKind {
  readonly id: RegistryKind;
  /** For people: "AWS identity of this process". */
  readonly from: string;
  /** What to do when this process has none. */
  readonly fix: string;
  /** @param hostname  without port */
  serves(hostname: string): boolean;
  /**
   * @returns undefined when this process has no identity of this kind
   * @throws {Failure} CREDENTIALS_INVALID with the step that failed
   */
  ask(endpoint: Endpoint, around: IdentitySurroundings, signal: AbortSignal): Promise<Lease | undefined>;
}
