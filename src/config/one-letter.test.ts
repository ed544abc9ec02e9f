import { describe, expect, test } from 'vitest';
import { isOneSlip, slipsOf } from '../../test/support/slips.ts';
import type { Problem } from '../core/failure.ts';
import { findStrayKeys, keyOf, OURS, SETTINGS, type Setting } from './annotations/annotation-keys.ts';
import { readImageUpdaters } from './image-updater/read.ts';
import { parseRegistriesConf } from './registries/registries-conf.ts';
import { REGISTRY_KEYS } from './registries/registry-fields.ts';

// Every slip of one letter in every key is reported, and the remedy is a nearest key. The same for the fields of an
// ImageUpdater stands in image-updater/check.test.ts, for keys of ConfigMap and Secret in settings-objects.test.ts, for
// tests of policies in policy-test.test.ts, for flags in cli/arguments.test.ts.

const ALIASES = ['web', 'api.v2'];

function keysOf({ scopes, ...setting }: Setting): readonly string[] {
  const own = scopes.includes('application') ? [keyOf({ ...setting, scopes })] : [];
  return scopes.includes('image') ? [...own, ...ALIASES.map((alias) => keyOf({ ...setting, scopes }, alias))] : own;
}

/** The first thing that a remedy says to write. */
function suggestion({ fix }: Pick<Problem, 'fix'>): string {
  return /^write (\S+)$/.exec(fix)?.[1] ?? '';
}

describe('annotations', () => {
  const known: readonly string[] = Object.values(SETTINGS).flatMap(keysOf);
  // All keys have one of two prefixes; their letters are tried once each.
  const whole = [keyOf(SETTINGS.imageList), keyOf(SETTINGS.suspend)];
  for (const key of known) {
    test(key, () => {
      const from = whole.includes(key) ? 0 : key.indexOf('/') + 1;
      const slips = slipsOf(key, from).filter((slip) => !known.includes(slip));
      const strays = findStrayKeys(Object.fromEntries(slips.map((slip) => [slip, 'x'])), ALIASES);
      expect(strays.map(({ path }) => path?.at(-1))).toEqual(slips.toSorted());
      const wrong = strays.filter((stray) => {
        const suggested = suggestion(stray);
        return !known.includes(suggested) || !isOneSlip(String(stray.path?.at(-1)), suggested);
      });
      expect(wrong).toEqual([]);
    });
  }

  test('prefixes of others are left alone', () => {
    const others = [
      'argocd.argoproj.io/sync-wave',
      'notifications.argoproj.io/x',
      'dev/suspend',
      'image-list',
      'a/b/c',
    ];
    expect(findStrayKeys(Object.fromEntries(others.map((key) => [key, 'x'])), ALIASES)).toEqual([]);
  });
});

describe('annotations of an ImageUpdater', () => {
  const known = [keyOf(SETTINGS.suspend), keyOf(SETTINGS.allowDowngrade)];
  const spec = { applicationRefs: [{ namePattern: '*', useAnnotations: true }] };
  for (const key of known) {
    test(key, () => {
      for (const slip of slipsOf(key).filter((one) => !known.includes(one))) {
        const { failures } = readImageUpdaters([{ namespace: 'a', name: 'b', annotations: { [slip]: 'true' }, spec }]);
        expect(failures.map(suggestion), slip).toEqual([key]);
      }
    });
  }

  test('Tiphys reads its own prefix there, and no other', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', [`${OURS}/suspend`]: 'true' };
    expect(readImageUpdaters([{ namespace: 'a', name: 'b', annotations, spec }]).failures).toEqual([]);
  });
});

describe('registries.conf', () => {
  const entry = { name: 'x', api_url: 'https://x.example.com', prefix: 'x.example.com' };
  for (const key of REGISTRY_KEYS) {
    test(key, () => {
      const slips = slipsOf(key).filter((slip) => !REGISTRY_KEYS.includes(slip) && slip !== '');
      const text = JSON.stringify({
        registries: [{ ...entry, ...Object.fromEntries(slips.map((slip) => [slip, '1'])) }],
      });
      const parsed = parseRegistriesConf(text);
      const unknown = parsed.ok ? [] : parsed.problems.filter(({ code }) => code === 'CONFIG_UNKNOWN_KEY');
      expect(unknown.map(({ object }) => object)).toEqual(slips.map((slip) => `registries[0].${slip}`));
      const wrong = unknown.filter(
        (problem, index) =>
          !REGISTRY_KEYS.includes(suggestion(problem)) || !isOneSlip(slips[index] ?? '', suggestion(problem)),
      );
      expect(wrong).toEqual([]);
    });
  }

  test('registries itself', () => {
    for (const slip of slipsOf('registries')) {
      const parsed = parseRegistriesConf(`${slip}: []\n`);
      expect(parsed.ok ? [] : parsed.problems.map(({ code }) => code), slip).toEqual(['CONFIG_UNKNOWN_KEY']);
    }
  });
});
