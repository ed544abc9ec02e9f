import { describe, expect, test } from 'vitest';
import { logSettings } from './log-settings.ts';
import { healthSettings, metricsSettings, webhookSettings } from './server-settings.ts';
import type { Setting } from './setting.ts';
import type { Settings } from './settings.ts';
import { type Given, SettingsRefused, settle, settledBy } from './settings.ts';
import { CATALOGUE } from './settings-catalogue.ts';

const flag = (setting: Setting, text: string): Given => {
  const name = setting.flag ?? '';
  return { setting, source: 'flag', name, object: name, text };
};
const enabled = flag(CATALOGUE.enableWebhook, 'true');

describe('webhooks', () => {
  test('are not served unless they are enabled, nor at port 0', () => {
    expect(webhookSettings(settle([]))).toBeUndefined();
    expect(webhookSettings(settle([enabled, flag(CATALOGUE.webhookPort, '0')]))).toBeUndefined();
  });

  test('are what `webhook` is for: port 0 is refused there', () => {
    const settled = settledBy('webhook', CATALOGUE.enableWebhook, 'true');
    const refused = () => webhookSettings(settle([settled, flag(CATALOGUE.webhookPort, '0')]));
    expect(refused).toThrow('--webhook-port: at port 0 nothing is served');
  });

  test("are served with upstream's defaults", () => {
    expect(webhookSettings(settle([enabled]))).toEqual({
      port: 8082,
      requireSecret: true,
      secrets: new Map(),
      googleToken: undefined,
      allowedPerHour: 0,
      tls: { minVersion: '1.3', maxVersion: '1.3', ciphers: [], ignoresCiphers: false },
      http2: false,
    });
  });

  test('know the secrets that are not empty, by kind', () => {
    const given = [flag(CATALOGUE.dockerWebhookSecret, 'a'), flag(CATALOGUE.nexusWebhookSecret, 'b')];
    const settings = webhookSettings(settle([enabled, ...given, flag(CATALOGUE.quayWebhookSecret, '')]));
    expect([...(settings?.secrets ?? [])]).toEqual([
      ['docker.io', 'a'],
      ['nexus', 'b'],
    ]);
  });

  const tls = (...given: readonly Given[]) => webhookSettings(settle([enabled, ...given]))?.tls;
  const [min, max, ciphers] = [CATALOGUE.tlsMinVersion, CATALOGUE.tlsMaxVersion, CATALOGUE.tlsCiphers];

  test('by plain HTTP when TLS is disabled', () => {
    expect(tls(flag(CATALOGUE.disableTls, 'true'))).toBeUndefined();
  });

  for (const [given, expected, why] of [
    [
      [flag(min, 'tls1.2'), flag(ciphers, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')],
      { minVersion: '1.2', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] },
      "IANA's names become OpenSSL's",
    ],
    [
      [flag(min, '1.1'), flag(ciphers, 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA')],
      { minVersion: '1.1', ciphers: ['ECDHE-RSA-AES128-SHA'] },
      'what TLS 1.1 has',
    ],
    [[flag(ciphers, 'TLS_X')], { ciphers: [], ignoresCiphers: true }, 'none can be chosen for 1.3 alone'],
  ] as const) {
    test(`TLS: ${why}`, () => {
      expect(tls(...given)).toMatchObject(expected);
    });
  }

  for (const [given, object] of [
    [[flag(min, '1.3'), flag(max, '1.2')], '--tlsminversion'],
    [[flag(min, '1.2'), flag(ciphers, 'TLS_RSA_WITH_AES_128_CBC_SHA')], '--tlsciphers'],
    [[flag(min, '1.1'), flag(ciphers, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')], '--tlsciphers'],
    [[flag(CATALOGUE.garWebhookAudience, 'https://a.example')], '--gar-webhook-service-account'],
    [[flag(CATALOGUE.garWebhookServiceAccount, 'a@b')], '--gar-webhook-audience'],
  ] as const) {
    test(`${given.map(({ name, text }) => `${name}=${text}`).join(' ')} is refused`, () => {
      const refused = () => webhookSettings(settle([enabled, ...given]));
      expect(refused).toThrow(SettingsRefused);
      expect(refused).toThrow(object);
    });
  }
});

const probeSettings = (settings: Settings, place: 'cluster' | 'stand-alone') => ({
  metrics: metricsSettings(settings, place),
  health: healthSettings(settings, place),
});

describe('metrics and health', () => {
  test('stand-alone nothing is served that is not asked for; a cluster has its probes', () => {
    expect(probeSettings(settle([]), 'stand-alone')).toEqual({ metrics: undefined, health: undefined });
    expect(probeSettings(settle([]), 'cluster')).toEqual({ metrics: undefined, health: { address: ':8081' } });
    const off = flag(CATALOGUE.healthProbeBindAddress, '0');
    expect(probeSettings(settle([off]), 'cluster').health).toBeUndefined();
  });

  test('metrics are secure unless that is switched off; stand-alone they cannot be', () => {
    const address = flag(CATALOGUE.metricsBindAddress, ':8443');
    const plain = flag(CATALOGUE.metricsSecure, 'false');
    const served = { address: ':8443', isSecure: true, http2: false };
    expect(probeSettings(settle([address]), 'cluster').metrics).toEqual(served);
    expect(probeSettings(settle([address, plain]), 'stand-alone').metrics).toEqual({ ...served, isSecure: false });
    expect(() => probeSettings(settle([address]), 'stand-alone')).toThrow('--metrics-secure');
  });
});

describe('the flags of the 0.x line', () => {
  const { healthPort, metricsPort, metricsSecure, metricsBindAddress, healthProbeBindAddress } = CATALOGUE;
  const plain = { isSecure: false, http2: false };
  for (const [given, place, expected, why] of [
    [[flag(healthPort, '8080')], 'stand-alone', { health: { address: ':8080' }, metrics: undefined }, 'asks for it'],
    [[flag(healthPort, '0')], 'cluster', { health: undefined, metrics: undefined }, '0 is none'],
    [[flag(metricsPort, '8081')], 'stand-alone', { metrics: { ...plain, address: ':8081' } }, 'they are not secure'],
    [
      [flag(metricsPort, '8081'), flag(metricsSecure, 'true')],
      'cluster',
      { metrics: { ...plain, address: ':8081', isSecure: true } },
      'unless that is asked for',
    ],
    [[flag(metricsPort, '0')], 'cluster', { metrics: undefined }, '0 is none'],
    [
      [
        flag(healthPort, '1'),
        flag(healthProbeBindAddress, ':2'),
        flag(metricsPort, '3'),
        flag(metricsBindAddress, ':4'),
      ],
      'cluster',
      { health: { address: ':2' }, metrics: { address: ':4', isSecure: true } },
      'the address goes before the port',
    ],
  ] as const) {
    test(`${given.map(({ name, text }) => `${name}=${text}`).join(' ')} ${place}: ${why}`, () => {
      expect(probeSettings(settle(given), place)).toMatchObject(expected);
    });
  }
});

describe('a log', () => {
  test('is written in a cluster, and where somebody asks for its form or its level', () => {
    expect(logSettings(settle([]), 'stand-alone')).toBeUndefined();
    expect(logSettings(settle([]), 'cluster')).toEqual({ format: 'text', level: 'info' });
    const asked = logSettings(settle([flag(CATALOGUE.logLevel, 'debug')]), 'stand-alone');
    expect(asked).toEqual({ format: 'text', level: 'debug' });
  });
});
