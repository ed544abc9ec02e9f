import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isUntyped, textAt, type Untyped } from '../../src/core/untyped.ts';
import { eventually } from '../support/eventually.ts';
import { type OidcIssuer, startIssuer } from '../support/oidc-issuer.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { settledAt } from './scripted-application.ts';
import { freePort } from './server-program.ts';
import { lacking } from './tools.ts';

const AUDIENCE = 'https://tiphys.example.com';
const APPLICATION = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/shop';
const lacks = lacking(...KUBE_TOOLS);

describe.skipIf(lacks !== '')(`hand-offs in a cluster ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  let issuer: OidcIssuer;
  beforeAll(async () => {
    [kube, world, issuer] = await Promise.all([startKube(), startWorld(), startIssuer()]);
    await kube.createNamespace('argocd');
    await kube.apply(openProject());
  });
  afterAll(() => Promise.all([kube, world, issuer].map((one) => one?.[Symbol.asyncDispose]())));

  test('are followed until Argo CD says that they are healthy, whatever becomes of the Application later', async () => {
    const image = `${world.registry.host}/acme/shop`;
    const digest = world.registry.putImage('acme/shop', '1.1.0', { created: new Date(0) });
    world.putTags('acme/shop', '1.0.0', '1.2.0');
    const text = `images:\n- name: ${image}\n  newTag: 1.0.0\n`;
    const { path, url } = await world.repository('shop', new Map([['deploy/kustomization.yaml', text]]));
    const made = application('shop');
    const source = { repoURL: url, path: 'deploy', targetRevision: 'main' };
    const refs = {
      writeBackConfig: { method: 'git', gitConfig: { writeBackTarget: 'kustomization' } },
      applicationRefs: [{ namePattern: 'shop', images: [{ alias: 'web', imageName: `${image}:1.x` }] }],
    };
    const spec = { ...made.spec, source, syncPolicy: { automated: {} } };
    await kube.apply({ ...made, spec }, imageUpdater('shop', refs));
    const rules = join(world.folder, 'handoff.yaml');
    const rule = {
      issuer: issuer.url,
      claims: { project_id: '42', ref_protected: 'true' },
      applications: ['argocd/*'],
    };
    const issuers = [{ url: issuer.url, kind: 'gitlab', audience: AUDIENCE, caFile: issuer.caFile }];
    await writeFile(rules, JSON.stringify({ issuers, rules: [rule] }));
    const port = await freePort();
    const kubeconfig = await grantedKubeconfig(kube, ['--enable-handoff']);
    const flags = ['--kubeconfig', kubeconfig, '--disable-tls', '--handoff-port', String(port)];
    const { end } = startController(world.folder, [...flags, '--handoff-config', rules], {}, 'serve');
    const server = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${server}/healthz`)).status).toBe(200));
    await new Promise((resolve) => setTimeout(resolve, 1_020 - (Date.now() % 1_000)));

    const claims = { aud: AUDIENCE, project_id: '42', ref_protected: 'true', pipeline_id: '1' };
    const ask = async (place: string, proof: unknown, body?: object): Promise<Untyped> => {
      const headers = { authorization: `Bearer ${proof}` };
      const sent = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const answer: unknown = await (await fetch(`${server}${place}`, { headers, ...sent })).json();
      return isUntyped(answer) ? answer : {};
    };
    const body = { images: [{ image: `${image}:1.1.0`, digest }] };
    const accepted = await ask('/api/v1/handoff', issuer.token(claims), body);
    const standing = () => ask(textAt(accepted, 'operation') ?? '', accepted['secret']);
    // As Argo CD, it takes every request to look away: there is one for the push, and one for the roll-out.
    const argocdSays = (status: object) => {
      const annotations = { 'argocd.argoproj.io/refresh': null };
      return kube.admin('PATCH', APPLICATION, { metadata: { annotations }, status }, 'application/merge-patch+json');
    };
    const becomes = (expected: object, status: object = {}) =>
      eventually(async () => {
        await argocdSays(status);
        expect(await standing()).toMatchObject(expected);
      });

    await becomes({ state: 'committed', final: false });
    const { commit } = await standing();
    expect(`${commit}\n`).toBe(await world.gitIn(path, 'rev-parse', 'main'));
    expect(await world.gitIn(path, 'show', 'main:deploy/kustomization.yaml')).toContain('newTag: 1.1.0');
    const progressing = settledAt(String(commit), { health: { status: 'Progressing' } });
    await becomes({ state: 'synced', final: false, targets: [{ health: 'Progressing' }] }, progressing);
    const healthy = { state: 'healthy', final: true, targets: [{ application: 'argocd/shop', health: 'Healthy' }] };
    await becomes(healthy, settledAt(String(commit)));
    await argocdSays(settledAt(String(commit), { health: { status: 'Degraded' } }));
    expect(await standing()).toMatchObject({ state: 'healthy', final: true });
    expect(await end('SIGTERM')).toBe(0);
  });
});
