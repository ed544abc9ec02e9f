import { expect, test } from 'vitest';
import { CATALOGUE } from '../config/settings/settings-catalogue.ts';
import { runOverCluster } from './controller.ts';

test("several shards are refused where there are no Leases: over Argo CD's API", async () => {
  const { applicationsApi, shards } = CATALOGUE;
  const asked = [
    [applicationsApi, 'argocd'],
    [shards, '2'],
  ] as const;
  const given = asked.map(([setting, text]) => {
    const { flag: name } = setting;
    return { setting, source: 'flag', name, object: name, text } as const;
  });
  const options = { filenames: [], fromCluster: true, given, defaultStateDir: '/nowhere' } as const;
  const refused = { code: 'SETTING_INVALID', object: '--shards' };
  await expect(runOverCluster(options, () => {}, new AbortController().signal)).rejects.toMatchObject(refused);
});
