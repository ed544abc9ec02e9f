import { expect, test } from 'vitest';
import { observedProcesses } from './observed-processes.ts';
import { gitProcesses } from './processes.ts';

const command = { env: { PATH: process.env['PATH'] ?? '' }, about: 'a test', timeoutMs: 10_000 };

test('each command is told of with how it ended; one that was asked to stop is not', async () => {
  const seen: string[] = [];
  const observer = {
    commandEnded: (name: string, outcome: string, tookMs: number) => seen.push(`${name} ${outcome} ${tookMs >= 0}`),
  };
  await using git = observedProcesses(gitProcesses(1), observer);
  await git.run({ ...command, args: ['version'] });
  await git.run({ ...command, args: ['-c', 'a.b=c', 'rev-parse', '--verify', 'nothing'] });
  const stopped = git.run({ ...command, args: ['version'], signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(git.run({ ...command, env: { PATH: '/nowhere' }, args: ['fetch'] })).rejects.toMatchObject({
    code: 'GIT_MISSING',
  });
  expect(seen).toEqual(['version ok true', 'rev-parse failed true', 'fetch failed true']);
});
