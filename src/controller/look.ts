import type { Problem } from '../core/failure.ts';
import type { CycleReport } from '../core/report.ts';
import type { ConfiguredInput } from './cycle.ts';
import type { Tell } from './outlets.ts';
import { openStandings } from './standings.ts';
import { partOf, proposes, type Survey, withCompanions } from './survey.ts';

export interface LookParts {
  readonly survey: (signal: AbortSignal) => Promise<Survey>;
  readonly carryOut: (part: ConfiguredInput, signal: AbortSignal) => Promise<CycleReport>;
  /** Undefined where nothing may be changed. */
  readonly tell: Tell | undefined;
}

interface FinishedLook {
  readonly report: CycleReport;
  /** What the cluster could not be told. */
  readonly problems: readonly Problem[];
}

/** Looks at Applications by their "namespace/name"; one that is gone by then is nothing to look at. */
export type Look = (keys: readonly string[], signal: AbortSignal) => Promise<FinishedLook>;

/** Looks that may overlap, though only one at a time writes pull requests, and one tells the cluster. */
export function openLook({ survey, carryOut, tell }: LookParts): Look {
  const standings = openStandings();
  const proposing = openTurns();
  const telling = openTurns();
  return async (keys, signal) => {
    const now = await survey(signal);
    const chosen = withCompanions(now, keys, standings.rivals());
    const part = partOf(now, chosen);
    const carry = () => carryOut(part, signal);
    const report = proposes(part) ? await proposing(carry) : await carry();
    const problems = await telling(async () => {
      const news = standings.update(report.items, { keys: [...chosen], isThere: (key) => now.byKey.has(key) });
      return (await tell?.({ survey: now, keys: chosen, items: report.items, news }, standings, signal)) ?? [];
    });
    return { report, problems };
  };
}

/** One piece of work at a time, in the order in which they come. */
function openTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}
