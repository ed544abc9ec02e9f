import { inPlural, type Verdict } from '../../core/deciding/decision.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { counted } from './summary.ts';

/** Up to this many candidates are listed one by one; more are grouped by what was said of them. */
const LISTED_CANDIDATES = 20;
const NAMED_PER_GROUP = 3;
// So long a tag can be by OCI's rules; what a registry lists beside them shall not push the table apart.
const MOST_TAG = 128;
// There is no order of a strategy here, and tags read best with numbers as numbers.
const byTag = new Intl.Collator('en', { numeric: true });

/** A line for each candidate, or for each group of them: the chosen one, older ones, dropped ones. */
export function renderCandidates(candidates: readonly Verdict[], palette: Palette): string[] {
  const rank = { chosen: 0, older: 1, dropped: 2 };
  const sorted = candidates.toSorted((a, b) => rank[a.verdict] - rank[b.verdict] || byTag.compare(b.tag, a.tag));
  return sorted.length <= LISTED_CANDIDATES ? listed(sorted, palette) : grouped(sorted, palette);
}

function listed(candidates: readonly Verdict[], palette: Palette): string[] {
  const width = Math.max(0, ...candidates.map(({ tag }) => shown(tag).length));
  return candidates.map((candidate) => {
    const line = `${shown(candidate.tag).padEnd(width)}  ${candidate.verdict.padEnd(7)}  ${verdictText(candidate)}`;
    return paintVerdict(candidate.verdict, line, palette);
  });
}

function grouped(candidates: readonly Verdict[], palette: Palette): string[] {
  const groups = Map.groupBy(candidates, ({ verdict, rule, reason }) => JSON.stringify([verdict, rule, reason]));
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return '';
    const names = group.slice(0, NAMED_PER_GROUP).map(({ tag }) => shown(tag));
    const rest = group.length > names.length ? ', ...' : '';
    const reason = group.length === 1 ? first.reason : inPlural(first.reason);
    const line = `${counted(group.length, 'tag')}: ${printable(reason)} (${names.join(', ')}${rest})`;
    return paintVerdict(first.verdict, line, palette);
  });
}

function shown(tag: string): string {
  return printable(tag.length > MOST_TAG ? `${tag.slice(0, MOST_TAG)}...` : tag);
}

function verdictText({ verdict, rule, reason }: Verdict): string {
  return verdict === 'dropped' ? `${printable(reason)} (rule ${rule})` : printable(reason);
}

function paintVerdict(verdict: Verdict['verdict'], line: string, palette: Palette): string {
  if (verdict === 'chosen') return palette.added(line);
  return verdict === 'dropped' ? palette.faint(line) : line;
}
