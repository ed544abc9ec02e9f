import { applicationId } from '../applications/application.ts';
import { formatVersion, type ImageVersion } from '../image-version.ts';
import type { Provenance } from '../provenance.ts';
import { formatImageName, type ImageName } from '../reference.ts';
import { codeSpan, oneLine } from '../untrusted-text.ts';
import { formatMarker, type Marker } from './pull-request-marker.ts';

/** One move of one image, as a pull request tells it. */
export interface ProposedChange {
  readonly application: { readonly namespace: string; readonly name: string };
  readonly alias: string;
  readonly image: ImageName;
  readonly from: ImageVersion | undefined;
  readonly to: ImageVersion;
  /** Why this version was chosen. */
  readonly reason: string;
  readonly provenance?: Provenance;
}

const MOST_TITLE = 255;

/** @param message  of a commit that holds all changes; its first line is the title */
export function proposalTitle(message: string): string {
  const [first = ''] = message.split('\n');
  return oneLine(first, MOST_TITLE);
}

const HEADER = ['| Application | Image | From | To | Digest | About |', '| --- | --- | --- | --- | --- | --- |'];

/** Fits every forge: code spans and links are read alike by all of them, and show nobody's text as anything else. */
function row({ application, image, from, to, provenance }: ProposedChange): string {
  const digest = to.digest ?? provenance?.digest;
  const cells = [
    codeSpan(applicationId(application)),
    codeSpan(formatImageName(image)),
    from === undefined ? '-' : codeSpan(shortVersion(from)),
    codeSpan(shortVersion(to)),
    digest === undefined ? '-' : codeSpan(digest),
    about(provenance),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The tag where there is one: the digest has a column of its own. */
function shortVersion(version: ImageVersion): string {
  return version.tag ?? formatVersion(version);
}

const SHORT_REVISION = 12;

function about(provenance: Provenance | undefined): string {
  if (!provenance) return '-';
  const { source, revision, releaseNotes } = provenance;
  const parts = [
    ...(source === undefined ? [] : [`[source](${source})`]),
    ...(revision === undefined ? [] : [`revision ${codeSpan(oneLine(revision, 64).slice(0, SHORT_REVISION))}`]),
    ...(releaseNotes === undefined ? [] : [`[release notes](${releaseNotes})`]),
  ];
  return parts.join(', ') || '-';
}

function reason({ application, alias, reason: why }: ProposedChange): string {
  return `- ${codeSpan(`${applicationId(application)} ${alias}`)}: ${codeSpan(why)}`;
}

const HOW_TO = [
  'Tiphys keeps this request up to date until it is merged or closed.',
  'Closing it declines these versions: the next newer one gets a request again.',
  'Commits of others on its branch make Tiphys leave it alone.',
].join(' ');

/**
 * The body: a table of what moves, why, and the marker, which is kept whatever has to be left out.
 * @param most  the longest body that the forge takes, in characters
 */
export function proposalBody(changes: readonly ProposedChange[], marker: Marker, most: number): string {
  const ending = `\n${HOW_TO}\n\n${formatMarker(marker)}\n`;
  const room = most - ending.length;
  const table = withinRoom(changes.map(row), room - lengthOf(HEADER));
  const reasons = withinRoom(changes.map(reason), room - lengthOf([...HEADER, ...table]) - 1);
  const lines = [
    ...(table.length === 0 ? [] : [...HEADER, ...table]),
    ...(reasons.length === 0 ? [] : ['', ...reasons]),
  ];
  return room < 0 ? formatMarker(marker) : `${lines.map((line) => `${line}\n`).join('')}${ending}`;
}

/** The body of a request on whose branch somebody else has commits: it begins with what that means. */
export function blockedBody(body: string, author: string): string {
  const notice = [
    `**Tiphys does not touch this branch any more**: it has commits of others (${codeSpan(author)}).`,
    'Merge or close the request, or take the commits off the branch.',
  ].join(' ');
  return `${notice}\n\n${body}`;
}

export function lengthOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** As many lines as there is room for; the last says how many are left out. */
export function withinRoom(lines: readonly string[], room: number): readonly string[] {
  if (lengthOf(lines) <= room) return lines;
  const isTable = lines[0]?.startsWith('|') === true;
  const more = (count: number) => (isTable ? `| and ${count} more | | | | | |` : `- and ${count} more`);
  const kept: string[] = [];
  let left = room - more(lines.length).length - 1;
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return kept.length === 0 ? [] : [...kept, more(lines.length - kept.length)];
}

/** What is said when Tiphys closes a request of its own. */
export function closingComment(because: 'void' | 'superseded', base: string): string {
  return because === 'void'
    ? `Closed by Tiphys: nothing is left to change on ${codeSpan(base)}. It says these versions already, or they are not wanted any more.`
    : `Closed by Tiphys: another request into ${codeSpan(base)} takes the place of this one.`;
}
