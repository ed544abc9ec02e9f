import { type Claim, describeClaim, reasonAgainst } from '../config/image-updater/select.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import type { Problem } from '../core/failure.ts';

interface Selected {
  readonly application: Application;
  /** The first one won. */
  readonly claims: readonly Claim[];
}

interface Conflict {
  readonly application: Application;
  readonly winner: Claim;
  readonly loser: Claim;
}

const NAMED = 3;

/**
 * Applications that more than one ImageUpdater selects: one warning for each two references, however many Applications
 * they meet in. Several references of one object are no conflict; that is how policies are made more specific.
 */
export function conflictsBetween(selected: readonly Selected[]): readonly Problem[] {
  const conflicts = selected.flatMap(({ application, claims: [winner, ...losers] }) =>
    winner ? firstOfEach(losers, winner).map((loser): Conflict => ({ application, winner, loser })) : [],
  );
  const pairs = Map.groupBy(conflicts, ({ winner, loser }) => `${describeClaim(winner)} ${describeClaim(loser)}`);
  return [...pairs.values()].flatMap(describe);
}

/** The best reference of each other object. */
function firstOfEach(losers: readonly Claim[], winner: Claim): readonly Claim[] {
  const others = losers.filter(({ updater }) => updater !== winner.updater);
  return others.filter((claim, index) => others.findIndex(({ updater }) => updater === claim.updater) === index);
}

function describe(conflicts: readonly Conflict[]): readonly Problem[] {
  const [first] = conflicts;
  if (!first) return [];
  const { winner, loser } = first;
  const names = conflicts.slice(0, NAMED).map(({ application }) => applicationId(application));
  const more = conflicts.length > NAMED ? ` and ${conflicts.length - NAMED} more` : '';
  const { origin, title } = loser.updater;
  const path = ['spec', 'applicationRefs', loser.ref.index, 'namePattern'];
  return [
    {
      code: 'CONFIG_CONFLICT',
      object: title,
      message:
        `${names.join(', ')}${more}: also selected by ${describeClaim(winner)}, which is used; ` +
        `spec.applicationRefs[${loser.ref.index}] "${loser.ref.namePattern}" (score ${loser.ref.score}) ` +
        reasonAgainst(loser, winner),
      fix: 'narrow namePattern or labelSelectors of one of the two',
      location: { path, ...(origin ? { origin } : {}) },
    },
  ];
}
