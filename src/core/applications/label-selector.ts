import { type Parsed, parsed, unparsable } from '../parsed.ts';

type Labels = Readonly<Record<string, string>>;

/** One condition of a label selector, in the words of Kubernetes' matchExpressions. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /** Of In and NotIn; empty for the others. */
  readonly values: readonly string[];
}

/** As Kubernetes: NotIn holds for a label that is not there. */
export function meetsRequirement(labels: Labels, { key, operator, values }: LabelRequirement): boolean {
  const has = Object.hasOwn(labels, key);
  const hasValue = has && values.includes(labels[key] ?? '');
  switch (operator) {
    case 'In':
      return hasValue;
    case 'NotIn':
      return !hasValue;
    case 'Exists':
      return has;
    case 'DoesNotExist':
      return !has;
  }
}

/**
 * Reads a selector as kubectl's `--selector` takes it: `k=v`, `k==v`, `k!=v`, `k`, `!k`, `k in (a,b)` and
 * `k notin (a,b)`, of which all must hold where commas stand between them. Kubernetes' comparisons of numbers, `k>1` and
 * `k<1`, are refused. An empty text has no requirement, and so fits everything.
 */
export function parseLabelSelector(text: string): Parsed<readonly LabelRequirement[]> {
  const requirements: LabelRequirement[] = [];
  let position = 0;
  let isExpected = text.trim() !== '';
  while (isExpected) {
    REQUIREMENT.lastIndex = position;
    const [whole, ...parts] = REQUIREMENT.exec(text) ?? [];
    if (whole === undefined) return unparsable(`there is no requirement at character ${position + 1}`);
    const requirement = requirementOf(parts);
    const problem = problemOf(requirement);
    if (problem !== undefined) return unparsable(problem);
    requirements.push(requirement);
    position += whole.length;
    isExpected = whole.endsWith(',');
  }
  return parsed(requirements);
}

// A key that must not be there; or a key, perhaps with a set, or with a sign and a value. Then a comma or the end.
const WORD = '[^\\s=!(),<>]+';
const REQUIREMENT = new RegExp(
  `\\s*(?:!\\s*(${WORD})|(${WORD})(?:\\s+(in|notin)\\s*\\(([^()]*)\\)|\\s*(==?|!=)(?:\\s*(${WORD}))?)?)\\s*(?:,|$)`,
  'y',
);

function requirementOf(parts: readonly (string | undefined)[]): LabelRequirement {
  const [absent, key = '', set, list = '', sign, value = ''] = parts;
  if (absent !== undefined) return { key: absent, operator: 'DoesNotExist', values: [] };
  if (set !== undefined) {
    const values = list.split(',').map((one) => one.trim());
    return { key, operator: set === 'in' ? 'In' : 'NotIn', values };
  }
  if (sign !== undefined) return { key, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] };
  return { key, operator: 'Exists', values: [] };
}

function problemOf({ key, values }: LabelRequirement): string | undefined {
  if (!isLabelKey(key)) return `"${key}" is no label key`;
  const wrong = values.find((value) => !isLabelValue(value));
  return wrong === undefined ? undefined : `"${wrong}" is no label value`;
}

// Kubernetes, "Labels and selectors", syntax and character set.
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** `[domain/]name`. */
export function isLabelKey(key: string): boolean {
  const slash = key.lastIndexOf('/');
  const prefix = key.slice(0, Math.max(slash, 0));
  const isPrefix = slash < 0 || (prefix.length <= 253 && PREFIX.test(prefix));
  return isPrefix && NAME.test(key.slice(slash + 1));
}

/** Whether a label can have the value; it may be empty. */
export function isLabelValue(value: string): boolean {
  return value === '' || NAME.test(value);
}
