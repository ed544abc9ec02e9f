import { describe, expect, test } from 'vitest';
import type { Setting } from '../config/settings/setting.ts';
import { type Given, SettingsRefused } from '../config/settings/settings.ts';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import type { Applications } from '../ports/application-source.ts';
import { openSettled, type Whereabouts, withNews } from './settled-source.ts';

const { signal } = new AbortController();

/** An input that holds one ConfigMap without a namespace, and that tells how it was loaded. */
async function opened(data: Readonly<Record<string, string>>, given: readonly Given[] = []) {
  const loads: string[] = [];
  const open = ({ argocdNamespace }: Whereabouts) => ({
    load: async (): Promise<Applications> => {
      const namespace = argocdNamespace();
      loads.push(namespace);
      const configMap = { namespace, name: 'argocd-image-updater-config', labels: {}, data };
      const loaded = {
        applications: [],
        imageUpdaters: [{ namespace: 'argocd', name: 'all', annotations: {}, spec: {} }],
        secrets: [],
        configMaps: [configMap],
        failures: [],
        warnings: [{ code: 'INPUT_UNREADABLE', object: 'x.yaml', message: 'of the input', fix: '' } as const],
      };
      return loaded;
    },
  });
  return { loads, ...(await openSettled(open, given, signal)) };
}

function by(source: 'flag' | 'variable', setting: Setting, text: string): Given {
  const name = (source === 'flag' ? setting.flag : setting.variable) ?? '';
  return { setting, source, name, object: name, text };
}

describe('settings in the input', () => {
  test('are weaker than flags and variables', async () => {
    const { settings } = await opened({ interval: '7m', 'git.user': 'key', 'git.email': 'k@e' }, [
      by('flag', CATALOGUE.interval, '5m'),
      by('variable', CATALOGUE.commitUser, 'variable'),
    ]);
    expect(settings.valueOf(CATALOGUE.interval)).toBe(300_000);
    expect(settings.valueOf(CATALOGUE.commitUser)).toBe('variable');
    expect(settings.valueOf(CATALOGUE.commitEmail)).toBe('k@e');
  });

  test('are read by the load that the first cycle uses too, and remarked on once', async () => {
    const { loads, source, news } = await opened({ 'git.usr': 'x', max_concurrent_apps: '5' });
    const telling = withNews(source, news);
    const codes = async () => (await telling.load(signal)).warnings.map(({ code }) => code);
    expect(await codes()).toEqual(['CONFIG_UNKNOWN_KEY', 'SETTING_UNUSED', 'INPUT_UNREADABLE']);
    expect(loads).toEqual(['argocd']);
    expect(await codes()).toEqual(['INPUT_UNREADABLE']);
    expect(loads).toEqual(['argocd', 'argocd']);
  });

  test('may say that objects without a namespace are in another one', async () => {
    const { loads, source } = await opened({ 'argocd.namespace': 'gitops' });
    await source.load(signal);
    expect(loads).toEqual(['argocd', 'gitops']);
  });

  test('are looked for where flag or variable say', async () => {
    const given = [by('variable', CATALOGUE.argocdNamespace, 'b'), by('flag', CATALOGUE.argocdNamespace, 'a')];
    const { loads, settings } = await opened({ interval: '7m', 'argocd.namespace': 'c' }, given);
    expect(loads).toEqual(['a']);
    expect(settings.given(CATALOGUE.interval)?.object).toBe('ConfigMap a/argocd-image-updater-config interval');
  });

  test('narrow what every load shows', async () => {
    const updaters = async (data: Readonly<Record<string, string>>) => {
      const { source } = await opened(data);
      const loads = [await source.load(signal), await source.load(signal)];
      return loads.map(({ imageUpdaters }) => imageUpdaters.length);
    };
    expect(await updaters({ 'watch.namespaces': 'argocd' })).toEqual([1, 1]);
    expect(await updaters({ 'watch.namespaces': 'team-a' })).toEqual([0, 0]);
  });

  test('are refused together with bad flags and variables', async () => {
    const given = [by('flag', CATALOGUE.argocdNamespace, 'A B'), by('variable', CATALOGUE.interval, 'soon')];
    const refused = await opened({ 'webhook.port': 'http' }, given).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SettingsRefused);
    expect(refused).toMatchObject({
      problems: [
        { object: '--argocd-namespace' },
        { object: 'IMAGE_UPDATER_INTERVAL' },
        { object: 'ConfigMap argocd/argocd-image-updater-config webhook.port' },
      ],
    });
  });
});
