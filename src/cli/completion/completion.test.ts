import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describedTree } from '../described-tree.ts';
import { completionScript, SHELLS } from './script.ts';
import { shapeOf } from './shape.ts';

const program = shapeOf(describedTree());
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

for (const shell of SHELLS) {
  test(`${shell} is told every command, and flag of every command`, () => {
    const script = completionScript(shell, program);
    for (const command of program.commands) {
      expect(script).toContain(command.name);
      for (const { long } of command.flags) expect(script).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long);
    }
  });
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiphys-completion-'));
  mkdirSync(join(folder, 'apps here'));
  writeFileSync(join(folder, 'app.yaml'), '');
  for (const shell of SHELLS) writeFileSync(join(folder, `script.${shell}`), completionScript(shell, program));
});
afterAll(() => rmSync(folder, { recursive: true }));

for (const [shell, onlyRead] of [
  ['bash', '-n'],
  ['zsh', '-n'],
  ['fish', '--no-execute'],
] as const) {
  test.skipIf(!has(shell))(`${shell} can read its script (needs ${shell})`, () => {
    // A locale that is not installed is nothing that a script has done.
    const env = { ...process.env, LC_ALL: 'C' };
    const read = spawnSync(shell, [onlyRead, join(folder, `script.${shell}`)], { encoding: 'utf8', env });
    expect(read).toMatchObject({ status: 0, stderr: '' });
  });
}

describe.skipIf(!has('bash'))('bash completes (needs bash)', () => {
  /** What bash offers behind these words, of which the last is being typed; split as readline splits. */
  function offered(...words: readonly string[]): string[] {
    const driver = `. ./script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tiphys; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout } = spawnSync('bash', ['--norc', '-c', driver, 'bash', 'tiphys', ...words], options);
    return stdout.split('\n').filter(Boolean);
  }

  for (const [words, expected] of [
    [['p'], ['plan']],
    [['e'], ['explain']],
    [['--v'], ['--version']],
    [['plan', '--git-commit-g'], ['--git-commit-grouping']],
    [
      ['plan', '--git-commit-grouping', ''],
      ['branch', 'application'],
    ],
    [['plan', '-o', 'j'], ['json']],
    [['plan', '--output', '=', 'd'], ['diff']],
    [
      ['plan', '--output', '='],
      ['text', 'json', 'yaml', 'diff'],
    ],
    [['explain', 'shop', '-o', 'd'], []],
    [
      ['run', '-f', 'app'],
      ['app.yaml', 'apps here'],
    ],
    [
      ['run', '--filename', '=', 'app'],
      ['app.yaml', 'apps here'],
    ],
    [['run', '--state-dir', 'a'], ['apps here']],
    [['run', '--interval', ''], []],
    [['--no-color', 'run', '--on'], ['--once']],
    [['completion', 'z'], ['zsh']],
    [['help', 'de'], ['demo']],
    [['nonsense', ''], []],
  ] as const) {
    test(`tiphys ${words.join(' ')}| offers ${expected.join(', ') || 'nothing'}`, () => {
      expect(offered(...words).sort()).toEqual([...expected].sort());
    });
  }
});
