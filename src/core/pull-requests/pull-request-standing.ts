import { type Marker, parseMarker } from './pull-request-marker.ts';

/** A request as far as its standing is told from it. */
export interface FoundRequest {
  readonly state: 'open' | 'merged' | 'closed';
  readonly body: string;
  /** "" where the forge does not say. */
  readonly headCommit: string;
}

/** What the requests of one branch come to. */
export interface Standing<Request extends FoundRequest> {
  readonly open: { readonly request: Request; readonly marker: Marker | undefined } | undefined;
  /** What a person declined by closing a request, by `proposalId`. */
  readonly declined: ReadonlyMap<string, Request>;
}

/**
 * A request that ended unmerged was closed by a person, unless it was marked before: then Tiphys closed it.
 * @param found  of one head and one base, the newest first
 */
export function standingOf<Request extends FoundRequest>(found: readonly Request[]): Standing<Request> {
  const open = found.find(({ state }) => state === 'open');
  const declined = new Map<string, Request>();
  for (const request of found.toReversed()) {
    if (request.state !== 'closed') continue;
    const marker = parseMarker(request.body);
    if (marker === undefined || marker.state === 'closed') continue;
    for (const id of marker.proposals) declined.set(id, request);
  }
  // Whoever opens a request again takes their word back.
  const marker = open && parseMarker(open.body);
  for (const id of marker?.proposals ?? []) declined.delete(id);
  return { open: open && { request: open, marker }, declined };
}

/** What a request shall propose now. */
export interface Wanted extends Pick<Marker, 'text' | 'patch' | 'proposals'> {
  /** False when an image of the group could not be judged this time, so that what is missing says nothing. */
  readonly isCertain: boolean;
}

/**
 * What is due: `leave` everything as it is; `rewrite` what people read; `publish` the branch, and then see; `retire` a
 * request of which nothing is left.
 */
export type Step = 'leave' | 'rewrite' | 'publish' | 'retire';

/** Decides without a look at the branch, which costs far more than the one question to the forge. */
export function nextStep({ open }: Standing<FoundRequest>, wanted: Wanted): Step {
  if (wanted.proposals.size === 0) return wanted.isCertain ? 'retire' : 'leave';
  if (open?.marker?.state !== 'open') return 'publish';
  const { request, marker } = open;
  const isProposed = wanted.proposals.isSubsetOf(marker.proposals);
  // A registry that is down for a while must not take its image out of the request, and a person's approval with it.
  if (isProposed && !wanted.isCertain) return 'leave';
  const isOnBranch = isProposed && wanted.proposals.size === marker.proposals.size && wanted.patch === marker.patch;
  if (!isOnBranch || request.headCommit !== marker.head) return 'publish';
  return wanted.text === marker.text ? 'leave' : 'rewrite';
}

/** Whether a request says all of this already. */
export function isRecorded(before: Marker | undefined, now: Marker): boolean {
  if (before === undefined) return false;
  const isSame = (['state', 'text', 'patch', 'base', 'head'] as const).every((key) => before[key] === now[key]);
  return isSame && before.proposals.symmetricDifference(now.proposals).size === 0;
}
