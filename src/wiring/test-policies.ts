import type { Work } from '../cli/work.ts';
import { testPolicies as testAll } from '../controller/test-policies.ts';
import type { PolicyTestReport } from '../core/deciding/policy-test.ts';
import { readFiles } from './given-texts.ts';

export async function testPolicies(
  ...[filenames, signal]: Parameters<Work['testPolicies']>
): Promise<PolicyTestReport> {
  return testAll(await readFiles(filenames, signal));
}
