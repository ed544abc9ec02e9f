import { expect, test } from 'vitest';
import { Failure } from '../../core/failure.ts';
import type { Lease } from './credential.ts';
import { RenewingHolder } from './renewing-holder.ts';

const SIGNAL = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** A holder whose credentials are numbered, on a clock that is set by hand. */
function numbered(lifetimeMs: number | undefined) {
  const clock = { nowMs: 1_000_000 };
  const asked = { count: 0, answer: 'lease' as 'lease' | 'nothing' | 'failure' };
  const ask = async (): Promise<Lease | undefined> => {
    asked.count += 1;
    if (asked.answer === 'failure') throw new Failure('CREDENTIALS_INVALID', 'no', { fix: '' });
    if (asked.answer === 'nothing') return undefined;
    const credential = { kind: 'password', user: 'bot', password: `p${asked.count}` } as const;
    return { credential, ...(lifetimeMs === undefined ? {} : { expiresMs: clock.nowMs + lifetimeMs }) };
  };
  const holder = new RenewingHolder('test', ask, () => clock.nowMs);
  const password = async () => {
    const credential = await holder.get(SIGNAL);
    return credential?.kind === 'password' ? credential.password : undefined;
  };
  return { clock, asked, holder, password };
}

test('askers at the same time share one run', async () => {
  const { asked, password } = numbered(HOUR_MS);
  expect(await Promise.all([password(), password(), password()])).toEqual(['p1', 'p1', 'p1']);
  expect(asked.count).toBe(1);
});

test('what is kept is renewed before its end, and not long before', async () => {
  const { clock, password } = numbered(9 * HOUR_MS);
  const start = clock.nowMs;
  for (const [afterMs, expected] of [
    [0, 'p1'],
    [9 * HOUR_MS - 6 * 60_000, 'p1'],
    [9 * HOUR_MS - 4 * 60_000, 'p2'],
  ] as const) {
    clock.nowMs = start + afterMs;
    expect(await password()).toBe(expected);
  }
});

test('what has no end is asked for once', async () => {
  const { clock, password, asked } = numbered(undefined);
  await password();
  clock.nowMs += 1_000 * HOUR_MS;
  expect(await password()).toBe('p1');
  expect(asked.count).toBe(1);
});

test('a renewal that fails leaves the old one to its end', async () => {
  const { clock, password, asked } = numbered(HOUR_MS);
  await password();
  asked.answer = 'failure';
  clock.nowMs += HOUR_MS - 60_000;
  expect(await password()).toBe('p1');
  clock.nowMs += 60_000;
  await expect(password()).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
});

test('a failure is not asked for again at once, but soon', async () => {
  const { clock, password, asked } = numbered(HOUR_MS);
  asked.answer = 'failure';
  await expect(password()).rejects.toThrow();
  await expect(password()).rejects.toThrow();
  expect(asked.count).toBe(1);
  asked.answer = 'lease';
  clock.nowMs += 11_000;
  expect(await password()).toBe('p2');
});

test('that there is nothing is remembered for a while', async () => {
  const { clock, password, asked } = numbered(HOUR_MS);
  asked.answer = 'nothing';
  expect(await password()).toBeUndefined();
  asked.answer = 'lease';
  clock.nowMs += 60_000;
  expect(await password()).toBeUndefined();
  clock.nowMs += 10 * 60_000;
  expect(await password()).toBe('p2');
});

test('what is refused is renewed once for all who were refused, and not again for a while', async () => {
  const { clock, holder, asked } = numbered(undefined);
  const first = await holder.get(SIGNAL);
  if (first === undefined) throw new Error('there must be one');
  const renewed = await Promise.all([holder.renew(first, SIGNAL), holder.renew(first, SIGNAL)]);
  expect(renewed).toMatchObject([{ password: 'p2' }, { password: 'p2' }]);
  expect(await holder.renew(first, SIGNAL)).toMatchObject({ password: 'p2' });
  const second = await holder.get(SIGNAL);
  if (second === undefined) throw new Error('there must be one');
  expect(await holder.renew(second, SIGNAL)).toBeUndefined();
  expect(asked.count).toBe(2);
  clock.nowMs += 61_000;
  expect(await holder.renew(second, SIGNAL)).toMatchObject({ password: 'p3' });
});
