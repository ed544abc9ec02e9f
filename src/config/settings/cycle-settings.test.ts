import { describe, expect, test } from 'vitest';
import { inScope } from '../../core/applications/scope.ts';
import { cycleSettings, runSettings, scopeSettings } from './cycle-settings.ts';
import type { Setting } from './setting.ts';
import { type Given, settle } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

function settled(...texts: readonly (readonly [Setting, string])[]) {
  return settle(
    texts.map(([setting, text]): Given => {
      const name = setting.flag ?? '';
      return { setting, source: 'flag', name, object: name, text };
    }),
  );
}

describe('what a cycle is asked to do', () => {
  test('without anything given', () => {
    expect(cycleSettings(settled(), '/state')).toEqual({
      argocdNamespace: 'argocd',
      annotations: 'auto',
      platforms: [],
      writeBack: undefined,
      refreshes: true,
      gitProtocols: ['https', 'ssh'],
      stateDir: '/state',
      gitCacheBytes: 10 * 2 ** 30,
      recheckMs: 86_400_000,
      commit: {
        user: 'argocd-image-updater',
        email: 'noreply@argoproj.io',
        grouping: 'branch',
        method: 'git',
        signOff: false,
        signing: undefined,
      },
    });
  });

  test('with everything given', () => {
    const settings = settled(
      [CATALOGUE.argocdNamespace, 'gitops'],
      [CATALOGUE.annotations, 'never'],
      [CATALOGUE.platforms, 'linux/amd64,linux/arm/v7'],
      [CATALOGUE.writeBack, 'git'],
      [CATALOGUE.refreshApplications, 'false'],
      [CATALOGUE.gitProtocols, 'https, http'],
      [CATALOGUE.stateDir, 's'],
      [CATALOGUE.gitCacheSize, '1.5Mi'],
      [CATALOGUE.recheck, '1h'],
      [CATALOGUE.commitUser, 'u'],
      [CATALOGUE.commitEmail, 'e'],
      [CATALOGUE.commitGrouping, 'application'],
      [CATALOGUE.commitMethod, 'api'],
      [CATALOGUE.commitSignOff, 'true'],
      [CATALOGUE.commitSigningKey, ' /keys/id_ed25519 '],
      [CATALOGUE.commitSigningMethod, 'ssh'],
    );
    expect(cycleSettings(settings, '/state')).toEqual({
      argocdNamespace: 'gitops',
      annotations: 'never',
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
      writeBack: 'git',
      refreshes: false,
      gitProtocols: ['https', 'http'],
      stateDir: 's',
      gitCacheBytes: 1_572_864,
      recheckMs: 3_600_000,
      commit: {
        user: 'u',
        email: 'e',
        grouping: 'application',
        method: 'api',
        signOff: true,
        signing: { method: 'ssh', key: '/keys/id_ed25519' },
      },
    });
  });
});

describe('how often', () => {
  for (const [interval, once, expected, why] of [
    ['2m', 'false', { intervalMs: 120_000, once: false }, ''],
    ['0', 'false', { once: true }, '0 is once: files that were given do not change'],
    ['2m', 'true', { once: true }, ''],
    ['-1s', 'true', { once: true }, 'as upstream, where --once sets the interval'],
    ['-1s', 'false', undefined, 'never is not what run is for'],
  ] as const) {
    test(`--interval ${interval} --once=${once}${why && `: ${why}`}`, () => {
      const read = () => runSettings(settled([CATALOGUE.interval, interval], [CATALOGUE.once, once]));
      if (expected) expect(read()).toMatchObject({ dryRun: false, ...expected });
      else
        expect(read).toThrow(
          expect.objectContaining({ problems: [expect.objectContaining({ object: '--interval' })] }),
        );
    });
  }
});

describe('which Applications may be written for', () => {
  const shop = { namespace: 'team-a', name: 'shop-web', labels: { tier: 'prod' } };
  for (const [setting, right, wrong] of [
    [CATALOGUE.watchNamespaces, 'argocd, team-a', 'argocd'],
    [CATALOGUE.watchNamespaces, '*', 'team-b'],
    [CATALOGUE.applicationNamespace, 'team-a', 'team-b'],
    [CATALOGUE.matchApplicationName, 'api,shop-*', 'shop'],
    [CATALOGUE.matchApplicationLabel, 'tier in (prod,live)', '!tier'],
  ] as const) {
    test(`${setting.flag} ${right}, but not ${wrong}`, () => {
      expect(inScope(shop, scopeSettings(settled([setting, right])))).toBe(true);
      expect(inScope(shop, scopeSettings(settled([setting, wrong])))).toBe(false);
    });
  }

  test('all without any of these settings', () => {
    expect(inScope(shop, scopeSettings(settled()))).toBe(true);
  });
});
