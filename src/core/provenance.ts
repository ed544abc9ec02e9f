import type { Digest } from './reference.ts';
import { publisherLabels, publisherLink, publisherText } from './untrusted-text.ts';

/** What an image says about itself, as its registry tells it. */
export interface ImageLabels {
  /** Of what the tag points at. */
  readonly digest: Digest;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where an image comes from, by its publisher's word; every text is harmless wherever it is put. */
export interface Provenance {
  readonly digest: Digest;
  readonly labels: Readonly<Record<string, string>>;
  /** The page of the source repository. */
  readonly source: string | undefined;
  /** The commit of the source. */
  readonly revision: string | undefined;
  /** The page that lists the releases of the source. */
  readonly releaseNotes: string | undefined;
}

/** @see OCI image spec v1.1, "Pre-Defined Annotation Keys" */
export function provenanceOf({ digest, labels }: ImageLabels): Provenance {
  const label = (key: string) => labels[`org.opencontainers.image.${key}`] ?? '';
  const source = publisherLink(withoutGitSuffix(label('source')));
  return {
    digest,
    labels: publisherLabels(labels),
    source,
    revision: publisherText(label('revision'), 64) || undefined,
    releaseNotes: source && releasePage(new URL(source)),
  };
}

function withoutGitSuffix(url: string): string {
  return url.trim().replace(/\.git\/?$/, '');
}

/** Only of hosts whose pages are known by their name; a link to nowhere is worse than none. */
function releasePage({ hostname, href, pathname }: URL): string | undefined {
  if (pathname.split('/').length < 3) return undefined;
  if (/(?:^|\.)gitlab\./.test(hostname)) return `${href}/-/releases`;
  return /(?:^|\.)(?:github|gitea|codeberg|forgejo)\./.test(hostname) ? `${href}/releases` : undefined;
}
