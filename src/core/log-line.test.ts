import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIXED, REPO } from '../../test/support/sample-report.ts';
import { cycleLog } from './cycle-log.ts';
import { formatLogLine, isLogged, LOG_LEVELS } from './log-line.ts';

describe('a line', () => {
  const line = {
    level: 'warn',
    message: 'tags listed',
    fields: { image: 'a/b', tags: 41, empty: null, note: 'so "so"' },
  } as const;

  test('as text', () => {
    expect(formatLogLine(line, 'text', 0)).toBe(
      'time="1970-01-01T00:00:00.000Z" level=warning msg="tags listed" image=a/b tags=41 note="so \\"so\\""\n',
    );
  });

  test('as JSON', () => {
    expect(JSON.parse(formatLogLine(line, 'json', 0))).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'warning',
      msg: 'tags listed',
      image: 'a/b',
      tags: 41,
      note: 'so "so"',
    });
  });

  for (const format of ['text', 'json'] as const) {
    test(`as ${format} shows no password of a URL`, () => {
      const text = 'cannot read https://bot:s3cret@git.example/a.git';
      expect(formatLogLine({ level: 'info', message: text, fields: { text } }, format, 0)).not.toContain('s3cret');
    });

    test(`as ${format} is one line, whatever it says, and nothing that a terminal obeys`, () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          const written = formatLogLine({ level: 'info', message: text, fields: { text } }, format, 0);
          expect(written.match(/\n/g)).toHaveLength(1);
          expect(written.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        }),
      );
    });
  }

  test('is logged from its level on', () => {
    const logged = LOG_LEVELS.filter((level) => isLogged({ level, message: '' }, { format: 'text', level: 'info' }));
    expect(logged).toEqual(['info', 'warn', 'error']);
  });
});

describe('a cycle', () => {
  const commits = [{ repoURL: REPO, branch: 'main', commit: 'c0ffee', message: 'm' }];
  const lines = cycleLog({ ...MIXED, commits }, false, 1_234.5);

  test('is a line for each outcome', () => {
    expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'info image updated',
      'debug image up to date',
      'info image held',
      'debug image skipped',
      'debug image failed',
      'info commit pushed',
      'warn unknown key "sugest"',
      'error connect ECONNREFUSED',
      'info Processing results: applications=3 images_considered=4 images_skipped=2 images_updated=1 errors=1',
    ]);
  });

  test("ends with upstream's line, which many parse", () => {
    expect(formatLogLine(lines.at(-1) ?? { level: 'info', message: '' }, 'text', 0)).toMatch(
      /msg="Processing results: applications=\d+ images_considered=\d+ images_skipped=\d+ images_updated=\d+ errors=\d+" tookMs=1235\n$/,
    );
  });

  test('that was dry says so', () => {
    expect(cycleLog(MIXED, true, 0)[0]?.message).toBe('image would be updated');
  });
});
