import type { Endpoint, RegistryKind } from '../../core/registry-endpoint.ts';
import { acr } from './acr.ts';
import { ecr } from './ecr.ts';
import { ecrPublic } from './ecr-public.ts';
import { gar } from './gar.ts';
import type { IdentityKind } from './identity-kind.ts';

/** Every cloud whose identities are known. A new one is a new file and a line here. */
export const identityKinds: readonly IdentityKind[] = [ecrPublic, ecr, gar, acr];

/** The identity that a registry's host asks for. @param id  of this kind only, whatever the host is */
export function findIdentity(id: RegistryKind | undefined, { apiUrl }: Endpoint): IdentityKind | undefined {
  const { hostname } = new URL(apiUrl);
  const kinds = identityKinds.filter((kind) => id === undefined || kind.id === id);
  return kinds.find((kind) => kind.serves(hostname)) ?? (id === undefined ? undefined : kinds.at(-1));
}
