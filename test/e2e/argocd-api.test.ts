import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { argocdSource } from '../../src/argocd-api/argocd-source.ts';
import { openArgocdClient } from '../../src/argocd-api/client.ts';
import { eventually } from '../support/eventually.ts';
import { ARGOCD_TOOLS } from './argocd.ts';
import { type ArgocdStage, byApi, openArgocdStage, workload } from './argocd-stage.ts';
import { around, openProject } from './kube-objects.ts';
import { lacking } from './tools.ts';

const lacks = lacking(...ARGOCD_TOOLS);

const PREFIX = 'argocd-image-updater.argoproj.io';
const TO_GIT = { [`${PREFIX}/write-back-method`]: 'git', [`${PREFIX}/write-back-target`]: 'kustomization' };
const WEB = workload('Deployment', '$host/acme/web:1.0.0', 2);
const KUSTOMIZATION = 'resources: [deployment.yaml]\n';
const FILES = {
  'kustomize/kustomization.yaml': KUSTOMIZATION,
  'kustomize/deployment.yaml': WEB,
  'pushed/kustomization.yaml': KUSTOMIZATION,
  'pushed/deployment.yaml': WEB,
  'reviewed/kustomization.yaml': KUSTOMIZATION,
  'reviewed/deployment.yaml': WEB,
  'asleep/kustomization.yaml': KUSTOMIZATION,
  'asleep/deployment.yaml': workload('Deployment', '$host/acme/web:1.0.0', 0),
};

