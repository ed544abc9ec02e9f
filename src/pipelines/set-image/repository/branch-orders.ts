import { type BuildOrder, newestOrders } from '../../../core/build-order.ts';
import type { BranchRef, GitLog, LoggedCommit, Tree } from '../../../ports/git.ts';
import type { RecordedOrders } from './ordered-plan.ts';

/**
 * What a branch records, for one head after another. Its commits are asked for while the first head is still being
 * fetched; what came is taken if that very head is the newest of them, and otherwise all is asked anew: an answer that is
 * older than the head might lack the build that has set what the head says.
 * @returns what is asked of one head
 */
export function branchOrders(
  git: GitLog,
  branch: BranchRef,
  order: BuildOrder | undefined,
  signal: AbortSignal,
): (tree: Tree) => RecordedOrders {
  if (order === undefined) return () => async () => new Map();
  let early: Begun | undefined = begin(git.log(branch, signal));
  return (tree) => async (fields) => {
    const begun = early;
    early = undefined;
    const isOfHead = begun && (await begun.newest)?.commit === tree.commit;
    return await newestOrders(isOfHead ? begun.commits() : git.log(branch, signal), order.scope, fields);
  };
}

interface Begun {
  /** undefined when it could not be read: whoever asks again is told why. */
  readonly newest: Promise<LoggedCommit | undefined>;
  /** All of them, once. */
  commits(): AsyncIterable<LoggedCommit>;
}

function begin(log: AsyncIterable<LoggedCommit>): Begun {
  const iterator = log[Symbol.asyncIterator]();
  const newest = iterator.next().then(
    ({ value, done }): LoggedCommit | undefined => (done ? undefined : value),
    () => undefined,
  );
  return {
    newest,
    commits: async function* () {
      const first = await newest;
      if (first) yield first;
      yield* { [Symbol.asyncIterator]: () => iterator };
    },
  };
}
