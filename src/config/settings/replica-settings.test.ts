import { expect, test } from 'vitest';
import { replicaSettings } from './replica-settings.ts';
import { type Settings, settle } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

const { leaderElection, leaseDuration, leaseRenewDeadline, leaseRetryPeriod, shards, store } = CATALOGUE;

function settingsOf(given: readonly (readonly [(typeof CATALOGUE)[keyof typeof CATALOGUE], string])[]): Settings {
  return settle(
    given.map(([setting, text]) => {
      const { flag: name } = setting;
      return { setting, source: 'flag', name, object: name, text } as const;
    }),
  );
}

test("times are client-go's, and those that were given", () => {
  const timing = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
  expect(replicaSettings(settingsOf([]))).toEqual({ election: { namespace: undefined, timing }, shards: 1 });
  const short = settingsOf([
    [leaseDuration, '3s'],
    [leaseRenewDeadline, '2s'],
    [leaseRetryPeriod, '500ms'],
  ]);
  expect(replicaSettings(short).election?.timing).toEqual({ durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 500 });
});

test('a process that is alone needs no right times', () => {
  const alone = settingsOf([
    [leaderElection, 'false'],
    [leaseDuration, '1s'],
  ]);
  expect(replicaSettings(alone)).toEqual({ election: undefined, shards: 1 });
});

for (const [setting, text, why] of [
  [leaseDuration, '10s', 'others would begin while the leader may still write'],
  [leaseRenewDeadline, '2400ms', 'one try that comes to nothing would end it'],
  [leaseRetryPeriod, '0', 'it would never rest'],
] as const) {
  test(`${setting.flag} ${text} is refused: ${why}`, () => {
    const { flag } = setting;
    expect(() => replicaSettings(settingsOf([[setting, text]]))).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ code: 'SETTING_INVALID', object: flag })] }),
    );
  });
}

test('several shards need a store that all replicas share, and Leases', () => {
  const shared = [store, 'postgres://tiphys@db.example/tiphys'] as const;
  expect(replicaSettings(settingsOf([[shards, '3'], shared])).shards).toBe(3);
  const refused = { problems: [expect.objectContaining({ code: 'SETTING_INVALID', object: '--shards' })] };
  expect(() => replicaSettings(settingsOf([[shards, '3']]))).toThrow(expect.objectContaining(refused));
  const alone = settingsOf([[shards, '3'], shared, [leaderElection, 'false']]);
  expect(() => replicaSettings(alone)).toThrow(expect.objectContaining(refused));
});