describe.skipIf(lacks !== '')(`the API of a real Argo CD ${lacks}`, () => {
  let stage: ArgocdStage;
  beforeAll(async () => {
    stage = await openArgocdStage(FILES);
    stage.world.putTags('acme/web', '1.0.0', '1.1.0');
  });
  afterAll(() => stage?.[Symbol.asyncDispose]());

  test('what is written over it is synced and healthy', async () => {
    const fields = { [`${PREFIX}/web.update-strategy`]: 'semver' };
    await Promise.all([
      stage.deployed('remote', 'kustomize', stage.tracking(fields)),
      stage.deployed('sleepy', 'asleep', stage.tracking(fields)),
    ]);
    const { code, stdout, stderr } = await stage.tiphysByApi('run', '--once', '--match-application-name', 'remote');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('updated argocd/remote web');
    await stage.settled('remote', stage.image('1.1.0'));
    const explained = await stage.tiphysByApi('explain', 'sleepy');
    expect(explained.stdout).toContain('status.operationState.syncResult: 1.0.0');
  });

  test("what changes is heard of by Argo CD's stream, long before the interval is over", async () => {
    await Promise.all([
      stage.deployed('followed', 'kustomize', stage.tracking()),
      stage.deployed('joining', 'kustomize'),
    ]);
    await stage.whileFollowingByApi(['--interval', '1h', '--match-application-name', '*ed,joining'], async () => {
      await stage.settled('followed', stage.image('1.1.0'));
      await stage.argocd.kube.apply(stage.application('joining', { path: 'kustomize' }, stage.tracking()));
      await stage.settled('joining', stage.image('1.1.0'));
    });
  });

  test('what somebody wants looked at is, and the annotation goes', async () => {
    await stage.deployed('wanted', 'kustomize', stage.tracking({ 'tiphys.dev/refresh': 'now' }));
    const args = ['--interval=-1s', '--match-application-name', 'wanted'];
    const annotationsOf = async () => Object((await stage.argocd.application('wanted'))['metadata']).annotations;
    await stage.whileFollowingByApi(args, async () => {
      await stage.settled('wanted', stage.image('1.1.0'));
      await eventually(async () => expect(await annotationsOf()).not.toHaveProperty(['tiphys.dev/refresh']));
    });
    expect(await annotationsOf()).toMatchObject(stage.tracking());
  });

  test('what is pushed is looked at without waiting for the next polling of Git', async () => {
    await stage.deployed('pushed', 'pushed', stage.tracking(TO_GIT));
    const { code, stderr } = await stage.tiphysByApi('run', '--once', '--match-application-name', 'pushed');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await stage.settled('pushed', stage.image('1.1.0'));
  });

  test('a patch is made only where its tests hold', async () => {
    await stage.deployed('tested', 'kustomize');
    const { address, token } = stage.argocd;
    await using client = openArgocdClient({ url: `http://${address}`, isInsecure: false, token }, around);
    const { live } = argocdSource(client);
    const key = { namespace: 'argocd', name: 'tested' };
    const signal = AbortSignal.timeout(30_000);
    // Whoever does not know its project is not told that an Application is gone.
    await live.application(key, signal);
    const absent = { op: 'test', path: '/spec/source/kustomize', value: null } as const;
    const add = { op: 'add', path: '/spec/source/kustomize', value: { images: [stage.image('1.0.0')] } } as const;
    expect(await live.patch(key, [absent, add], signal)).toMatchObject({ kind: 'patched', object: { metadata: key } });
    expect(await live.patch(key, [absent, add], signal)).toEqual({ kind: 'test-failed' });
    expect(await live.patch(key, [{ op: 'remove', path: '/spec/none' }], signal)).toEqual({ kind: 'test-failed' });
    await stage.argocd.kube.admin('DELETE', '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/tested');
    await eventually(async () => expect(await live.patch(key, [absent, add], signal)).toEqual({ kind: 'gone' }));
  });

  test('over TLS, below a path, by a certificate that is trusted', async () => {
    await stage.deployed('secured', 'asleep', stage.tracking());
    await using server = await stage.argocd.serveTls('/argo');
    const ask = async (env: Readonly<Record<string, string>>, ...more: readonly string[]) => {
      const args = [
        'explain',
        'secured',
        '--applications-api',
        'argocd',
        '--argocd-server-addr',
        server.address,
        ...more,
      ];
      const { code, stdout, stderr } = await stage.started({ ARGOCD_TOKEN: stage.argocd.token, ...env }, args);
      return { code, said: stdout + stderr };
    };
    const answered = { code: 0, said: expect.stringContaining('status.operationState.syncResult: 1.0.0') };
    expect(await ask({})).toMatchObject({ code: 2, said: expect.stringContaining('certificate that is not trusted') });
    expect(await ask({}, '--argocd-insecure')).toEqual(answered);
    const authority = join(stage.world.folder, 'argocd.pem');
    await writeFile(authority, server.certificate);
    expect(await ask({ NODE_EXTRA_CA_CERTS: authority })).toEqual(answered);
    const elsewhere = await stage.started({ ARGOCD_TOKEN: stage.argocd.token }, [
      ...['plan', '--applications-api', 'argocd', '--argocd-insecure'],
      ...['--argocd-server-addr', server.address.replace('/argo', '/other')],
    ]);
    expect(elsewhere).toMatchObject({ code: 2, stderr: expect.stringContaining('ARGOCD_INVALID_ANSWER') });
  });

  test("a role of a project, over the project's Applications in any namespace", async () => {
    const { kube } = stage.argocd;
    await kube.createNamespace('team-a');
    const name = 'team';
    const policies = ['get', 'update'].map(
      (action) => `p, proj:${name}:tiphys, applications, ${action}, ${name}/*, allow`,
    );
    const clusterResourceWhitelist = [{ group: '', kind: 'Namespace' }];
    const roles = [{ name: 'tiphys', policies }];
    await kube.apply(openProject('argocd', name, { sourceNamespaces: ['team-a'], clusterResourceWhitelist, roles }));
    const made = stage.application('elsewhere', { path: 'asleep' }, stage.tracking());
    const metadata = { ...made.metadata, namespace: 'team-a' };
    await kube.apply({ ...made, metadata, spec: { ...made.spec, project: name } });
    await stage.deployed('unseen', 'asleep', stage.tracking());
    const path = '/apis/argoproj.io/v1alpha1/namespaces/team-a/applications/elsewhere';
    await eventually(async () => {
      expect(await kube.admin('GET', path)).toMatchObject({ status: { operationState: { phase: 'Succeeded' } } });
    });
    const token = await stage.argocd.roleToken(name, 'tiphys');
    const { code, stdout, stderr } = await stage.started({ ARGOCD_TOKEN: token }, [
      ...['run', '--once', ...byApi(stage.argocd.address)],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('updated team-a/elsewhere web');
    expect(stdout).not.toContain('unseen');
    expect(await kube.admin('GET', path)).toMatchObject({
      spec: { source: { kustomize: { images: [stage.image('1.1.0')] } } },
    });
  });

  test('what an account may not do is named as a line of its policy', async () => {
    await stage.deployed('guarded', 'kustomize', stage.tracking());
    await stage.argocd.setPolicy('p, role:updater, applications, get, */*, allow');
    await eventually(async () => {
      const { code, stdout, stderr } = await stage.tiphysByApi('run', '--once', '--match-application-name', 'guarded');
      expect(code).toBe(2);
      expect(stdout + stderr).toContain('p, tiphys, applications, update, default/guarded, allow');
    });
    // To read is enough for who writes to Git.
    await stage.deployed('reviewed', 'reviewed', stage.tracking(TO_GIT));
    const reviewed = await stage.tiphysByApi('run', '--once', '--match-application-name', 'reviewed');
    expect(reviewed).toMatchObject({ code: 0, stderr: '' });
    await stage.settled('reviewed', stage.image('1.1.0'));
    const wrong = await stage.started({ ARGOCD_TOKEN: 'wrong' }, ['plan', ...byApi(stage.argocd.address)]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('ARGOCD_UNAUTHORIZED') });
  });
});
