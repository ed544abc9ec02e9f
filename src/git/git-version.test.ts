import { describe, expect, test } from 'vitest';
import { openLab } from '../../test/support/git-lab.ts';
import { makePrograms } from '../../test/support/programs.ts';
import { requireVersion } from './git-version.ts';

describe('requireVersion', () => {
  for (const output of [
    'git version 2.30.0\n',
    'git version 2.39.5\n',
    'git version 2.39.5 (Apple Git-154)\n',
    'git version 2.45.1.windows.1\n',
    'git version 2.100.0-rc1\n',
    'git version 3.0.0\n',
  ]) {
    test(`${output.trim()} is enough`, () => expect(() => requireVersion(output)).not.toThrow());
  }

  for (const [output, message] of [
    ['git version 2.29.3\n', 'git 2.29.3 is too old'],
    ['git version 1.8.3.1\n', 'git 1.8.3.1 is too old'],
    ['hello\n', 'the program git on the PATH does not say its version'],
    ['', 'the program git on the PATH does not say its version'],
  ] as const) {
    test(`${JSON.stringify(output)}: ${message}`, () => {
      const failure = { code: 'GIT_MISSING', message, fix: 'install git 2.30 or newer, and put it on the PATH' };
      expect(() => requireVersion(output)).toThrow(expect.objectContaining(failure));
    });
  }
});

test('to sign with an SSH key wants a newer one', () => {
  const fix = 'install git 2.34 or newer, and put it on the PATH';
  const message = 'git 2.33.8 is too old to sign commits with an SSH key';
  const failure = expect.objectContaining({ code: 'GIT_MISSING', message, fix });
  expect(() => requireVersion('git version 2.33.8\n', true)).toThrow(failure);
  expect(requireVersion('git version 2.34.0\n', true)).toEqual([2, 34]);
});

test('an old git is asked for its version and nothing else; when a new one is installed it goes on', async () => {
  await using programs = await makePrograms();
  await using lab = await openLab();
  const repository = await lab.createRepository('r.git', { files: new Map([['a.yaml', 'a\n']]) });
  const ref = { repoURL: repository.url, branch: 'main', project: 'default' };
  await programs.write('git', 'echo git version 2.20.1');
  const path = process.env['PATH'] ?? '';
  const git = lab.openGit({ env: { PATH: `${programs.folder}:${path}` } });
  const open = () => git.open(ref, AbortSignal.timeout(600_000));
  await expect(open()).rejects.toMatchObject({ code: 'GIT_MISSING', message: 'git 2.20.1 is too old' });
  expect(lab.commands).toEqual(['version']);
  await programs.write('git', `PATH='${path}' exec git "$@"`);
  await open();
  await open();
  expect(lab.commands.filter((command) => command === 'version')).toHaveLength(2);
});
