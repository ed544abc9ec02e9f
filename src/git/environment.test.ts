import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LAB_ENV } from '../../test/support/git-lab.ts';
import { configuration, type GitSetting, localEnvironment } from './environment.ts';
import { parseSettings } from './own-git.ts';

/** What git itself makes of the settings, beside others that were in its environment before. */
async function readBack(settings: readonly GitSetting[]): Promise<readonly GitSetting[]> {
  const others = { GIT_CONFIG_PARAMETERS: "'a.b=c'", GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'd.e' };
  const env = { ...LAB_ENV, ...others, GIT_DIR: '/dev/null', ...configuration(settings) };
  const { stdout } = await promisify(execFile)('git', ['config', '--null', '--list'], { env, encoding: 'buffer' });
  return parseSettings(stdout);
}

// No NUL, which no variable can hold; nor half of a surrogate pair.
const value = fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0'));
const subsection = value.filter((text) => !/[\n=]/.test(text));
const setting = fc.tuple(
  fc.oneof(
    fc.constantFrom('credential.helper', 'http.followredirects'),
    subsection.map((text) => `http.${text}.extraheader`),
  ),
  value,
);

test('git takes no memory without measure because a server says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-environment-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = localEnvironment(LAB_ENV, folder);
  const git = (args: readonly string[], input = Buffer.alloc(0)) => spawnSync('git', args, { env, input }).stderr;
  git(['init', '--quiet', '--bare', folder]);
  const manyObjects = Buffer.concat([Buffer.from('PACK'), Uint8Array.of(0, 0, 0, 2, 0x10, 0, 0, 0)]);
  const said = git(['index-pack', '--stdin'], manyObjects).toString();
  expect(said).toMatch(/attempting to allocate \d+ over limit 536870912/);
});

describe('configuration', () => {
  test('git reads every setting as it was meant, in its order, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(setting, { maxLength: 60 }), async (settings) => {
        expect(await readBack(settings)).toEqual(settings);
      }),
      { numRuns: 20 },
    );
  });

  test('a key that holds "=" is handed on in the form that git has had for it since 2.31', () => {
    const settings: readonly GitSetting[] = [['credential.https://a/?b=c.helper', "it's"]];
    expect(configuration(settings)).toMatchObject({
      GIT_CONFIG_PARAMETERS: `'credential.https://a/?b=c.helper'='it'\\''s'`,
    });
  });
});
