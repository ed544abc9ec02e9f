import { lengthOf, withinRoom } from '../../../core/pull-requests/pull-request-text.ts';
import { codeSpan } from '../../../core/untrusted-text.ts';
import { trailersOf, type Wording } from './commit-text.ts';

const HEADER = ['| File | Field | From | To |', '| --- | --- | --- | --- |'];

const HOW_TO = [
  'A newer build of the same images takes the place of what is proposed here, an older one never does.',
  'Commits of others on its branch make Tiphys leave it alone.',
].join(' ');

/**
 * A table of what changes, and the trailers: where a squash merge keeps a request's body instead of its commits, they
 * are found there.
 * @param most  the longest body that the forge takes, in characters
 */
export function requestBody(wording: Pick<Wording, 'fields' | 'order'>, most: number): string {
  const trailers = trailersOf(wording);
  const ending = `\n${HOW_TO}\n\n\`\`\`text\n${trailers.join('')}\`\`\`\n`;
  const kept = lengthOf(HEADER) + ending.length <= most ? ending : '';
  const rows = wording.fields.map(
    ({ path, field, from, to }) =>
      `| ${[path, field, from ?? '-', to ?? '-'].map((text) => codeSpan(text)).join(' | ')} |`,
  );
  const lines = [...HEADER, ...withinRoom(rows, most - kept.length - lengthOf(HEADER))];
  return `${lines.map((line) => `${line}\n`).join('')}${kept}`;
}
