import { applicationId } from '../applications/application.ts';
import { formatVersion, type ImageVersion, parseVersionText } from '../image-version.ts';
import { canonicalName, type ImageName } from '../reference.ts';
import { decodeField, encodeField } from './trailer-field.ts';

/** A move of an image as a commit's trailer records it; versions as "tag", "tag@digest" or "@digest". */
export interface RecordedChange {
  /** "namespace/name"; undefined where no Application was known. */
  readonly application: string | undefined;
  readonly alias: string;
  /** "registry/repository". */
  readonly image: string;
  /** undefined: the target stated no version before. */
  readonly from: string | undefined;
  readonly to: string;
  /** The file that was edited. */
  readonly path: string;
}

interface TrailedChange {
  /** undefined where none is known. */
  readonly application: { readonly namespace: string; readonly name: string } | undefined;
  readonly alias: string;
  readonly image: ImageName;
  readonly from: ImageVersion | undefined;
  /** undefined where only the image's name changes: the commit is ours then, and the history has nothing to tell. */
  readonly to: ImageVersion | undefined;
  readonly path: string;
}

const NO_VERSION = '-';
const PATH_SUBJECT = 'path:';

/**
 * `Tiphys-Change: <namespace>/<application> <alias> <registry/repository> <old or -> <new> <path>` and a line end, each
 * field percent-encoded, so that the history of changes can be rebuilt from Git alone. `readChanges` reads it.
 */
export function changeTrailer({ application, alias, image, from, to, path }: TrailedChange): string {
  const fields = [
    application === undefined ? `${PATH_SUBJECT}${path}` : applicationId(application),
    alias,
    canonicalName(image),
    ...[from, to].map((version) => (version === undefined ? NO_VERSION : formatVersion(version))),
    path,
  ];
  return `Tiphys-Change: ${fields.map(encodeField).join(' ')}\n`;
}

/**
 * What a commit's message records, in its order. `path:<path>` in the place of the Application says that none was
 * known. Trailers of ours that cannot be read are left out: whoever can push can write anything.
 */
export function readChanges(message: string): readonly RecordedChange[] {
  return trailerValues(message).flatMap((value) => readFields(value) ?? []);
}

/** Whether a commit says that it is ours; a trailer that cannot be read says so as well. */
export function hasChangeTrailer(message: string): boolean {
  return trailerValues(message).length > 0;
}

// git-interpret-trailers(1), and the one line that git itself writes among trailers.
const TRAILER = /^[A-Za-z0-9][A-Za-z0-9-]*\s*:/;
const PICKED = /^\(cherry picked from commit [0-9a-f]+\)$/;
const OURS = /^Tiphys-Change\s*:\s*(.*)$/i;

/** The values of our trailers in the last paragraph that is nothing but trailers, and is not the subject. */
function trailerValues(message: string): readonly string[] {
  const paragraphs = message.trim().split(/\n\s*\n/);
  const lines = (paragraphs.length > 1 ? paragraphs.at(-1) : undefined)?.split(/\r?\n/) ?? [];
  const isBlock = lines.every(
    (line, index) => TRAILER.test(line) || PICKED.test(line) || (index > 0 && /^\s/.test(line)),
  );
  return isBlock ? lines.flatMap((line) => OURS.exec(line)?.[1] ?? []) : [];
}

function readFields(value: string): RecordedChange | undefined {
  const fields = value.trimEnd().split(' ').map(decodeField);
  const [subject, alias, image, from, to, path] = fields;
  if (fields.length !== 6 || !subject || !alias || !image || !from || !to || !path) return undefined;
  const application = subject.startsWith(PATH_SUBJECT) ? undefined : subject;
  if (application !== undefined && !/^[^/]+\/[^/]+$/.test(application)) return undefined;
  const before = from === NO_VERSION ? undefined : from;
  const versions = before === undefined ? [to] : [before, to];
  return versions.every((text) => parseVersionText(text).ok)
    ? { application, alias, image, from: before, to, path }
    : undefined;
}
