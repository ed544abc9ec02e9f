import { mappingAt, textAt, type Untyped } from '../core/untyped.ts';
import { missingFrom, namesIn } from './names.ts';
import { optionally } from './remarks.ts';

/**
 * Whom a request of GitHub or Gitea asks for a review; a team as "acme/team".
 * @param teams  the list of teams; @param name  by which of its keys a team is called
 */
export function reviewersIn(json: Untyped, teams: string, name: string): readonly string[] {
  const owner = textAt(mappingAt(mappingAt(mappingAt(json, 'base'), 'repo'), 'owner'), 'login') ?? '';
  return [
    ...namesIn(json, 'requested_reviewers', 'login'),
    ...namesIn(json, teams, name).map((team) => `${owner}/${team}`),
  ];
}

/** Who wrote these reviews. */
export function authorsOf(reviews: readonly Untyped[]): readonly string[] {
  return reviews.flatMap((review) => textAt(mappingAt(review, 'user'), 'login') ?? []);
}

/**
 * One by one: a name that the forge refuses takes all others of the same call with it.
 * @param heard  those who have reviewed it; they are not asked again with every new version
 * @param ask  sends this body
 */
export async function askForReviews(
  wanted: readonly string[],
  heard: readonly string[],
  remarks: string[],
  ask: (body: Untyped) => Promise<unknown>,
): Promise<void> {
  for (const reviewer of missingFrom(heard, wanted)) {
    const team = reviewer.split('/')[1];
    // A team is no longer asked once one of its members has answered.
    if (team !== undefined && heard.length > 0) continue;
    const body = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] };
    await optionally(remarks, `the reviewer ${reviewer}`, () => ask(body));
  }
}
