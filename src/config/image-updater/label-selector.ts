import { isLabelKey, isLabelValue, meetsRequirement } from '../../core/applications/label-selector.ts';
import type { FieldPath } from '../../core/field-path.ts';
import { type Admitted, type FieldProblem, fieldProblem } from './check.ts';
import type { LabelSelectorSpec } from './definition.ts';

type Labels = Readonly<Record<string, string>>;

/** Kubernetes' label selector: which labels it matches, and how specific it is. */
export interface LabelSelector {
  /** Its part of a reference's score (reference part 1, 1.8). */
  readonly score: number;
  matches(labels: Labels): boolean;
}

/** Matches everything, as a selector that is absent. */
export const ANY_LABELS: LabelSelector = { score: 0, matches: () => true };

const SELECTOR = 10_000;
const REQUIREMENT = 100;

interface Requirement {
  readonly problems: readonly FieldProblem[];
  matches(labels: Labels): boolean;
}

/** All that is said must hold; upstream lets a selector that Kubernetes would refuse match nothing, silently. */
export function parseLabelSelector(selector: LabelSelectorSpec, path: FieldPath): Admitted<LabelSelector> {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    requirement(key, 'In', [value], [...path, 'matchLabels', key]),
  );
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }, index) =>
    requirement(key, operator, values, [...path, 'matchExpressions', index]),
  );
  const all = [...labels, ...expressions];
  const problems = all.flatMap((one) => one.problems);
  if (problems.length > 0) return { ok: false, problems };
  const score = SELECTOR + REQUIREMENT * all.length;
  return { ok: true, value: { score, matches: (given) => all.every((one) => one.matches(given)) } };
}

function requirement(key: string, operator: string, values: readonly string[], path: FieldPath): Requirement {
  const problems = [...problemsOfKey(key, path), ...problemsOfValues(values, path)];
  switch (operator) {
    case 'In':
    case 'NotIn':
      return {
        problems: [...problems, ...needsValues(values, path)],
        matches: (labels) => meetsRequirement(labels, { key, operator, values }),
      };
    case 'Exists':
    case 'DoesNotExist':
      return {
        problems: [...problems, ...noValues(values, path)],
        matches: (labels) => meetsRequirement(labels, { key, operator, values: [] }),
      };
    default: {
      const unknown = fieldProblem([...path, 'operator'], `there is no operator "${operator}"`, `write ${OPERATORS}`);
      return { problems: [...problems, unknown], matches: () => false };
    }
  }
}

const OPERATORS = 'In, NotIn, Exists or DoesNotExist';

function needsValues(values: readonly string[], path: FieldPath): readonly FieldProblem[] {
  if (values.length > 0) return [];
  return [fieldProblem([...path, 'values'], 'In and NotIn need a value', 'add one, or use Exists or DoesNotExist')];
}

function noValues(values: readonly string[], path: FieldPath): readonly FieldProblem[] {
  if (values.length === 0) return [];
  return [fieldProblem([...path, 'values'], 'Exists and DoesNotExist take no values', 'remove them, or use In')];
}

function problemsOfKey(key: string, path: FieldPath): readonly FieldProblem[] {
  if (isLabelKey(key)) return [];
  return [fieldProblem(path, `"${key}" is no label key`, 'write [domain/]name as Kubernetes allows it')];
}

function problemsOfValues(values: readonly string[], path: FieldPath): readonly FieldProblem[] {
  const wrong = values.filter((value) => !isLabelValue(value));
  return wrong.map((value) => fieldProblem(path, `"${value}" is no label value`, 'correct it; no label can have it'));
}
