import type { Problem } from '../../core/failure.ts';
import { formatFieldPath } from '../../core/field-path.ts';
import type { Finding, FindingPlace, Severity } from '../../core/finding.ts';
import type { FieldLocation } from '../../core/origin.ts';
import { redactProblem } from '../../core/redact.ts';
import { compareBytes } from '../../strategies/byte-order.ts';

/** Problems as findings, in the order of files and lines, each once. What stands in no file comes last. */
export function findingsOf(problems: Readonly<Record<Severity, readonly Problem[]>>): readonly Finding[] {
  const findings = (['error', 'warning'] as const).flatMap((severity) =>
    problems[severity].map((problem) => findingOf(severity, problem)),
  );
  const unique = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...unique.values()].sort(comparePlaces);
}

function findingOf(severity: Severity, problem: Problem): Finding {
  const { code, object, message, fix } = redactProblem(problem);
  const path = problem.location?.path ?? [];
  const field = path.length > 0 ? formatFieldPath(path) : undefined;
  return { severity, code, place: problem.location && placeOf(problem.location), object, field, message, fix };
}

function placeOf({ origin, path }: FieldLocation): FindingPlace | undefined {
  return origin && { file: origin.file, ...origin.positionOf(path) };
}

function comparePlaces({ place: a }: Finding, { place: b }: Finding): number {
  if (!a || !b) return Number(a === undefined) - Number(b === undefined);
  return compareBytes(a.file, b.file) || a.line - b.line || a.column - b.column;
}
