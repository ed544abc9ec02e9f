import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';
import { watchForCanary } from './support/canary.ts';

interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

interface Fault {
  readonly name: string;
  readonly error: SerializedError;
  /** Where to look when the error carries no stack of its own. */
  readonly fallback: string;
}

/**
 * Prints one line per file, then every skipped test by its full name (the reason for the skip is part of it), then
 * each failure, and last the line "N passed, N failed, N skipped", which CI reads. A planted secret in anything that
 * the run has printed is a failure too.
 */
export default class TallyReporter implements Reporter {
  #vitest: Vitest | undefined;
  #hasLeaked = () => false;

  onInit(vitest: Vitest): void {
    this.#hasLeaked = watchForCanary([process.stdout, process.stderr]);
    this.#vitest = vitest;
  }

  onUserConsoleLog(log: { readonly content: string }): void {
    process.stdout.write(log.content);
  }

  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()];
    const mark = module.ok() ? 'ok  ' : 'FAIL';
    const seconds = (module.diagnostic().duration / 1000).toFixed(2);
    print(`${mark} ${module.relativeModuleId} (${tests.length} tests, ${seconds} s)`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed');
    const failed = tests.filter((test) => test.result().state === 'failed');
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const broken = brokenContainers(modules);
    // A name pattern (-t) skips everything else; listing that would bury the one test that was asked for.
    if (this.#vitest?.config.testNamePattern === undefined) for (const test of skipped) print(skipLine(test));
    for (const fault of [...failed.flatMap(testFaults), ...broken, ...unhandled.map(unhandledFault)]) {
      print(this.#describe(fault));
    }
    const leaks = this.#hasLeaked() ? 1 : 0;
    if (leaks > 0) {
      print(
        '\nFAILED a planted secret stands in what was printed above: search it for CANARY of test/support/canary.ts',
      );
      process.exitCode = 1;
    }
    const failures = failed.length + broken.length + unhandled.length + leaks;
    if (passed.length + failures === 0) {
      print('no test ran: that counts as a failure');
      process.exitCode = 1;
    }
    print(`${passed.length} passed, ${failures} failed, ${skipped.length} skipped`);
  }

  #describe(fault: Fault): string {
    const { error } = fault;
    const lines = [`\nFAILED ${fault.name}`, `at ${this.#locate(error) ?? fault.fallback}`];
    lines.push(`${error.name ?? 'Error'}: ${error.message}`);
    if (typeof error['diff'] === 'string') lines.push(error['diff']);
    return `${lines.join('\n  ')}\n`;
  }

  /** The topmost frame in our own files; vitest has mapped it back to the source already. */
  #locate(error: SerializedError): string | undefined {
    const frames: readonly Location[] = Array.isArray(error['stacks']) ? error['stacks'] : [];
    const own = frames.find((frame) => !frame.file.includes('node_modules')) ?? frames[0];
    if (own === undefined) return undefined;
    return `${relative(this.#vitest?.config.root ?? '', own.file)}:${own.line}:${own.column}`;
  }
}

function print(line: string): void {
  process.stdout.write(`${process.stdout.isTTY ? line : stripVTControlCharacters(line)}\n`);
}

function fullName(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

function skipLine(test: TestCase): string {
  const result = test.result();
  const note = result.state === 'skipped' && result.note !== undefined ? ` (${result.note})` : '';
  return `skipped ${fullName(test)}${note}`;
}

function testFaults(test: TestCase): Fault[] {
  const errors = test.result().errors ?? [];
  return errors.map((error) => ({ name: fullName(test), error, fallback: test.module.relativeModuleId }));
}

/** Files that could not be loaded and suites whose hooks threw; their tests never got to fail. */
function brokenContainers(modules: readonly TestModule[]): Fault[] {
  return modules.flatMap((module) => [
    ...containerFaults(module.relativeModuleId, module, module),
    ...[...module.children.allSuites()].flatMap((suite) =>
      containerFaults(`${module.relativeModuleId} > ${suite.fullName}`, suite, module),
    ),
  ]);
}

function containerFaults(name: string, container: TestModule | TestSuite, module: TestModule): Fault[] {
  return container.errors().map((error) => ({ name, error, fallback: module.relativeModuleId }));
}

function unhandledFault(error: SerializedError): Fault {
  return { name: 'outside of any test', error, fallback: 'an unhandled error or rejection' };
}
