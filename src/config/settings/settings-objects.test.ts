import { describe, expect, test } from 'vitest';
import { isOneSlip, slipsOf } from '../../../test/support/slips.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { SETTINGS } from './settings-catalogue.ts';
import { givenByObjects } from './settings-objects.ts';

const CONFIG_MAP = 'argocd-image-updater-config';
const SECRET = 'argocd-image-updater-secret';

function object(name: string, data: Readonly<Record<string, string>>, namespace = 'argocd'): KeyValueObject {
  return { namespace, name, labels: {}, data };
}

function read(configMaps: readonly KeyValueObject[], secrets: readonly KeyValueObject[] = []) {
  return givenByObjects({ configMaps, secrets }, 'argocd');
}

describe('the ConfigMap and the Secret', () => {
  test('say what their keys say; an empty value says nothing', () => {
    const { given, problems, warnings } = read(
      [
        object(CONFIG_MAP, { interval: '5m', 'git.user': '', 'registries.conf': 'registries: []' }),
        object('other', {}),
      ],
      [object(SECRET, { 'webhook.quay-secret': 'hush' })],
    );
    expect([...problems, ...warnings]).toEqual([]);
    expect(
      given.map(({ setting: { flag }, source, object, text, isContent }) => [flag, source, object, text, isContent]),
    ).toEqual([
      ['--interval', 'key', `ConfigMap argocd/${CONFIG_MAP} interval`, '5m', undefined],
      ['--registries-conf-path', 'key', `ConfigMap argocd/${CONFIG_MAP} registries.conf`, 'registries: []', true],
      ['--quay-webhook-secret', 'key', `Secret argocd/${SECRET} webhook.quay-secret`, 'hush', undefined],
    ]);
  });

  test('those of another namespace are not read, and named', () => {
    const { given, warnings } = read([object(CONFIG_MAP, { interval: '5m' }, 'gitops')]);
    expect(given).toEqual([]);
    expect(warnings).toMatchObject([
      { code: 'SETTING_UNUSED', object: `ConfigMap gitops/${CONFIG_MAP}`, fix: expect.stringContaining('gitops') },
    ]);
  });

  test('nobody can tell which of two is meant', () => {
    const two = [object(CONFIG_MAP, { interval: '5m' }), object(CONFIG_MAP, { interval: '6m' })];
    expect(read(two).problems).toMatchObject([{ code: 'SETTING_INVALID', object: `ConfigMap argocd/${CONFIG_MAP}` }]);
  });

  test('a key of the one is unknown in the other', () => {
    const { warnings } = read([object(CONFIG_MAP, { 'webhook.quay-secret': 'hush' })]);
    expect(warnings).toMatchObject([
      { code: 'CONFIG_UNKNOWN_KEY', message: expect.stringContaining('webhook.quay-secret') },
    ]);
    expect(JSON.stringify(warnings)).not.toContain('hush');
  });

  test('keys that every object has are no settings', () => {
    expect(read([object(CONFIG_MAP, { constructor: 'x' })]).warnings).toHaveLength(1);
  });
});

describe('a key with one wrong letter is reported, with a nearest right one', () => {
  const keysOf = {
    [CONFIG_MAP]: SETTINGS.flatMap(({ key, contentKey }) => [key ?? [], contentKey ?? []].flat()),
    [SECRET]: SETTINGS.flatMap(({ secretKey }) => secretKey ?? []),
  };
  for (const [name, keys] of Object.entries(keysOf)) {
    for (const key of keys) {
      test(`${name} ${key}`, () => {
        const slips = slipsOf(key).filter((slip) => !keys.includes(slip));
        const data = Object.fromEntries(slips.map((slip) => [slip, 'x']));
        const { given, warnings } = name === SECRET ? read([], [object(name, data)]) : read([object(name, data)]);
        expect(given).toEqual([]);
        expect(warnings.map(({ message }) => message)).toEqual(
          Object.keys(data).map((slip) => `${slip}: there is no such setting`),
        );
        for (const { code, message, fix } of warnings) {
          expect(code).toBe('CONFIG_UNKNOWN_KEY');
          const [, suggested = ''] = /^write (.+)$/.exec(fix) ?? [];
          expect(keys).toContain(suggested);
          expect(isOneSlip(message.split(':')[0] ?? '', suggested), `${message}; ${fix}`).toBe(true);
        }
      });
    }
  }
});
