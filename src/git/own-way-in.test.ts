import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LAB_ENV, openLab } from '../../test/support/git-lab.ts';

const signal = AbortSignal.timeout(600_000);
const AUTH = { username: 'ada', password: 's3cret' };
const FILES = new Map([['values.yaml', 'tag: 1\n']]);

/** With a home whose configuration leads elsewhere, in the places where git looks for it. */
async function openAtHome(files: Readonly<Record<string, string>>, settings: string) {
  const lab = await openLab({ auth: AUTH });
  const { url } = await lab.createRepository('r.git', { files: FILES });
  const config = join(lab.folder, '.gitconfig');
  await writeFile(config, `[url "http://127.0.0.1:1/"]\n\tinsteadOf = ${lab.server.url}\n${settings}`);
  for (const [name, text] of Object.entries(files)) await writeFile(join(lab.folder, name), text);
  const { GIT_CONFIG_GLOBAL: _, ...env } = LAB_ENV;
  const git = lab.openGit({ env: { ...env, HOME: lab.folder } });
  return { lab, git, ref: { repoURL: url, branch: 'main', project: 'default' } };
}

describe('the user’s own way in', () => {
  test('is what netrc says, and no other address that the configuration has', async () => {
    const { lab, git, ref } = await openAtHome(
      { '.netrc': `machine 127.0.0.1 login ${AUTH.username} password ${AUTH.password}\n` },
      '',
    );
    await using _ = lab;
    expect((await git.open(ref, signal)).paths).toEqual(['values.yaml']);
  });

  test('is what the helper `store` finds at home', async () => {
    const { lab, git, ref } = await openAtHome({}, '[credential]\n\thelper = store\n');
    await using _ = lab;
    const line = `http://${AUTH.username}:${AUTH.password}@${encodeURIComponent(new URL(ref.repoURL).host)}\n`;
    await writeFile(join(lab.folder, '.git-credentials'), line, { mode: 0o600 });
    expect((await git.open(ref, signal)).paths).toEqual(['values.yaml']);
    expect((await git.access(ref, signal)).authorization).toEqual({ kind: 'basic', ...AUTH });
  });
});
