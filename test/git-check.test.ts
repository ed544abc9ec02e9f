import { describe, expect, test } from 'vitest';
import { startWorld } from './support/world.ts';

describe('tiphys git check', () => {
  test('asks a real Git server, and writes nothing', async () => {
    await using world = await startWorld();
    const { url, path } = await world.repository('deploy', new Map([['a.yaml', 'a: 1\n']]));
    const before = await world.gitIn(path, 'for-each-ref');
    const { code, stdout, stderr } = await world.tiphys(['git', 'check', '-o', 'json', url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([
      {
        repoURL: url,
        branch: 'main',
        credential: 'your own git',
        forge: null,
        answers: [
          { question: 'can read', answer: 'yes' },
          { question: 'can push', answer: 'yes' },
          { question: 'is protected', answer: 'unknown' },
          { question: 'needs signature', answer: 'unknown' },
        ],
      },
    ]);
    expect(await world.gitIn(path, 'for-each-ref')).toBe(before);
  });

  test('exits 1 for a branch that is not there, and names the remedy', async () => {
    await using world = await startWorld();
    const { url } = await world.repository('deploy', new Map([['a.yaml', 'a: 1\n']]));
    const { code, stdout } = await world.tiphys(['git', 'check', '--branch', 'prod', url]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/can read +no +.* has no branch prod .*\n +fix: /);
  });

  test('tells of an address that is none beside the others', async () => {
    await using world = await startWorld();
    const { url } = await world.repository('deploy', new Map([['a.yaml', 'a: 1\n']]));
    const asked = ['git', 'check', '-o', 'json', 'https://git.example.com/a?token=s3cret', url];
    const { code, stdout, stderr } = await world.tiphys(asked);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).not.toContain('s3cret');
    expect(JSON.parse(stdout)).toMatchObject([
      { credential: null, answers: [{ answer: 'no', detail: expect.stringContaining('query') }, {}, {}, {}] },
      { credential: 'your own git', answers: [{ answer: 'yes' }, {}, {}, {}] },
    ]);
  });
});
