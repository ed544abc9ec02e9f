import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import type { SettingSource } from './kinds.ts';
import type { Setting } from './setting.ts';
import { type Given, givenByEnvironment, SettingsRefused, settle, unusedSettings } from './settings.ts';
import { CATALOGUE, SETTINGS } from './settings-catalogue.ts';
import { givenByObjects } from './settings-objects.ts';

/** What is right and what is wrong for each kind, by its form. */
const SAMPLES: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  'a duration such as 90s, 2m or 1h30m': {
    good: ['2m0s', '1h30m', '-1s', '0', '0.5s'],
    bad: ['2', 'soon', '2 m', '600h', '-600h', '1m2'],
  },
  'postgres://user@host:port/database, perhaps with ?sslmode=verify-full and &sslrootcert=file': {
    good: ['postgres://app@db.example/tiphys', 'postgresql://app@db.example:6432/tiphys?sslmode=require'],
    bad: ['mysql://app@db/tiphys', 'postgres://db/tiphys', 'postgres://app@db', 'postgres://app@db/a?sslmode=no'],
  },
  'true or false': { good: ['true', 'false'], bad: ['yes', '2', 'tru', 'true '] },
  'a whole number, 1 to 100': { good: ['1', '100'], bad: ['0', '101', '-1', '1.5', 'ten', '1e1'] },
  'a whole number, 1 to 16': { good: ['1', '16'], bad: ['0', '17', '-2', 'all'] },
  'a whole number, 1 to 10': { good: ['1', '10'], bad: ['0', '11', ' 1'] },
  'a whole number, 0 to 65535': { good: ['0', '65535'], bad: ['65536', '-1', 'http'] },
  'a whole number, 0 or more': { good: ['0', '9007199254740991'], bad: ['-1', '9007199254740993', '1_000'] },
  'a whole number, 1 or more': { good: ['1', '500'], bad: ['0', 'many'] },
  'some of https, ssh, http, file, separated by commas': {
    good: ['https', 'ssh, HTTP', 'https,ssh,http,file'],
    bad: [',', 'ftp', 'https ssh'],
  },
  'a size such as 500Mi or 10Gi, or 0 for no limit': {
    good: ['0', '1024', '500Mi', '1.5Gi'],
    bad: ['10G', '-1Gi', 'Gi', '1e3', '9999999Ti'],
  },
  'the name of a namespace': { good: ['argocd', 'team-a', '0'], bad: ['Argo', 'a/b', '-a', 'a'.repeat(64)] },
  '* or names of namespaces, separated by commas': { good: ['*', 'a', 'a, b'], bad: [',', ' ', 'a,B', '*,a'] },
  'a text that is not empty': { good: ['x', 'a b'], bad: [' '] },
  'any text': { good: ['x', ' '], bad: [] },
  'auto, always or never': { good: ['auto', 'Never'], bad: ['sometimes'] },
  'os/arch[/variant], separated by commas': { good: ['linux/amd64', 'linux/arm/v7,a/b'], bad: ['linux', 'a/b,', '/'] },
  'git or argocd': { good: ['git', 'argocd'], bad: ['repocreds'] },
  'repocreds or secret': { good: ['repocreds', 'secret'], bad: ['git'] },
  'git or api': { good: ['git', 'API'], bad: ['rest'] },
  'branch or application': { good: ['branch'], bad: ['repository'] },
  'openpgp or ssh': { good: ['openpgp', 'ssh'], bad: ['x509'] },
  'trace, debug, info, warn or error': { good: ['info', 'DEBUG'], bad: ['warning', 'loud'] },
  'text or json': { good: ['text', 'json'], bad: ['xml'] },
  '[host]:port, or 0 for none': {
    good: ['0', ':8443', '127.0.0.1:80', '[::1]:1'],
    bad: ['8443', ':x', ':65536', 'a/b:1'],
  },
  '1.1, 1.2 or 1.3, perhaps with tls before it': { good: ['1.2', 'tls1.3', 'TLS1.1'], bad: ['1.0', '1.4', 'ssl3'] },
  "IANA's names of cipher suites, separated by colons": {
    good: ['TLS_AES_128_GCM_SHA256', 'TLS_A:TLS_B'],
    bad: ['AES128-SHA', 'TLS_A,TLS_B'],
  },
  'kubernetes or argocd': { good: ['kubernetes', 'argocd'], bad: ['file'] },
  'globs, separated by commas': { good: ['a*', 'a,b', 'web-[0-9]'], bad: [',', 'a,[b', '[!-]'] },
  'a label selector such as team=web,tier in (a,b),!legacy': {
    good: ['team=web', 'a,!b', 'a in (b,c),d!=e'],
    bad: [' ', 'a,', 'a b', 'a=b/c', 'a>1'],
  },
};

