import type { PolicyTestResult } from '../../core/deciding/policy-test.ts';
import type { Palette } from '../palette.ts';
import { printable } from '../printable.ts';
import { counted } from './summary.ts';

/** Every test that failed, with what would have been right, and a line that counts them all. */
export function renderPolicyTests(results: readonly PolicyTestResult[], palette: Palette): string {
  const failed = results.filter(({ ok }) => !ok);
  const passed = `${results.length - failed.length} passed`;
  const paint = failed.length > 0 ? palette.error : palette.added;
  const summary = `${counted(results.length, 'test')}: ${passed}, ${paint(`${failed.length} failed`)}\n`;
  return [...failed.map((result) => renderFailure(result, palette)), summary].join('\n');
}

/** The results as scripts read them. Keys and their order are a contract; new ones are added at the end. */
export function policyTestsDocument(results: readonly PolicyTestResult[]): readonly object[] {
  return results.map(({ name, ok, expected, got, outcome, reason }) => ({ name, ok, expected, got, outcome, reason }));
}

function renderFailure(result: PolicyTestResult, palette: Palette): string {
  const { name, expected, got, reason } = result;
  const lines = [
    `${palette.error('FAIL')} ${palette.heading(printable(name))} ${palette.faint(`(${placeOf(result)})`)}`,
    `  expected  ${written(expected)}`,
    `  got       ${typeof got === 'object' && got !== null ? 'an error' : written(got)}`,
    `  why       ${printable(reason)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function placeOf({ location: { origin, path } }: PolicyTestResult): string {
  return origin === undefined ? 'nowhere' : `${printable(origin.file)}:${origin.positionOf(path).line}`;
}

/** Tags as they are; null and mappings as JSON. */
function written(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
