import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../support/world.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, byApi, openArgocdStage, workload } from './argocd-stage.ts';
import type { Rule } from './kube.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...ARGOCD_TOOLS);

const RULES: readonly Rule[] = [{ apiGroups: ['argoproj.io'], resources: ['applications'], verbs: ['get', 'patch'] }];
const READ_PODS: readonly Rule[] = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods', 'events'], verbs: ['list'] },
];

/** No second Pod can be made, so that a roll-out exceeds its deadline. */
const QUOTA = `apiVersion: v1
kind: ResourceQuota
metadata: {name: none}
spec: {hard: {pods: "1"}}
`;

const FOLDERS = ['automated', 'by-hand', 'degraded'];
const WAYS = ['kubeconfig', "Argo CD's API"] as const;

describe.skipIf(lacks !== '')(`tiphys wait, with a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  beforeAll(async () => {
    const each = WAYS.flatMap((_, way) =>
      FOLDERS.map(
        (folder) => [`${folder}-${way}/web.yaml`, workload('Deployment', '$host/acme/web:1.0.0', 1)] as const,
      ),
    );
    stage = await openArgocdStage(Object.fromEntries(each));
    await stage.argocd.kube.allow('argocd', 'waiter', RULES);
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  /** Commits a file to the repository that Applications are deployed from. */
  async function commit(path: string, content: string): Promise<string> {
    const { world, deploy } = stage;
    const git = async (input: string, ...args: readonly string[]) => {
      const env = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', HOME: world.folder };
      const { code, stdout, stderr } = await run(
        'sh',
        ['-c', `printf %s "$0" | git "$@"`, input, ...args],
        deploy.path,
        env,
      );
      if (code !== 0) throw new Error(stderr);
      return stdout.trim();
    };
    const text = content.replaceAll('$host', world.registry.host);
    const at = 'A <a@b.c> 1767225600 +0000';
    const stream = [
      `commit refs/heads/main\nauthor ${at}\ncommitter ${at}\ndata <<E\nchange\nE`,
      `from refs/heads/main^0\nM 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
    ].join('\n');
    await git(stream, 'fast-import', '--quiet');
    return await git('', 'rev-parse', 'main');
  }

  async function wait(way: (typeof WAYS)[number], ...args: readonly string[]) {
    const { argocd } = stage;
    if (way !== 'kubeconfig')
      return await stage.started({ ARGOCD_TOKEN: argocd.token }, ['wait', ...args, ...byApi(argocd.address)]);
    return await stage.started({ KUBECONFIG: await argocd.kube.kubeconfigFor('argocd', 'waiter') }, ['wait', ...args]);
  }

  for (const [index, way] of WAYS.entries()) {
    const named = (folder: string) => `${folder}-${index}`;

    test(`by ${way}: what set-image has pushed is rolled out, and a later commit`, async () => {
      const name = named('automated');
      await stage.deployed(name, name);
      const target = [`${name}/web.yaml`, '--repo', stage.deploy.url, '--branch', 'main', '-o', 'dotenv'];
      const set = await stage.started({}, ['set-image', stage.image('1.1.0'), ...target]);
      const ours = /^TIPHYS_COMMIT=(.*)$/m.exec(set.stdout)?.[1] ?? '';
      expect(set, set.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('TIPHYS_OUTCOME=committed') });
      const image = ['--image', stage.image('1.1.0')];
      const done = await wait(way, name, '--commit', ours, ...image, '--timeout', '240s');
      expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout).toContain(`argocd/${name}: synced and healthy at ${ours}`);
      await commit('unrelated/a', 'a');
      const later = await wait(way, name, '--commit', ours, '--repo', stage.deploy.url, ...image, '--timeout', '240s');
      expect(later, later.stdout + later.stderr).toMatchObject({ code: 0 });
      const unknown = await wait(way, name, '--commit', ours, '--grace', '2s');
      expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('--repo') });
    });

    test(`by ${way}: --sync, and one that cannot be carried out`, async () => {
      const name = named('by-hand');
      const { argocd, application } = stage;
      await argocd.setPolicy(
        ...['get', 'update', 'sync'].map((right) => `p, role:updater, applications, ${right}, */*, allow`),
      );
      const object = application(name, { path: name });
      const syncPolicy = { syncOptions: ['CreateNamespace=true'] };
      await argocd.kube.apply({ ...object, spec: { ...object.spec, syncPolicy } });
      const done = await wait(way, name, '--sync', '--image', stage.image('1.0.0'), '--timeout', '240s');
      expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
      const immutable = workload('Deployment', '$host/acme/web:1.1.0', 1).replaceAll('app: web', 'app: other');
      const broken = await commit(`${name}/web.yaml`, immutable);
      const failed = await wait(way, name, '--sync', '--commit', broken, '--timeout', '240s');
      expect(failed, failed.stderr).toMatchObject({ code: 1, stdout: expect.stringContaining('its sync failed') });
      expect(failed.stdout).toMatch(/Deployment \S+\/web \(SyncFailed\)\n[^\n]*immutable/);
    });

    test(`by ${way}: what is degraded, and why`, async () => {
      const name = named('degraded');
      await commit(`${name}/quota.yaml`, QUOTA);
      await stage.deployed(name, name);
      await stage.argocd.kube.allow('argocd', 'waiter', READ_PODS, name);
      const bad = await commit(`${name}/web.yaml`, workload('Deployment', '$host/acme/web:1.1.0', 1, 5));
      const failed = await wait(way, name, '--commit', bad, '--grace', '5s', '--timeout', '240s');
      expect(failed, failed.stderr).toMatchObject({ code: 1, stdout: expect.stringContaining('it is Degraded') });
      expect(failed.stdout).toContain(`Deployment ${name}/web`);
      expect(failed.stdout).toMatch(/exceeded its progress deadline|timed out progressing/);
      expect(failed.stdout).toContain('exceeded quota');
    });
  }

  test('a closed sync window is told, and waited for', async () => {
    const { argocd } = stage;
    await argocd.setPolicy(
      ...['get', 'update', 'sync'].map((right) => `p, role:updater, applications, ${right}, */*, allow`),
    );
    const project = '/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/default';
    const change = (syncWindows: unknown) =>
      argocd.kube.admin('PATCH', project, { spec: { syncWindows } }, 'application/merge-patch+json');
    await change([{ kind: 'deny', schedule: '* * * * *', duration: '1h', applications: ['by-hand-*'] }]);
    for (const [index, way] of WAYS.entries()) {
      const late = await wait(way, `by-hand-${index}`, '--sync', '--timeout', '15s');
      expect(late, late.stdout + late.stderr).toMatchObject({ code: 3 });
      expect(late.stdout + late.stderr).toMatch(/sync window/i);
    }
    await change(null);
  });

  test('rights that are missing are named', async () => {
    const name = 'by-hand-1';
    await stage.argocd.setPolicy('p, role:updater, applications, get, */*, allow');
    const refused = await wait("Argo CD's API", name, '--sync');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`applications, sync, default/${name}`) });
    expect(await wait("Argo CD's API", 'nobody')).toMatchObject({ code: 2 });
  });
});