/** Every way to give a setting: what a message calls it, and the text as it comes in. */
function waysOf(setting: Setting): readonly { source: SettingSource; name: string; give: (text: string) => Given[] }[] {
  const { flag, variable, key, secretKey } = setting;
  const object = (name: string, data: KeyValueObject['data']) => [{ namespace: 'argocd', name, labels: {}, data }];
  return [
    ...(flag === undefined
      ? []
      : [{ source: 'flag', name: flag, give: (text: string) => [byFlag(setting, text)] } as const]),
    ...(variable === undefined
      ? []
      : [
          {
            source: 'variable',
            name: variable,
            give: (text: string) => givenByEnvironment(SETTINGS, { [variable]: text }),
          } as const,
        ]),
    ...(key === undefined
      ? []
      : [
          {
            source: 'key',
            name: `ConfigMap argocd/argocd-image-updater-config ${key}`,
            give: (text: string) => {
              const configMaps = object('argocd-image-updater-config', { [key]: text });
              return [...givenByObjects({ configMaps, secrets: [] }, 'argocd').given];
            },
          } as const,
        ]),
    ...(secretKey === undefined
      ? []
      : [
          {
            source: 'key',
            name: `Secret argocd/argocd-image-updater-secret ${secretKey}`,
            give: (text: string) => {
              const secrets = object('argocd-image-updater-secret', { [secretKey]: text });
              return [...givenByObjects({ configMaps: [], secrets }, 'argocd').given];
            },
          } as const,
        ]),
  ];
}

function byFlag(setting: Setting, text: string): Given {
  const name = setting.flag ?? '';
  return { setting, source: 'flag', name, object: name, text };
}

function samplesOf({ kind }: Setting): (typeof SAMPLES)[string] {
  return SAMPLES[kind.form] ?? { good: [], bad: [] };
}

function refusalOf(given: readonly Given[]): SettingsRefused {
  try {
    settle(given);
  } catch (error) {
    if (error instanceof SettingsRefused) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the catalogue', () => {
  test('no flag, variable or key means two things', () => {
    for (const names of [
      SETTINGS.map(({ flag }) => flag),
      SETTINGS.map(({ variable }) => variable),
      SETTINGS.flatMap(({ key, contentKey, secretKey }) => [key, contentKey, secretKey]),
    ]) {
      const given = names.filter((name) => name !== undefined);
      expect(new Set(given).size).toBe(given.length);
    }
  });

  for (const setting of SETTINGS) {
    test(`${setting.flag} has a default that its kind takes, and samples of it`, () => {
      if (setting.default !== undefined) expect(setting.kind.parse(setting.default, 'flag').ok).toBe(true);
      expect(samplesOf(setting).good).not.toEqual([]);
    });
  }
});

describe('the strongest source wins: flag over variable over key over default', () => {
  for (const setting of SETTINGS) {
    test(`${setting.flag}`, () => {
      const ways = waysOf(setting);
      const text = fc.option(fc.constantFrom(...samplesOf(setting).good), { nil: undefined });
      const texts = fc.tuple(...ways.map(() => text));
      fc.assert(
        fc.property(texts, fc.boolean(), (chosen, backwards) => {
          const given = ways.flatMap(({ give }, index) => {
            const one = chosen[index];
            return one === undefined ? [] : give(one);
          });
          const settings = settle(backwards ? given.toReversed() : given);
          const strongest = ways.findIndex((_, index) => chosen[index] !== undefined);
          const [source, winner] = [ways[strongest]?.source, chosen[strongest]];
          expect(settings.given(setting)?.source).toBe(source);
          const expected = winner === undefined || !source ? undefined : setting.kind.parse(winner, source);
          // As text, because a compiled glob equals no other.
          expect(JSON.stringify(settings.find(setting))).toBe(
            JSON.stringify(expected?.ok ? expected.value : undefined),
          );
        }),
        { numRuns: 50 },
      );
    });
  }

  test('without any, the default counts', () => {
    expect(settle([]).valueOf(CATALOGUE.interval)).toBe(120_000);
    expect(settle([]).given(CATALOGUE.interval)).toBeUndefined();
  });
});

