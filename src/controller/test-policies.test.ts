import { expect, test } from 'vitest';
import type { Problem } from '../core/failure.ts';
import { testPolicies } from './test-policies.ts';

const TEST = 'tests:\n- {name: a, tags: [1.0], expect: 1.0}\n- {name: b, tags: [1.0], expect: null}\n';
const unreadable: Problem = { code: 'INPUT_UNREADABLE', object: 'c.yaml', message: 'gone', fix: 'find it' };
const nothing = { inputs: [], failures: [], warnings: [] };

test('all files are tested, in their order, and what cannot be read stops none of them', () => {
  const inputs = [
    { place: 'a.yaml', text: TEST },
    { place: 'b.yaml', text: 'tests:\n- {nam: a}\n- {name: c, tags: [], expect: null}\n' },
  ];
  const report = testPolicies({ inputs, failures: [unreadable], warnings: [unreadable] });
  expect(report.results.map(({ name, ok }) => `${name} ${ok}`)).toEqual(['a true', 'b false', 'c true']);
  expect(report.failures[0]).toBe(unreadable);
  expect(report.failures.slice(1).every(({ object }) => object.startsWith('b.yaml:2:'))).toBe(true);
  expect(report.warnings).toEqual([unreadable]);
});

test('no test at all is a failure, unless one that says why is there already', () => {
  const empty = { ...nothing, inputs: [{ place: 'a.yaml', text: 'tests: []' }] };
  expect(testPolicies(empty).failures).toMatchObject([{ message: 'there is no test in what was given' }]);
  expect(testPolicies({ ...nothing, failures: [unreadable] }).failures).toEqual([unreadable]);
});
