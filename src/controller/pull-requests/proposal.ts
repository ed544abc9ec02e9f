import { applicationId } from '../../core/applications/application.ts';
import type { Change } from '../../core/change.ts';
import {
  fingerprint,
  type Marker,
  PROPOSAL_ID_LENGTH,
  proposalId,
} from '../../core/pull-requests/pull-request-marker.ts';
import type { Wanted } from '../../core/pull-requests/pull-request-standing.ts';
import { type ProposedChange, proposalBody, proposalTitle } from '../../core/pull-requests/pull-request-text.ts';
import { formatImageName } from '../../core/reference.ts';
import type { Forge, PullRequestDraft } from '../../ports/forge.ts';
import { type Composing, type Composition, committed } from '../compose.ts';
import type { ProposalGroup, ProposedImage } from './groups.ts';

/** A change with why it is proposed. */
export type ReasonedImage = ProposedImage & { readonly change: NonNullable<ProposedImage['change']> };

/** What a group's request says, composed on one head of the base. */
export interface Proposal extends Wanted {
  readonly title: string;
  readonly changes: readonly ProposedChange[];
}

export function proposalOf(
  { setting, images }: ProposalGroup,
  moving: readonly ReasonedImage[],
  composition: Composition,
  { wording, mostBody }: Pick<Composing, 'wording'> & Pick<Forge, 'mostBody'>,
): Proposal {
  const applied = moving.filter(({ change }) => composition.fates.get(change)?.kind === 'applied');
  const changes = applied.map(asProposed);
  const title =
    applied.length === 0 ? '' : proposalTitle(wording(applied.map(({ change }) => committed(change))).message);
  const { labels, reviewers, assignees, draft } = setting;
  return {
    title,
    changes,
    text: fingerprint([title, changes.map(asIdentity), labels, reviewers, assignees, draft]),
    patch: fingerprint(composition.files.map(({ path, before, after }) => [path, before ?? null, after])),
    proposals: memorable(
      applied.map(({ change }) => idOf(change)),
      mostBody,
    ),
    isCertain:
      images.every(({ isCertain }) => isCertain) && moving.every(({ change }) => isSettled(composition, change)),
  };
}

/** Whether a change is in the files, now or before. What somebody overtook, or cannot be edited, is not over. */
function isSettled({ fates }: Composition, change: Change): boolean {
  const kind = fates.get(change)?.kind;
  return kind === 'applied' || kind === 'void';
}

/** What the rest of a body needs at the least, the marker's other fields among it. */
const REST_OF_BODY = 1_000;

/** As many as a body has room for; always the same ones, so that a request that has them is up to date. */
function memorable(ids: readonly string[], mostBody: number): ReadonlySet<string> {
  const room = Math.floor((mostBody - REST_OF_BODY) / PROPOSAL_ID_LENGTH);
  return new Set(ids.toSorted().slice(0, Math.max(1, room)));
}

/** By which a request remembers a change. */
export function idOf({ tracked: { application, alias }, to }: Change): string {
  return proposalId(applicationId(application), alias, to);
}

function asProposed({ change: { tracked, from, to, provenance }, reason }: ReasonedImage): ProposedChange {
  const { application, alias, image } = tracked;
  return { application, alias, image, from, to, reason, ...(provenance ? { provenance } : {}) };
}

/** What a publisher says, and how many tags there are, changes without anything to be read anew. */
function asIdentity({ application, alias, image, from, to }: ProposedChange) {
  return [applicationId(application), alias, formatImageName(image), from ?? null, to];
}

export function draftOf(
  { branch, setting }: ProposalGroup,
  { title, changes }: Pick<Proposal, 'title' | 'changes'>,
  marker: Marker,
  mostBody: number,
): PullRequestDraft {
  const { labels, reviewers, assignees, draft } = setting;
  return {
    head: branch.writeBranch,
    base: branch.branch,
    title,
    body: proposalBody(changes, marker, mostBody),
    labels,
    reviewers,
    assignees,
    isDraft: draft,
  };
}
