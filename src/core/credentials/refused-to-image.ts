import type { Endpoint } from '../registry-endpoint.ts';
import { type CredentialSource, describeCredentialSource } from './credential-source.ts';

/**
 * Why an image may not name these credentials by itself; undefined where it may. Variables and scripts are this
 * process's, not those of whoever wrote the image: a variable is shown only to a registry that somebody else has chosen,
 * and only a script that is the registry's runs.
 */
export function refusedToImage(
  source: CredentialSource,
  { name, credentials = [], isStranger = false }: Endpoint,
): { readonly problem: string; readonly fix: string } | undefined {
  const description = describeCredentialSource(source);
  const isOfRegistry = credentials.some((one) => describeCredentialSource(one) === description);
  const isRefused = source.kind === 'ext' || (source.kind === 'env' && isStranger);
  if (!isRefused || isOfRegistry) return undefined;
  return {
    problem: `an image may take ${description} to ${name} only where registries.conf allows it`,
    fix: `write credentials: ${source.kind}:... for ${name} into registries.conf, or name a Secret in pull-secret`,
  };
}
