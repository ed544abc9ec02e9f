import type { ItemReport, TargetReport } from '../../core/report.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** "argocd/shop web ghcr.io/acme/web", without repeating an alias that is the image's own name. */
export function itemName({ application, alias, image }: ItemReport): string {
  const words = alias === image ? [application, image] : [application, alias, image];
  return words.map(printable).join(' ');
}

/** "1.0.0 -> 1.1.0"; what is not known is left out. */
export function itemMove({ from, to, outcome }: ItemReport): string {
  if (outcome === 'current' || to === null) return from === null ? '' : printable(from);
  return `${from === null ? '(nothing)' : printable(from)} -> ${printable(to)}`;
}

/** Something that was not changed and is not current, in one line. */
export function renderItemLine(item: ItemReport, palette: Palette): string {
  const label = item.outcome.padEnd(7);
  const paint = item.outcome === 'failed' ? palette.error : palette.warning;
  const move = itemMove(item);
  return `${paint(label)} ${itemName(item)}${move && ` ${move}`}: ${printable(item.reason)} (${printable(item.rule)})\n`;
}

/** "values.yaml on main of https://git.example/shop.git (helmvalues), with the Secret argocd/shop". */
export function renderTarget(target: TargetReport): string {
  if (target.kind === 'application') return `${printable(target.path)} of the Application itself`;
  const { kind, repoURL, branch, path, credential } = target;
  const place = `${printable(path)} on ${printable(branch)} of ${printable(repoURL)}`;
  return `${place} (${kind}), with ${printable(credential)}`;
}
