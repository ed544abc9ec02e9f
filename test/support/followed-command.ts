import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { COMPILED, MAIN } from './world.ts';

/** What senders prove their webhooks with. */
export const WEBHOOK_SECRET = 'a-webhook-secret';

/** A line of the log. */
export type Line = Readonly<Record<string, unknown>>;

interface Place {
  /** With Applications, and for its home and its state. */
  readonly folder: string;
  /** The program from its source when absent. */
  readonly program?: string;
}

/** A command that goes on, and the lines of its log as they come. */
export async function follow(
  { folder, program = MAIN }: Place,
  command: 'run' | 'webhook' | 'serve',
  ...args: readonly string[]
) {
  const folders = ['-f', join(folder, 'applications'), '--state-dir', join(folder, 'state')];
  const log = ['--logformat', 'json', '--loglevel', 'debug'];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    ...COMPILED,
    GENERIC_WEBHOOK_SECRET: WEBHOOK_SECRET,
  };
  const child = spawn(process.execPath, [program, command, ...folders, ...log, ...args], { env, cwd: folder });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(JSON.parse(line));
    for (const look of waiting) look();
  });
  /** The first line that fits, from the one that `after` lines precede. */
  const line = (fits: (line: Line) => boolean, after = 0): Promise<Line> =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = lines.slice(after).find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      child.once('close', () => reject(new Error(`it ended: ${errors.join('')}`)));
      look();
    });
  const port = async (what: string) => Number((await line(({ msg }) => msg === `serving ${what}`))['port']);
  const cycle = (after = 0) => line(({ msg }) => String(msg).startsWith('Processing results: '), after);
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { lines, line, port, cycle, child, ended, [Symbol.asyncDispose]: end };
}