describe('a bad value is an error that names where it stands', () => {
  for (const setting of SETTINGS) {
    for (const way of waysOf(setting)) {
      test(way.name, () => {
        for (const text of samplesOf(setting).bad) {
          expect(refusalOf(way.give(text)).problems).toMatchObject([
            { code: 'SETTING_INVALID', object: way.name, fix: `write ${setting.kind.form}` },
          ]);
        }
      });
    }
  }

  test('all of them are told at once, those too that a stronger source hides', () => {
    const bad = SETTINGS.flatMap((setting) =>
      waysOf(setting).flatMap(({ name, give }) => {
        const [text] = samplesOf(setting).bad;
        return text === undefined ? [] : [{ name, given: give(text) }];
      }),
    );
    const { problems } = refusalOf(bad.flatMap(({ given }) => given));
    expect(problems.map(({ object }) => object).sort()).toEqual(bad.map(({ name }) => name).sort());
  });

  for (const [setting, text, message] of [
    [CATALOGUE.interval, '2', '"2" is not a duration'],
    [CATALOGUE.interval, '600h', '"600h" is more than 596h'],
    [CATALOGUE.logLevel, 'inof', 'did you mean info?'],
    [CATALOGUE.watchNamespaces, ', ,', '", ," names no namespace'],
    [CATALOGUE.matchApplicationName, 'a,[b', '"[b" is a malformed glob'],
    [CATALOGUE.matchApplicationLabel, 'a,', '"a," is not a label selector: there is no requirement at character 3'],
    [CATALOGUE.matchApplicationLabel, `a=${'x'.repeat(500)}`, `"a=${'x'.repeat(58)}…" is not a label selector`],
    [CATALOGUE.maxConcurrentApps, 'x'.repeat(500), `"${'x'.repeat(60)}…" is not a whole number`],
  ] as const) {
    test(`${setting.flag} ${text.slice(0, 20)}: ${message.slice(0, 40)}`, () => {
      expect(refusalOf([byFlag(setting, text)]).problems).toMatchObject([
        { message: expect.stringContaining(message) },
      ]);
    });
  }
});

describe('booleans', () => {
  for (const [source, text, expected] of [
    ['flag', 'T', true],
    ['flag', '0', false],
    ['variable', 'TRUE', true],
    ['variable', 'False', false],
    ['key', 'tRuE', true],
    ['variable', '1', undefined],
    ['key', 't', undefined],
  ] as const) {
    test(`${text} by ${source} is ${expected ?? 'refused'}`, () => {
      const read = CATALOGUE.dryRun.kind.parse(text, source);
      expect(read.ok ? read.value : undefined).toBe(expected);
    });
  }
});

describe('what is not used is named in one warning', () => {
  const warned = (...given: readonly Given[]) => unusedSettings(settle(given), SETTINGS).map(({ message }) => message);

  test('each by the name it was given under, with the reason', () => {
    const [message, ...more] = warned(
      ...givenByEnvironment(SETTINGS, { ARGOCD_GRPC_WEB: 'true' }),
      byFlag(CATALOGUE.warmupCache, 'false'),
    );
    expect(more).toEqual([]);
    expect(message).toBe(
      'not used: --warmup-cache (no pass needs another one before it); ' +
        'ARGOCD_GRPC_WEB (it is asked over REST, which every proxy lets through)',
    );
  });

  test('every one of them', () => {
    for (const setting of SETTINGS.filter(({ state }) => state.kind !== 'used')) {
      const [text = ''] = samplesOf(setting).good;
      expect(warned(byFlag(setting, text))).toEqual([expect.stringContaining(`${setting.flag}`)]);
    }
  });

  for (const [setting, text] of [
    [CATALOGUE.disableKubeEvents, 'true'],
    [CATALOGUE.leaderElection, 'false'],
    [CATALOGUE.interval, '5m'],
    [CATALOGUE.argocdAuthToken, ''],
  ] as const) {
    test(`but not ${setting.flag} "${text}"`, () => {
      expect(warned(byFlag(setting, text))).toEqual([]);
    });
  }

  test('a secret is never shown', () => {
    expect(JSON.stringify(warned(byFlag(CATALOGUE.argocdAuthToken, 'hush')))).not.toContain('hush');
  });
});

test('a password of the store is taken from the variable, not from the command line', () => {
  const url = 'postgres://app:hunter2@db.example/tiphys';
  expect(CATALOGUE.store.kind.parse(url, 'variable')).toMatchObject({ ok: true, value: { password: 'hunter2' } });
  const refused = CATALOGUE.store.kind.parse(url, 'flag');
  expect(refused).toEqual({ ok: false, problem: expect.stringContaining('command line') });
  expect(JSON.stringify(refused)).not.toContain('hunter2');
});
