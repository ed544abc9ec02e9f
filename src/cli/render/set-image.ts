import type { SetImageReport, StepResult, SupersededField } from '../../core/set-image-report.ts';
import type { Desk } from '../desk.ts';
import { printable } from '../printable.ts';
import { renderDiff, renderPatch } from './diff.ts';
import { API_VERSION, renderJson } from './documents.ts';
import { formatStepOutputs } from './step-outputs.ts';

export const SET_IMAGE_FORMATS = ['diff', 'dotenv', 'json', 'github-output'] as const;
export type SetImageFormat = (typeof SET_IMAGE_FORMATS)[number];

/** Tells people what was done, on standard error. @returns what is for standard output, or for later steps */
export function printSetImage(report: SetImageReport, format: SetImageFormat, desk: Desk): string {
  const { files, remarks, superseded, result } = report;
  const { printer, palettes } = desk;
  for (const { path } of files.filter(({ diff }) => diff === '')) {
    printer.complain(`${printable(path)} says it already\n`);
  }
  if (files.length + superseded.length === 0) printer.complain('there is nothing to set\n');
  for (const field of superseded) printer.complain(`${printable(supersededLine(field))}\n`);
  for (const remark of remarks) printer.complain(`${palettes.stderr.warning('note')}: ${printable(remark)}\n`);
  printer.complain(resultLine(result));
  switch (format) {
    case 'diff':
      return diffs(report, desk);
    case 'json':
      return renderJson({ apiVersion: API_VERSION, kind: 'SetImage', ...report });
    case 'dotenv':
    case 'github-output':
      return formatStepOutputs(result, format);
    default:
      return format satisfies never;
  }
}

function diffs({ files }: SetImageReport, { palettes, toTerminal }: Desk): string {
  const changed = files.filter(({ diff }) => diff !== '');
  return toTerminal ? changed.map(({ diff }) => renderDiff(diff, palettes.stdout)).join('') : renderPatch(changed);
}

function supersededLine({ path, field, by }: SupersededField): string {
  return `${path}: ${field} was left alone: build ${by}, which is newer, has set it`;
}

/** What was done in Git; files that were edited show that by themselves. */
function resultLine({ outcome, commit = '', branch = '', pullRequestURL }: StepResult): string {
  if (outcome === 'pull-request') return `proposed by ${printable(pullRequestURL ?? branch)}\n`;
  return outcome === 'committed' ? `committed ${commit} to ${printable(branch)}\n` : '';
}
