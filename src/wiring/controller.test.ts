import { expect, test } from 'vitest';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { runByArgocd } from './controller.ts';

test("several shards are refused where there are no Leases: over Argo CD's API", async () => {
  const name = CATALOGUE.shards.flag;
  const given = [{ setting: CATALOGUE.shards, source: 'flag', name, object: name, text: '2' }] as const;
  const options = { filenames: [], fromCluster: true, given, defaultStateDir: '/nowhere' } as const;
  const refused = { code: 'SETTING_INVALID', object: '--shards' };
  await expect(runByArgocd(options, () => {}, new AbortController().signal)).rejects.toMatchObject(refused);
});
