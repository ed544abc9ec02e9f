import { createHash } from 'node:crypto';
import { withoutCredentials } from '../redact.ts';

/** What a pull request's branch is named after. */
export interface ProposalKey {
  readonly repoURL: string;
  readonly base: string;
  /** The text that all changes of the request have in common. */
  readonly group: string;
  /** Tells groups of one text apart that may not share a branch; "" where the text does that itself. */
  readonly scope: string;
}

const MOST_OF_GROUP = 60;

/** `tiphys/<group>-<hash>`: the same for as long as the group is the same, whatever versions it moves to. */
export function proposalBranch({ repoURL, base, group, scope }: ProposalKey): string {
  const key = [withoutCredentials(repoURL), base, group, ...(scope === '' ? [] : [scope])];
  const hash = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 10);
  // git-check-ref-format(1): what is left has no dot at all at its ends, none in a row, and no other special character.
  const name = group
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, MOST_OF_GROUP)
    .replace(/^[.-]+|[.-]+$/g, '');
  return `tiphys/${name === '' ? '' : `${name}-`}${hash}`;
}
