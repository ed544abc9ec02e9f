import { parseAllDocuments } from 'yaml';
import { runTiphys } from '../support/world.ts';
import type { Kube, Rule } from './kube.ts';

export interface RbacObject extends Record<string, unknown> {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

/** What `tiphys rbac print` prints. */
export async function printedRights(...args: readonly string[]): Promise<readonly RbacObject[]> {
  const { stdout, stderr, code } = await runTiphys(['rbac', 'print', ...args], '/');
  if (code !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

/** A kubeconfig of Tiphys' ServiceAccount, with exactly the rights that are printed. */
export async function grantedKubeconfig(
  kube: Kube,
  args: readonly string[] = [],
  namespace = 'argocd',
): Promise<string> {
  const metadata = { namespace, name: 'tiphys' };
  const objects = await printedRights('-n', namespace, ...args);
  await kube.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, ...objects);
  return await kube.kubeconfigFor(namespace, 'tiphys');
}
