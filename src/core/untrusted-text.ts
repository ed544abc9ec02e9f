/**
 * Text that a publisher chose (labels of an image), on its way into commit messages and pull requests, where forges
 * read commands: whatever it says, it stays text. It loses characters rather than being escaped, because a commit
 * message has no escapes, and because forges differ in which ones they know.
 */

const ELLIPSIS = '...';

// Control, format (bidirectional overrides, zero width, byte order marks, tags), private, unassigned, lone surrogates;
// and what shows as nothing though it is a letter or a mark: the fillers of Hangul and variation selectors.
const UNSEEN = /\p{C}|\u034f|[\u115f\u1160\u3164\uffa0]|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

/** One line of at most `most` characters: every run of white space is a blank, and what cannot be seen is left out. */
export function oneLine(text: string, most: number): string {
  // What is cut off anyway need not be looked through: a label may be megabytes long.
  const visible = text
    .slice(0, most * 8)
    .replace(/\s+/gu, ' ')
    .replace(UNSEEN, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...visible];
  if (characters.length <= most) return visible;
  return `${characters
    .slice(0, most - ELLIPSIS.length)
    .join('')
    .trimEnd()}${ELLIPSIS}`;
}

/** What forges and build servers act on, and what becomes of it. In this order, until nothing is left to replace. */
const DEFUSED: readonly (readonly [what: RegExp, by: string])[] = [
  // [skip ci], [ci skip], [no ci], [skip actions], ...; and links and images of Markdown.
  [/[[\]]/g, ''],
  // ***NO_CI***, skip-checks: true, and Tiphys's own trailers.
  [/\*{2,}/g, ''],
  [/(skip-checks|tiphys-[a-z-]+)\s*[:=]+/gi, '$1 '],
  // Mentions, and the references #1, !1, acme/x#1, AB#1, &1, %1, $1, and the commands of Jira's smart commits.
  [/@/g, '(at)'],
  [/[#!&%$~^]+(?=[\p{L}\p{N}"_])/gu, ' '],
  // GH-1, and issues of Jira, which a closing keyword before them would close.
  [/\b([A-Z][A-Z0-9_]*)-(?=\d)/gi, '$1 '],
  // An address may name an issue to close, too.
  [/[a-z0-9+.-]*:\/\//gi, ''],
  [/\bwww\./gi, ''],
  // Quick actions of GitLab and Gitea, headings, quotes and list items of Markdown, comments: all at the line's start.
  [/^[\s/#>*+=|\\-]+/, ''],
  // Trailers of Git: Signed-off-by, Co-authored-by.
  [/^([\p{L}\p{N}-]+)\s*:/u, '$1'],
  [/ {2,}/g, ' '],
];

/** The longest text of a publisher that is repeated. */
const MOST_TEXT = 200;

/**
 * A publisher's text as one harmless line: no mention, no reference to an issue, no keyword or command of a forge or a
 * build server, no trailer, no address. Harmless wherever in a line it is put, beginning or not.
 */
export function publisherText(text: string, most = MOST_TEXT): string {
  let harmless = oneLine(text, most);
  for (;;) {
    const before = harmless;
    for (const [what, by] of DEFUSED) harmless = harmless.replace(what, by);
    harmless = oneLine(harmless, most);
    // Taking one thing out may join what stood around it. Every round that changes anything takes something out.
    if (harmless === before) return harmless;
  }
}

const MOST_LINK = 500;

// A link to one of these would be written into its history, or be taken for a reference to it.
const DISCUSSED =
  /\/(?:issues?|pulls?|pull-requests|merge_requests|discussions|work_items|_workitems|epics|browse|commits?)(?:\/|$)/i;

/**
 * A publisher's address, if it is a page that a person may be sent to: over HTTP, without credentials, query and
 * fragment, not one of an issue, and without a character that means anything in Markdown.
 */
export function publisherLink(text: string): string | undefined {
  if (text.length > MOST_LINK || !/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, username, password, host, pathname } = new URL(text);
  const isPlain = username === '' && password === '' && /^[\w.-]+(?::\d+)?$/.test(host);
  if (!isPlain || !isDecodable(pathname) || DISCUSSED.test(decodeURIComponent(pathname))) return undefined;
  const path = pathname.replace(/[^\w./%-]/g, (character) => `%${hexOf(character)}`);
  return `${protocol}//${host}${path === '/' ? '' : path.replace(/\/+$/, '')}`;
}

function isDecodable(pathname: string): boolean {
  try {
    // Also hides no control character, and no second layer of encoding.
    return /^[^\p{C}%]*$/u.test(decodeURIComponent(pathname));
  } catch {
    return false;
  }
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

/**
 * Any text as a code span of Markdown, which every forge shows as it is: nothing in it is a mention, a link or a
 * reference. Backticks and bars, which would end the span or the cell of a table, become other characters.
 */
export function codeSpan(text: string): string {
  const shown = oneLine(text, MOST_LINK).replaceAll('`', "'").replaceAll('|', '\u00a6');
  // A backslash before the closing backtick is none of CommonMark's business, but of other dialects.
  return `\`${shown.replace(/\\+$/, '') || '-'}\``;
}

const MOST_LABELS = 64;
const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;

/**
 * Labels of an image as templates may show them: keys as OCI writes them, values as harmless lines; a value that is an
 * address as a whole stays one.
 */
export function publisherLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const usable = Object.entries(labels).filter(([key]) => LABEL_KEY.test(key) && publisherText(key, 128) === key);
  const kept = usable.slice(0, MOST_LABELS);
  return Object.fromEntries(kept.map(([key, value]) => [key, publisherLink(value) ?? publisherText(value)]));
}
