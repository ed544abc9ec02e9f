import { expect, test } from 'vitest';
import { openLab } from '../../test/support/git-lab.ts';

test('tells which of many branches there are, with one question', async () => {
  await using lab = await openLab();
  const repository = await lab.createRepository('deploy', { files: new Map([['a', '1\n']]) });
  for (const name of ['tiphys/shop', 'tiphys/shop/more-than-it', 'x/tiphys/blog']) {
    await lab.git(repository, 'update-ref', `refs/heads/${name.replace('tiphys/shop/', 'tiphys-')}`, 'refs/heads/main');
  }
  const git = lab.openGit();
  const branch = { repoURL: repository.url, branch: 'main', project: 'default' };
  const absent = Array.from({ length: 300 }, (_, index) => `tiphys/absent-${index}`);
  lab.commands.length = 0;
  const present = await git.present(branch, ['tiphys/shop', 'tiphys/blog', ...absent], AbortSignal.timeout(600_000));
  // A name that another one ends in is not there itself.
  expect([...present]).toEqual(['tiphys/shop']);
  expect(lab.commands.filter((command) => command === 'ls-remote')).toHaveLength(1);
});
