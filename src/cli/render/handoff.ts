import type { HandoffReport } from '../../core/handoff/report.ts';
import { printable } from '../printable.ts';
import { API_VERSION, renderJson } from './documents.ts';
import { formatStepOutputs } from './step-outputs.ts';

export const HANDOFF_FORMATS = ['text', 'dotenv', 'json', 'github-output'] as const;
export type HandoffFormat = (typeof HANDOFF_FORMATS)[number];

/** How it stands, as a line for each image of each Application. */
export function renderStanding({ state, targets }: HandoffReport): string {
  if (targets.length === 0) return `${state}\n`;
  return targets
    .map(({ application, image, tag, state: own, reason }) => {
      const why = reason === '' ? '' : `: ${reason}`;
      return `${printable(`${application} ${image}:${tag} ${own}${why}`)}\n`;
    })
    .join('');
}

/** What is for standard output, or for later steps. */
export function printHandoff(report: HandoffReport, format: HandoffFormat): string {
  switch (format) {
    case 'text':
      return renderStanding(report);
    case 'json':
      return renderJson({ apiVersion: API_VERSION, kind: 'Handoff', ...report });
    case 'dotenv':
    case 'github-output':
      return formatStepOutputs({ ...report, outcome: report.state }, format);
    default:
      return format satisfies never;
  }
}
