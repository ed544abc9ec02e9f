import type { BuildOrder } from '../../core/build-order.ts';
import type { CiEnvironment } from './ci-environment.ts';
import { identityOf } from './own-repository.ts';

/**
 * Which build this is: the number that was given, else the CI's own, else the time of the commit that is built. What is
 * counted is part of the scope, so that numbers of one kind are never compared with those of another.
 * @param given  by --order
 * @param committedAt  when the commit that a CI builds was made, in seconds since 1970; asked only where it counts
 */
export async function chooseOrder(
  given: number | undefined,
  ci: CiEnvironment | undefined,
  committedAt: (commit: string) => Promise<number | undefined>,
): Promise<BuildOrder | undefined> {
  const where = ci?.repoURL === undefined ? 'local' : identityOf(ci.repoURL);
  if (given !== undefined) return { scope: `order:${where}`, number: given };
  if (ci?.order !== undefined || ci?.commit === undefined) return ci?.order;
  const number = await committedAt(ci.commit);
  return number === undefined ? undefined : { scope: `commit-time:${where}`, number };
}
