import type { ItemReport } from '../../core/report.ts';
import { formatInstant } from '../../core/timestamp.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { renderCandidates } from './candidates.ts';
import { itemName, renderTarget } from './item.ts';
import { pullRequestText } from './pull-request.ts';

/** Why each image stands where it stands, one block per image. */
export function renderExplanation(items: readonly ItemReport[], palette: Palette): string {
  return items.map((item) => renderItem(item, palette)).join('\n');
}

function renderItem(item: ItemReport, palette: Palette): string {
  const lines = [
    palette.heading(itemName(item)),
    `  ${item.target?.kind === 'application' ? 'spec says' : 'Git says '}   ${currentText(item)}`,
    ...renderSightings(item),
    `  strategy    ${printable(item.strategy)}`,
    ...renderPolicy(item),
    `  chosen      ${item.to === null ? 'nothing' : printable(item.to)}`,
    `  outcome     ${outcomeText(item, palette)}`,
    `  why         ${printable(item.reason)}`,
    ...renderFirstSeen(item),
    `  waits for   ${awaited(item)}`,
    ...(item.target === null ? [] : [`  written to  ${renderTarget(item.target)}`]),
    ...(item.pullRequest ? [`  request     ${pullRequestText(item.pullRequest)}`] : []),
    ...item.notes.map((note) => `  note        ${printable(note)}`),
    `  candidates  ${candidatesText(item)}`,
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

/** Every place that was looked at, also those that do not name the image. */
function renderSightings({ sightings }: ItemReport): string[] {
  return sightings.map(({ where, says }, index) => {
    const versions = says.map((version) => (version === null ? 'no version' : printable(version)));
    return `  ${index === 0 ? 'looked at ' : '          '}  ${printable(where)}: ${versions.join(', ') || 'nothing'}`;
  });
}

function candidatesText({ candidates, rule }: ItemReport): string {
  if (candidates.length > 0) return String(candidates.length);
  return rule === 'suspicious-list' ? 'none until the list is believed' : 'the registry was not asked';
}

/** Since when the chosen tag, and the digest behind it, is known here; its own date is what its builder wrote. */
function renderFirstSeen({ candidates }: ItemReport): string[] {
  const chosen = candidates.find(({ verdict }) => verdict === 'chosen');
  if (chosen?.firstSeenMs === undefined) return [];
  const digest = chosen.digestFirstSeenMs;
  const image = digest === undefined ? '' : `, its digest ${formatInstant(digest)}`;
  return [`  first seen  ${formatInstant(chosen.firstSeenMs)}${image}`];
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

function awaited({ outcome, rule, pullRequest }: ItemReport): string {
  switch (outcome) {
    case 'update':
      if (pullRequest) return pullRequest.url ? 'the pull request to be merged' : 'nothing; the next run proposes it';
      return 'nothing; the next run writes it';
    case 'current':
      return 'a newer tag that the policy allows';
    case 'failed':
      return 'the failure to be fixed';
    case 'held':
      return endOfHold(rule);
    case 'none':
      if (rule === 'superseded') return 'the next cycle';
      if (rule === 'handoff-only' || rule === 'handoff-mismatch') return 'a pipeline to hand a version off';
      return rule === 'not-used' ? 'something in Git that uses the image' : 'a tag that the policy allows';
    default:
      return outcome satisfies never;
  }
}

function endOfHold(rule: string): string {
  switch (rule) {
    case 'suspicious-list':
      return 'the registry to list its tags again, or to say the same for two intervals';
    case 'verification-unavailable':
      return 'the release that verifies signatures, or imagesVerification: {enabled: false}';
    case 'rejected':
      return 'a newer tag, or the pull request to be opened again';
    case 'suspended':
      return 'the annotation tiphys.dev/suspend to be removed';
    default:
      return 'a newer tag, or the annotation tiphys.dev/allow-downgrade: "true"';
  }
}
