import { describe, expect, test } from 'vitest';
import { controllerSettings } from '../../config/settings/controller-settings.ts';
import { replicaSettings } from '../../config/settings/replica-settings.ts';
import { healthSettings, webhookSettings } from '../../config/settings/server-settings.ts';
import { type Given, settle } from '../../config/settings/settings.ts';
import { givenByObjects } from '../../config/settings/settings-objects.ts';
import { parseArguments } from '../arguments.ts';
import { cliCommands } from './index.ts';

/** What the command settles on, with such an environment and ConfigMap. */
function settledBy(
  line: string,
  env: Readonly<Record<string, string>> = {},
  data: Readonly<Record<string, string>> = {},
) {
  const { options } = parseArguments(['webhook', ...line.split(' ').filter(Boolean)], {
    ...{ commands: cliCommands, version: '0.1.0', columns: 100 },
    env: { XDG_STATE_HOME: '/state', ...env },
  });
  const given: readonly Given[] = 'given' in options && Array.isArray(options.given) ? options.given : [];
  const configMaps = [{ namespace: 'argocd', name: 'argocd-image-updater-config', labels: {}, data }];
  return settle([...given, ...givenByObjects({ configMaps, secrets: [] }, 'argocd').given]);
}

const RUN = { interval: '2m', 'webhook.enable': 'false', max_concurrent_reconciles: '7' };

describe('tiphys webhook', () => {
  test('serves webhooks, and has neither rounds nor a leader, whatever the ConfigMap of run says', () => {
    const settings = settledBy('', {}, RUN);
    const pace = { intervalMs: undefined, followsChanges: false, looksAtOnce: 1, once: false };
    expect(controllerSettings(settings)).toMatchObject(pace);
    expect(webhookSettings(settings)?.port).toBe(8080);
    expect(replicaSettings(settings).election).toBeUndefined();
    expect(healthSettings(settings, 'cluster')).toBeUndefined();
  });

  for (const [line, env, data, port, why] of [
    ['--webhook-port 1', { WEBHOOK_PORT: '2' }, { 'webhook.port': '3' }, 1, 'the flag'],
    ['', { WEBHOOK_PORT: '2' }, { 'webhook.port': '3' }, 2, 'the variable'],
    ['', {}, { 'webhook.port': '3' }, 3, 'the ConfigMap'],
  ] as const) {
    test(`${why} goes before its own port`, () => {
      expect(webhookSettings(settledBy(line, env, data))?.port).toBe(port);
    });
  }

  for (const [line, env, looks] of [
    ['--max-concurrent-updaters 3', { MAX_CONCURRENT_UPDATERS: '4' }, 3],
    ['', { MAX_CONCURRENT_UPDATERS: '4', MAX_CONCURRENT_RECONCILES: '5' }, 4],
  ] as const) {
    test(`${line || JSON.stringify(env)}: ${looks} looks at a time`, () => {
      expect(controllerSettings(settledBy(line, env)).looksAtOnce).toBe(looks);
    });
  }

  test('a number out of range is refused by the name that it was given under', () => {
    expect(() => settledBy('', { MAX_CONCURRENT_UPDATERS: '11' })).toThrow(
      /^MAX_CONCURRENT_UPDATERS: "11" is not a whole number, 1 to 10$/,
    );
  });
});
