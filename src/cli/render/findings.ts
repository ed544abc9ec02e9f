import type { Problem } from '../../core/failure.ts';
import type { Finding, LintReport, Severity } from '../../core/finding.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';

/** Findings as compilers print them, which editors and people know how to follow, and a last line that counts. */
export function renderFindings(report: LintReport, palette: Palette): string {
  const findings = report.findings.map((finding) => renderFinding(finding, palette));
  return `${findings.join('')}${renderVerdict(report)}\n`;
}

function renderFinding({ severity, place, object, message, code, fix }: Finding, palette: Palette): string {
  const where = place ? `${palette.place(`${printable(place.file)}:${place.line}:${place.column}`)}: ` : '';
  const label = severity === 'error' ? palette.error(severity) : palette.warning(severity);
  return `${where}${label}: ${printable(object)}: ${printable(message)} (${code})\n  fix: ${printable(fix)}\n`;
}

function renderVerdict({ findings, applications, imageUpdaters }: LintReport): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const read = `${counted(applications, 'Application')}, ${counted(imageUpdaters, 'ImageUpdater')}`;
  return `${counted(count('error'), 'error')}, ${counted(count('warning'), 'warning')} in ${read}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Findings for scripts. Keys and their order are a contract; new ones are added at the end. */
export function findingFields({ severity, code, place, object, field, message, fix }: Finding): object {
  const { file = null, line = null, column = null } = place ?? {};
  return { severity, code, file, line, column, object, field: field ?? null, message, fix };
}

const NOTES_OF_A_KIND = 3;

/** What was not judged, to say that it was seen; of many of one kind the first few. */
export function renderNotes(notes: readonly Problem[], palette: Palette): string {
  const kinds = [...Map.groupBy(notes, ({ code }) => code).values()];
  return kinds.map((kind) => renderKind(kind, palette)).join('');
}

function renderKind(notes: readonly Problem[], palette: Palette): string {
  const lines = notes.slice(0, NOTES_OF_A_KIND).map(({ object, message, code }) => {
    return `${palette.faint('note')}: ${printable(object)}: ${printable(message)} (${code})\n`;
  });
  const more = notes.length - lines.length;
  return `${lines.join('')}${more > 0 ? `${palette.faint('note')}: and ${more} more of these\n` : ''}`;
}
