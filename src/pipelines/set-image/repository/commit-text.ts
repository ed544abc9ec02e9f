import { type BuildOrder, orderTrailer } from '../../../core/build-order.ts';
import { changeTrailer } from '../../../core/commits/change-trailer.ts';
import { joinTexts } from '../../../core/commits/commit-message.ts';
import { type ImageVersion, parseVersionText } from '../../../core/image-version.ts';
import { parseKustomizeImage, versionOf } from '../../../core/kustomize-image.ts';
import { parseImageIdentifier } from '../../../core/reference.ts';
import { formatImage, type ImageArgument } from '../image-argument.ts';
import type { ChangedField } from './ordered-plan.ts';

/** What a commit or a pull request is made of. */
export interface Wording {
  /** Never empty. */
  readonly images: readonly ImageArgument[];
  /** Never empty. */
  readonly fields: readonly ChangedField[];
  readonly order: BuildOrder | undefined;
  /** The user's own text in place of ours. */
  readonly message: string | undefined;
  /** Added to the subject, unless the text has it already; undefined where pipelines may start. */
  readonly skipCi: string | undefined;
}

/** Subject, what changes where, and the trailers by which history and order are found again. */
export function commitText(wording: Wording): string {
  const { fields, message, skipCi } = wording;
  const text = message ?? `${subjectOf(wording)}\n\n${fields.map(sentence).join('')}`;
  const [subject = '', ...rest] = text.trim().split('\n');
  const marked = skipCi === undefined || text.includes(skipCi) ? subject : `${subject} ${skipCi}`;
  const whole = [marked, ...rest].join('\n');
  return joinTexts([{ application: '', name: 'an image', text: whole }], trailersOf(wording));
}

/** "build: set image ghcr.io/acme/web:1.4.1" */
function subjectOf({ images }: Pick<Wording, 'images'>): string {
  const [first, ...more] = images.map(shownImage);
  return more.length === 0 ? `build: set image ${first}` : `build: set ${images.length} images`;
}

/** Lines with their line ends. */
export function trailersOf({ fields, order }: Pick<Wording, 'fields' | 'order'>): readonly string[] {
  const orders = order === undefined ? [] : fields.map(({ path, field }) => orderTrailer({ ...order, path, field }));
  return [...fields.map((change) => changeTrailer(recorded(change))), ...orders];
}

/** The image that comes out, without what is kept. */
function shownImage({ name, parts }: ImageArgument): string {
  const said = (part: string | undefined) => (part === '*' ? undefined : part);
  return formatImage({ newName: said(parts.newName) ?? name, tag: said(parts.tag), digest: said(parts.digest) });
}

function sentence({ path, field, from = 'nothing', to = 'nothing' }: ChangedField): string {
  return `${path}: ${field} from ${from} to ${to}\n`;
}

/** A field states a whole image, or only the tag of the only image that is set in its file. */
function recorded({ path, from, to, images }: ChangedField) {
  const stated = parseKustomizeImage(to ?? '');
  const [only] = images.length === 1 ? images : [];
  const named = images.find((image) => nameOf(image) === stated.newName);
  // Where the name is kept, the field alone knows it.
  const isWhole = named !== undefined || stated.tag !== undefined || stated.newName.includes('/');
  const name = isWhole || only === undefined ? stated.newName : nameOf(only);
  const versionIn = isWhole ? versionOfImage : versionOfTag;
  return {
    application: undefined,
    alias: (named ?? only)?.name ?? name,
    image: parseImageIdentifier(name),
    from: versionIn(from),
    to: versionIn(to),
    path,
  };
}

function nameOf({ name, parts: { newName } }: ImageArgument): string {
  return newName === undefined || newName === '*' ? name : newName;
}

function versionOfImage(text: string | undefined): ImageVersion | undefined {
  const { tag, digest } = parseKustomizeImage(text ?? '');
  return versionOf(tag, digest);
}

function versionOfTag(text: string | undefined): ImageVersion | undefined {
  const version = parseVersionText(text ?? '');
  return version.ok ? version.value : versionOfImage(text);
}
