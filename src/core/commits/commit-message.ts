import { applicationId } from '../applications/application.ts';
import type { Template, TemplateProblem } from '../go-template/template.ts';
import type { ImageVersion } from '../image-version.ts';
import type { Provenance } from '../provenance.ts';
import type { ImageName } from '../reference.ts';
import { changeTrailer } from './change-trailer.ts';
import type { Author } from './commit-author.ts';
import { commitText, fallbackText } from './commit-template.ts';
import { templateChange } from './template-change.ts';

/** One move of one tracked image, as a commit tells it. */
export interface CommittedChange {
  readonly application: { readonly namespace: string; readonly name: string; readonly project: string };
  readonly alias: string;
  readonly image: ImageName;
  readonly from: ImageVersion | undefined;
  readonly to: ImageVersion;
  /** Where the new image comes from, where that was read: for templates. */
  readonly provenance?: Provenance;
  /** The file that was edited. */
  readonly path: string;
}

/**
 * Upstream's default text when one Application changed (reference part 2, 2.8), else a section for each; trailers last:
 * `Tiphys-Change: <namespace>/<application> <alias> <registry/repository> <old or -> <new> <path>`, percent-encoded,
 * so that the history of changes can be rebuilt from Git alone.
 */
export function commitMessage(changes: readonly CommittedChange[]): string {
  const sections = [...byApplication(changes)];
  const [only] = changes;
  const text =
    sections.length === 1 && only
      ? `build: automatic update of ${only.application.name}\n\n${changes.map(sentence).join('')}`
      : `build: update ${sections.length} applications\n\n${sections.map(section).join('\n')}`;
  return `${text}\n${changes.map(changeTrailer).join('')}`;
}

export interface TemplatedMessage {
  readonly message: string;
  /** Absent: the one that all commits have. */
  readonly author?: Author;
  /** For each Application whose template failed, so that its text is only the fall-back. */
  readonly problems: readonly { readonly application: string; readonly problem: TemplateProblem }[];
}

/** Words a commit with upstream's default text, which cannot fail. */
export function plainWording(changes: readonly CommittedChange[]): TemplatedMessage {
  return { message: commitMessage(changes), problems: [] };
}

/** A message after the user's own template, filled in for each Application; the trailers are ours all the same. */
export function templatedCommitMessage(changes: readonly CommittedChange[], template: Template): TemplatedMessage {
  const texts = [...byApplication(changes)].map(([application, own]) => {
    const name = own[0]?.application.name ?? application;
    return { application, name, ...commitText(template, name, own.map(templateChange)) };
  });
  const problems = texts.flatMap(({ application, problem }) => (problem ? [{ application, problem }] : []));
  return { message: joinTexts(texts, changes.map(changeTrailer)), problems };
}

/** As `git commit --signoff`: a trailer beside ours in the last paragraph, once. */
export function signedOff(message: string, { name, email }: Author): string {
  const line = `Signed-off-by: ${name} <${email}>\n`;
  return message.split('\n').includes(line.trimEnd()) ? message : message + line;
}

function byApplication(changes: readonly CommittedChange[]): ReadonlyMap<string, readonly CommittedChange[]> {
  return Map.groupBy(changes, ({ application }) => applicationId(application));
}

/** What a template says about one Application. */
export interface ApplicationText {
  /** "namespace/name" */
  readonly application: string;
  readonly name: string;
  readonly text: string;
}

/**
 * One message of the texts for several Applications. Their first line is the subject when all have the same; else a
 * subject that counts them and keeps the bracketed markers of their first lines, `[skip ci]` for one, each once.
 * Sections follow. The last paragraph has the trailers: those of the texts, each once, and then `trailers`.
 * @param trailers  lines with their line ends
 */
export function joinTexts(texts: readonly ApplicationText[], trailers: readonly string[]): string {
  const parts = texts.map(({ application, name, text }) => partsOf(application, tidy(text) || fallbackText(name)));
  const paragraphs = parts.length === 1 ? parts.map(({ whole }) => whole) : [subjectOf(parts), ...sectionsOf(parts)];
  const own = new Set(parts.flatMap((part) => part.trailers));
  return `${paragraphs.join('\n\n')}\n\n${[...own].map((line) => `${line}\n`).join('')}${trailers.join('')}`;
}

interface Parts {
  readonly application: string;
  readonly subject: string;
  /** Behind the subject, without blank lines around it. */
  readonly body: string;
  /** Subject and body as they were. */
  readonly whole: string;
  readonly trailers: readonly string[];
}

const OUR_TRAILER = /^tiphys-(?:change|order)\s*:/i;

/** As `git commit` stores a message: no blanks at line ends, no blank lines around it. No line passes for our trailer. */
function tidy(text: string): string {
  const lines = text.replaceAll('\0', '').replaceAll(/\r\n?/g, '\n').split('\n');
  return lines
    .map((line) => (OUR_TRAILER.test(line) ? ` ${line.trimEnd()}` : line.trimEnd()))
    .join('\n')
    .replace(/^\n+/, '')
    .trimEnd();
}

// git-interpret-trailers(1): a token of letters, digits and dashes, a colon, a value; all in the last paragraph. Here
// with a capital, as trailers are written: "web: 1.4.0 -> 1.4.1" is about an image.
const TRAILER = /^[A-Z][A-Za-z0-9-]*: \S/;

function partsOf(application: string, text: string): Parts {
  const lines = text.split('\n');
  const lastBlank = lines.lastIndexOf('');
  const ending = lines.slice(lastBlank + 1);
  const endsInTrailers = lastBlank > 0 && ending.every((line) => TRAILER.test(line));
  const kept = endsInTrailers ? lines.slice(0, lastBlank) : lines;
  const [subject = '', ...rest] = kept;
  return {
    application,
    subject,
    body: rest.join('\n').replace(/^\n+/, '').trimEnd(),
    whole: kept.join('\n').trimEnd(),
    trailers: endsInTrailers ? ending : [],
  };
}

function hasCommonSubject(parts: readonly Parts[]): boolean {
  return parts.every(({ subject }) => subject === parts[0]?.subject);
}

/** A section has what the subject does not say. */
function sectionsOf(parts: readonly Parts[]): readonly string[] {
  const isSaid = hasCommonSubject(parts);
  return parts
    .map(({ application, body, whole }) => ({ application, text: isSaid ? body : whole }))
    .filter(({ text }) => text !== '')
    .map(({ application, text }) => `${application}:\n${text}`);
}

// Not "[link](address)", and not "map[a:b]" or "list[0]".
const MARKER = /(?<![\w\]])\[[^[\]\s][^[\]]{0,98}\](?!\()/g;

function subjectOf(parts: readonly Parts[]): string {
  const [first] = parts;
  if (first && hasCommonSubject(parts)) return first.subject;
  const markers = new Set(parts.flatMap(({ subject }) => subject.match(MARKER) ?? []));
  return [`build: update ${parts.length} applications`, ...markers].join(' ');
}

function section([application, changes]: readonly [string, readonly CommittedChange[]]): string {
  return `${application}:\n${changes.map(sentence).join('')}`;
}

/** Upstream names the repository without its registry, and the digest in place of the tag when there is one. */
function sentence(change: CommittedChange): string {
  const { image, oldTag, newTag } = templateChange(change);
  return `updates image ${image} tag '${oldTag}' to '${newTag}'\n`;
}
