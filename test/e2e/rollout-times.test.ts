import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, openArgocdStage, RULES, workload } from './argocd-stage.ts';
import { freePort } from './server-program.ts';
import { lacking } from './tools.ts';

const PREFIX = 'argocd-image-updater.argoproj.io';
const FILES = Object.fromEntries(
  ['pushed', 'patched'].flatMap((name) => [
    [`${name}/deployment.yaml`, workload('Deployment', '$host/acme/web:1.0.0', 1)],
    [`${name}/kustomization.yaml`, 'resources: [deployment.yaml]\n'],
  ]),
);
const lacks = lacking(...ARGOCD_TOOLS);

describe.skipIf(lacks !== '')(`how long changes take until they are healthy, by a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  beforeAll(async () => {
    stage = await openArgocdStage(FILES);
    stage.world.putTags('acme/web', '1.0.0', '1.1.0');
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test('a commit and a change of an Application itself are timed, each once', async () => {
    const git = { [`${PREFIX}/write-back-method`]: 'git', [`${PREFIX}/write-back-target`]: 'kustomization' };
    await Promise.all([
      stage.deployed('pushed', 'pushed', stage.tracking(git)),
      stage.deployed('patched', 'patched', stage.tracking()),
    ]);
    await stage.argocd.kube.allow('argocd', 'tiphys', RULES);
    const env = { KUBECONFIG: await stage.argocd.kube.kubeconfigFor('argocd', 'tiphys') };
    const port = await freePort();
    const shown = ['--metrics-bind-address', `127.0.0.1:${port}`, '--metrics-secure=false'];
    const beganMs = performance.now();
    await stage.whileFollowing(env, ['--leader-election=false', '--interval', '1h', ...shown], async () => {
      await Promise.all(['pushed', 'patched'].map((name) => stage.settled(name, stage.image('1.1.0'))));
      await eventually(async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        const valueIn = (series: string) => Number(new RegExp(`^${series} (\\S+)$`, 'm').exec(text)?.[1]);
        for (const stageName of ['committed_to_synced', 'synced_to_healthy']) {
          expect([stageName, valueIn(`tiphys_${stageName}_seconds_count`)]).toEqual([stageName, 2]);
          expect(valueIn(`tiphys_${stageName}_seconds_sum`)).toBeLessThan((2 * (performance.now() - beganMs)) / 1_000);
        }
      });
    });
  });
});
