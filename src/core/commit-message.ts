import { formatVersion, type ImageVersion } from './image-version.ts';
import { canonicalName, type ImageName } from './reference.ts';

/** One move of one tracked image, as a commit tells it. */
export interface CommittedChange {
  readonly application: { readonly namespace: string; readonly name: string };
  readonly alias: string;
  readonly image: ImageName;
  readonly from: ImageVersion | undefined;
  readonly to: ImageVersion;
  /** The file that was edited. */
  readonly path: string;
}

/**
 * Upstream's default text when one Application changed (reference part 2, 2.8), else a section for each; trailers last:
 * `Tiphys-Change: <namespace>/<application> <alias> <registry/repository> <old or -> <new> <path>`, percent-encoded,
 * so that the history of changes can be rebuilt from Git alone.
 */
export function commitMessage(changes: readonly CommittedChange[]): string {
  const sections = [...Map.groupBy(changes, ({ application }) => `${application.namespace}/${application.name}`)];
  const [only] = changes;
  const text =
    sections.length === 1 && only
      ? `build: automatic update of ${only.application.name}\n\n${changes.map(sentence).join('')}`
      : `build: update ${sections.length} applications\n\n${sections.map(section).join('\n')}`;
  return `${text}\n${changes.map(trailer).join('')}`;
}

function section([application, changes]: readonly [string, readonly CommittedChange[]]): string {
  return `${application}:\n${changes.map(sentence).join('')}`;
}

/** Upstream names the repository without its registry, and the digest in place of the tag when there is one. */
function sentence({ image, from, to }: CommittedChange): string {
  return `updates image ${image.repository} tag '${from?.digest ?? from?.tag ?? ''}' to '${to.digest ?? to.tag}'\n`;
}

function trailer({ application, alias, image, from, to, path }: CommittedChange): string {
  const fields = [
    `${application.namespace}/${application.name}`,
    alias,
    canonicalName(image),
    from === undefined ? '-' : formatVersion(from),
    formatVersion(to),
    path,
  ];
  return `Tiphys-Change: ${fields.map(encodeField).join(' ')}\n`;
}

/** Everything but what paths, names and versions are made of; a field never holds a blank or a line end. */
function encodeField(text: string): string {
  return text.replace(/[^A-Za-z0-9._~/:@+=,-]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}
