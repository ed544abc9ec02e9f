import type { CycleOptions } from '../cli/work.ts';
import type { ObjectKey } from '../ports/cluster.ts';
import type { Deployments } from '../ports/rollout.ts';
import { asksArgocd } from './inputs.ts';

/** The parts that speak with a cluster, or with Argo CD, are loaded only for one. */
export async function openDeployments({ given }: Pick<CycleOptions, 'given'>): Promise<Deployments> {
  if (asksArgocd(given)) return (await import('./argocd.ts')).openArgocdDeployments(given);
  return await (await import('./cluster.ts')).openClusterDeployments(given);
}

/** @param own  the namespace of a name that stands alone */
export function keyOf(text: string, own: string): ObjectKey {
  const [first = '', second] = text.split('/');
  return second === undefined ? { namespace: own, name: first } : { namespace: first, name: second };
}
