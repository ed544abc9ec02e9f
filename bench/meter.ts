/** What a whole process has cost. */
export interface Usage {
  readonly peakKiB: number;
  readonly cpuMs: number;
}

// The maximum that getrusage tells begins with that of the process which started it.
const PRINT_USAGE = `
import { readFileSync } from 'node:fs';
process.on('exit', () => {
  const [, peak] = /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const { user, system } = process.cpuUsage();
  console.error(JSON.stringify({ peakKiB: Number(peak), cpuMs: (user + system) / 1000 }));
});`;

/** Has a Node write its usage to standard error when it ends. */
export const METER = ['--import', `data:text/javascript,${encodeURIComponent(PRINT_USAGE)}`];

/** @param said  the standard error of a process that had the meter */
export function usageIn(said: string): Usage {
  const line = said.match(/^\{"peakKiB":.*\}$/m)?.[0];
  if (line === undefined) throw new Error(`the process did not end in order: ${said.slice(0, 2_000)}`);
  return JSON.parse(line);
}
