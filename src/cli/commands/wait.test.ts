import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WaitedApplication, WaitOutcome } from '../../core/wait-report.ts';
import { parseArguments } from '../arguments.ts';
import { plain } from '../palette.ts';
import { openProgress, renderWait, waitDocument } from '../render/wait.ts';
import type { Work } from '../work.ts';
import { wait } from './wait.ts';

const CONTEXT = { commands: [wait], version: '0.1.0', columns: 100 };
const SHA = 'A'.repeat(40);

function asked(line: string, env: Readonly<Record<string, string>> = {}) {
  const { options } = parseArguments(line.split(' '), { ...CONTEXT, env });
  return options;
}

describe('arguments', () => {
  for (const [line, expected, env] of [
    ['wait shop', { applications: ['shop'], commit: undefined, branch: '', isSynced: false, timeoutMs: 600_000 }],
    ['wait shop argocd/blog -n team', { applications: ['shop', 'argocd/blog'], namespace: 'team' }],
    ['wait -l a=b -A', { applications: [], selector: 'a=b', isEverywhere: true }],
    [`wait shop --commit ${SHA}`, { commit: SHA.toLowerCase() }],
    ['wait shop', { commit: 'abcdef1' }, { TIPHYS_COMMIT: 'abcdef1' }],
    ['wait shop --commit 1234567', { commit: '1234567' }, { TIPHYS_COMMIT: 'abcdef1' }],
    ['wait shop', { commit: undefined }, { TIPHYS_COMMIT: '' }],
    ['wait shop --image a:1 --image b', { images: [{ repository: 'a', tag: '1' }, { repository: 'b' }] }],
    ['wait shop --sync --timeout 90s --grace 0s', { isSynced: true, timeoutMs: 90_000, graceMs: 0 }],
    ['wait shop --repo https://git.example/a --branch main', { repoURL: 'https://git.example/a', branch: 'main' }],
    ['wait', { message: expect.stringContaining('name an Application') }],
    ['wait shop -l a=b', { message: expect.stringContaining('without names') }],
    ['wait a/b/c', { message: expect.stringContaining('namespace/name') }],
    ['wait shop -A', { message: expect.stringContaining('-A needs -l') }],
    ['wait -A -n a -l a=b', { message: expect.stringContaining('cannot be used with') }],
    ['wait shop --commit main', { message: expect.stringContaining('object id') }],
    ['wait shop', { message: expect.stringContaining('TIPHYS_COMMIT holds no commit') }, { TIPHYS_COMMIT: 'main' }],
    ['wait shop --branch main', { message: expect.stringContaining('needs --repo') }],
    ['wait shop --image A:B:C', { message: expect.any(String) }],
    ['wait shop --timeout 600h', { message: expect.stringContaining('24 days') }],
  ] as [string, object, Record<string, string>?][]) {
    test(`${line} ${JSON.stringify(env ?? '')}`, () => expect(asked(line, env)).toMatchObject(expected));
  }
});

const TROUBLES = [{ resource: 'Pod shop/web\u001b', state: 'Failed', reasons: ['exit code 3'] }];
const PROBLEM = { code: 'APPLICATION_GONE', object: 'argocd/shop', message: 'none', fix: 'x' } as const;
const waited = (outcome: WaitOutcome): WaitedApplication => {
  return { application: 'argocd/shop', revisions: ['abc'], outcome, tookMs: 61_400 };
};
const DONE = waited({ kind: 'done' });
const FAILED = waited({ kind: 'failed', reason: 'it is Degraded', troubles: TROUBLES });
const LATE = waited({ kind: 'timed-out', reason: 'it is OutOfSync', troubles: [] });
const UNKNOWN = waited({ kind: 'unknown', problem: PROBLEM });

describe('results', () => {
  for (const [applications, code] of [
    [[DONE], 0],
    [[DONE, FAILED], 1],
    [[DONE, LATE], 3],
    [[LATE, FAILED], 1],
    [[LATE, FAILED, UNKNOWN], 2],
  ] as const) {
    test(`${applications.map(({ outcome }) => outcome.kind)} exits ${code}`, async () => {
      const printed: string[] = [];
      const { signal } = new AbortController();
      const printer = { print: (text: string) => printed.push(text), complain: () => {}, signal };
      const desk = {
        printer,
        version: '',
        palettes: { stdout: plain, stderr: plain },
        toTerminal: false,
        errorsToTerminal: false,
      };
      const work: Pick<Work, 'wait'> = { wait: async () => ({ applications }) };
      const request = parseArguments(['wait', 'shop', '-o', 'json'], { ...CONTEXT, env: {} });
      expect(await request.perform(desk, work as Work)).toBe(code);
      expect(JSON.parse(printed.join(''))).toEqual(JSON.parse(JSON.stringify(waitDocument({ applications }))));
    });
  }

  test('as people read them', () => {
    expect(renderWait({ applications: [DONE, FAILED, LATE, UNKNOWN] }, plain)).toBe(
      [
        'argocd/shop: synced and healthy at abc after 1m01s',
        'argocd/shop: failed after 1m01s: it is Degraded',
        '  Pod shop/web\\x1b (Failed)',
        '    exit code 3',
        'argocd/shop: time is over after 1m01s: it is OutOfSync',
        '',
      ].join('\n'),
    );
  });

  describe('progress', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    function told(errorsToTerminal: boolean): string {
      const lines: string[] = [];
      const { signal } = new AbortController();
      const printer = { print: () => {}, complain: (text: string) => lines.push(text), signal };
      {
        using progress = openProgress({ printer, palettes: { stdout: plain, stderr: plain }, errorsToTerminal });
        progress.tell({ application: 'argocd/shop', reason: 'one' });
        vi.advanceTimersByTime(61_500);
        progress.tell({ application: 'argocd/shop', reason: 'two' });
      }
      vi.advanceTimersByTime(10_000);
      return lines.join('');
    }

    test('in lines, where nobody looks on', () => {
      expect(told(false)).toBe('    0s argocd/shop: one\n 1m02s argocd/shop: two\n');
    });

    test('with the time going on, on a terminal, which is left clean', () => {
      const shown = told(true).split('\r\u001b[K');
      expect(shown.slice(0, 3)).toEqual(['', '    0s argocd/shop: one\n', '    1s waiting']);
      expect(shown.slice(-3)).toEqual([' 1m01s waiting', ' 1m02s argocd/shop: two\n', '']);
    });
  });
});
