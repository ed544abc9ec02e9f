import { createHash } from 'node:crypto';
import { formatVersion, type ImageVersion } from '../image-version.ts';

/**
 * What a pull request of ours records about itself at the end of its body, so that nothing needs to be remembered
 * elsewhere. A link reference definition of Markdown: no forge shows it, also those that show comments of HTML.
 */
export interface Marker {
  /** `closed`: Tiphys itself closes it, or has. `blocked`: it was told that its branch is somebody else's now. */
  readonly state: 'open' | 'blocked' | 'closed';
  /** Of what people read, and whom it reaches: another one means that the request is to be written anew. */
  readonly text: string;
  /** Of the edits that the branch holds; another one means that the branch is to be written anew. */
  readonly patch: string;
  /** The commit of the base that the branch was written on, and its own. */
  readonly base: string;
  readonly head: string;
  /** Fingerprints of what is proposed, by `proposalId`. */
  readonly proposals: ReadonlySet<string>;
}

/** In characters. */
export const PROPOSAL_ID_LENGTH = 6;
// Beyond this nobody remembers what a person's close was about, but no request gets near it.
const MOST_PROPOSALS = 5_000;

/** One image of one Application at one version, in six characters: a forge may take no more than 4,000 in all. */
export function proposalId(application: string, alias: string, to: ImageVersion): string {
  return fingerprint([application, alias, formatVersion(to)]).slice(0, PROPOSAL_ID_LENGTH);
}

/** A short text that differs where the values do. */
export function fingerprint(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 16);
}

/** One line without its end. */
export function formatMarker({ state, text, patch, base, head, proposals }: Marker): string {
  return `[tiphys]: # (tiphys 1 ${state} ${text} ${patch} ${base} ${head} ${[...proposals].sort().join('')})`;
}

const MARKER =
  /^\[tiphys\]: # \(tiphys 1 (open|blocked|closed) ([\w-]{16}) ([\w-]{16}) ([0-9a-f]{1,64}) ([0-9a-f]{1,64}) ([\w-]*)\)[ \t\r]*$/gm;

/** The last marker of a body; undefined when there is none that can be read, because it is not ours or was edited. */
export function parseMarker(body: string): Marker | undefined {
  const [, state, text = '', patch = '', base = '', head = '', ids = ''] = [...body.matchAll(MARKER)].at(-1) ?? [];
  if (state !== 'open' && state !== 'blocked' && state !== 'closed') return undefined;
  if (ids.length % PROPOSAL_ID_LENGTH !== 0 || ids.length > MOST_PROPOSALS * PROPOSAL_ID_LENGTH) return undefined;
  const proposals = new Set(ids.match(/.{6}/g) ?? []);
  return { state, text, patch, base, head, proposals };
}

/** The body with another marker in place of its own, or behind it where it has none. */
export function withMarker(body: string, marker: Marker): string {
  const line = formatMarker(marker);
  if (parseMarker(body) === undefined) return `${body.trimEnd()}\n\n${line}\n`;
  return body.replace(MARKER, () => line);
}
