import type { ItemReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderCandidates } from './candidates.ts';
import { itemName, renderTarget } from './item.ts';

/** Why each image stands where it stands, one block per image. */
export function renderExplanation(items: readonly ItemReport[], palette: Palette): string {
  return items.map((item) => renderItem(item, palette)).join('\n');
}

function renderItem(item: ItemReport, palette: Palette): string {
  const lines = [
    palette.heading(itemName(item)),
    `  Git says    ${currentText(item)}`,
    `  strategy    ${printable(item.strategy)}`,
    ...renderPolicy(item),
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

/** Which rule configures the image, and the others that match its Application as well. */
function renderPolicy({ policy }: ItemReport): string[] {
  if (!policy) return [];
  const passedOver = policy.passedOver.map(({ rule, reason }) => `  not used    ${printable(`${rule}: ${reason}`)}`);
  return [`  policy      ${printable(policy.rule)}`, ...passedOver];
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
