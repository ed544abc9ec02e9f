import { readPolicyTests } from '../config/policy-tests/policy-test.ts';
import { type PolicyTestReport, runPolicyTest } from '../core/deciding/policy-test.ts';
import type { Problem } from '../core/failure.ts';

/** Texts that were given, and what could not be read. */
interface Given {
  readonly inputs: readonly { readonly place: string; readonly text: string }[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Runs the tests of policies that some texts hold, in their order. Pure. */
export function testPolicies({ inputs, failures, warnings }: Given): PolicyTestReport {
  const read = inputs.map(({ place, text }) => readPolicyTests(place, text));
  const results = read.flatMap(({ tests }) => tests.map(runPolicyTest));
  const problems = [...failures, ...read.flatMap((one) => one.failures)];
  return { results, failures: results.length + problems.length === 0 ? [NO_TESTS] : problems, warnings };
}

/** Who gives files wants something tested; nothing at all is a wrong path, or a generator that broke. */
const NO_TESTS: Problem = {
  code: 'INPUT_UNREADABLE',
  object: 'FILE',
  message: 'there is no test in what was given',
  fix: 'list tests under tests:, or write one on each line as JSON',
};
