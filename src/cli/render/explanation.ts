import { inPlural, type Verdict } from '../../core/decision.ts';
import type { ItemReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { itemName, renderTarget } from './item.ts';
import { counted } from './summary.ts';

/** Up to this many candidates are listed one by one; more are grouped by what was said of them. */
const LISTED_CANDIDATES = 20;
const NAMED_PER_GROUP = 3;
// There is no order of a strategy here, and tags read best with numbers as numbers.
const byTag = new Intl.Collator('en', { numeric: true });

/** Why each image stands where it stands, one block per image. */
export function renderExplanation(items: readonly ItemReport[], palette: Palette): string {
  return items.map((item) => renderItem(item, palette)).join('\n');
}

function renderItem(item: ItemReport, palette: Palette): string {
  const lines = [
    palette.heading(itemName(item)),
    `  Git says    ${currentText(item)}`,
    `  strategy    ${printable(item.strategy)}`,
    `  chosen      ${item.to === null ? 'nothing' : printable(item.to)}`,
    `  outcome     ${outcomeText(item, palette)}`,
    `  why         ${printable(item.reason)}`,
    `  waits for   ${awaited(item)}`,
    ...(item.target === null ? [] : [`  written to  ${renderTarget(item.target)}`]),
    ...item.notes.map((note) => `  note        ${printable(note)}`),
    `  candidates  ${item.candidates.length === 0 ? 'the registry was not asked' : item.candidates.length}`,
    ...renderCandidates(item.candidates, palette).map((line) => `    ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function currentText({ from, statedIn }: ItemReport): string {
  const version = from === null ? 'no version' : printable(from);
  return statedIn === null ? version : `${version}, in ${printable(statedIn)}`;
}

function outcomeText({ outcome, rule }: ItemReport, palette: Palette): string {
  const paint = {
    update: palette.added,
    current: palette.added,
    held: palette.warning,
    none: palette.warning,
    failed: palette.error,
  };
  return `${paint[outcome](outcome)} (rule ${printable(rule)})`;
}

function awaited({ outcome, rule }: ItemReport): string {
  switch (outcome) {
    case 'update':
      return 'nothing; the next run writes it';
    case 'current':
      return 'a newer tag that the policy allows';
    case 'failed':
      return 'the failure to be fixed';
    case 'held':
      return rule === 'suspended'
        ? 'the annotation tiphys.dev/suspend to be removed'
        : 'a newer tag, or the annotation tiphys.dev/allow-downgrade: "true"';
    case 'none':
      if (rule === 'superseded') return 'the next cycle';
      return rule === 'not-used' ? 'something in Git that uses the image' : 'a tag that the policy allows';
    default:
      return outcome satisfies never;
  }
}

function renderCandidates(candidates: readonly Verdict[], palette: Palette): string[] {
  const rank = { chosen: 0, older: 1, dropped: 2 };
  const sorted = candidates.toSorted((a, b) => rank[a.verdict] - rank[b.verdict] || byTag.compare(b.tag, a.tag));
  return sorted.length <= LISTED_CANDIDATES ? listed(sorted, palette) : grouped(sorted, palette);
}

function listed(candidates: readonly Verdict[], palette: Palette): string[] {
  const width = Math.max(0, ...candidates.map(({ tag }) => printable(tag).length));
  return candidates.map((candidate) => {
    const line = `${printable(candidate.tag).padEnd(width)}  ${candidate.verdict.padEnd(7)}  ${verdictText(candidate)}`;
    return paintVerdict(candidate.verdict, line, palette);
  });
}

function grouped(candidates: readonly Verdict[], palette: Palette): string[] {
  const groups = Map.groupBy(candidates, ({ verdict, rule, reason }) => JSON.stringify([verdict, rule, reason]));
  return [...groups.values()].map((group) => {
    const [first] = group;
    if (first === undefined) return '';
    const names = group.slice(0, NAMED_PER_GROUP).map(({ tag }) => printable(tag));
    const rest = group.length > names.length ? ', ...' : '';
    const reason = group.length === 1 ? first.reason : inPlural(first.reason);
    const line = `${counted(group.length, 'tag')}: ${printable(reason)} (${names.join(', ')}${rest})`;
    return paintVerdict(first.verdict, line, palette);
  });
}

function verdictText({ verdict, rule, reason }: Verdict): string {
  return verdict === 'dropped' ? `${printable(reason)} (rule ${rule})` : printable(reason);
}

function paintVerdict(verdict: Verdict['verdict'], line: string, palette: Palette): string {
  if (verdict === 'chosen') return palette.added(line);
  return verdict === 'dropped' ? palette.faint(line) : line;
}
