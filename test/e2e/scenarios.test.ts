import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitServer, startGitServer } from '../../src/demo/git-server.ts';
import { makeCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';
import { startWorld, type World } from '../support/world.ts';
import { startController } from './controller-program.ts';
import { grantedKubeconfig } from './granted.ts';
import { KUBE_TOOLS, type Kube, startKube } from './kube.ts';
import { application, imageUpdater, openProject } from './kube-objects.ts';
import { RENDERERS, type Rendered, renderApplication } from './played-argocd.ts';
import { lacking } from './tools.ts';
import { PREFIX, SCENARIOS, type Scenario, TAGS, TREE } from './upstream-scenarios.ts';

const FINALIZER = `resources-finalizer.${PREFIX}`;
const LOGIN = { username: 'writer', password: 'reads and writes' };
const certificates = await makeCertificates();
const lacks = [lacking(...KUBE_TOOLS, ...RENDERERS), ...(certificates ? [] : ['SKIPPED: openssl not found'])].join('');

describe.skipIf(lacks !== '')(`upstream's scenarios ${lacks}`, () => {
  let kube: Kube;
  let world: World;
  /** Over HTTPS by an authority of its own, for who has the password. */
  let git: GitServer;
  let front: TlsFront;
  beforeAll(async () => {
    if (!certificates) return;
    [kube, world] = await Promise.all([startKube(), startWorld()]);
    git = await startGitServer({ root: join(world.folder, 'git'), auth: LOGIN });
    front = await startTlsFront(git.url, { certificates });
    for (const [name, tags] of Object.entries(TAGS)) world.putTags(`acme/${name}`, ...tags);
  });
  afterAll(async () => {
    await front?.[Symbol.asyncDispose]();
    await git?.[Symbol.asyncDispose]();
    await Promise.all([kube?.[Symbol.asyncDispose](), world?.[Symbol.asyncDispose]()]);
  });

  /** The scenario's namespaces, its repository, and Argo CD's own objects. */
  async function openStage({ id, args = [], applications }: Scenario) {
    const ns = id.replaceAll(' ', '-');
    const digest = world.registry.putImage('acme/guestbook', 'latest', { created: '2020-01-01T00:00:00Z' });
    const repo = `${front.url}/${ns}.git`;
    const placed = (text: string) =>
      text
        .replaceAll('$host', world.registry.host)
        .replaceAll('$repo', repo)
        .replaceAll('$ns', ns)
        .replaceAll('$digest', digest);
    const place = <T>(value: T): T => JSON.parse(placed(JSON.stringify(value)));
    const files = new Map(Object.entries(TREE).map(([path, text]) => [path, placed(text)]));
    const { path: repository } = await git.createRepository(`${ns}.git`, { files });
    const namespaces = [ns, ...Object.values(applications).map(({ namespace = '' }) => ns + namespace)];
    for (const name of new Set(namespaces)) await kube.createNamespace(name);
    await kube.apply(...argocdsOwn(ns, front.url));
    const folder = join(world.folder, ns);
    const own = ['-n', ns, '--argocd-namespace', ns, '--state-dir', join(folder, 'state')];
    const kubeconfig = await grantedKubeconfig(kube, rightsFor(args.map(placed)), ns);
    const flags = [...own, '--kubeconfig', kubeconfig, ...args.map(placed)];
    return {
      ns,
      repo,
      repository,
      placed,
      place,
      start: (...more: string[]) => startController(folder, [...flags, ...more]),
    };
  }
  type Stage = Awaited<ReturnType<typeof openStage>>;

  const pathOf = (plural: 'applications' | 'imageupdaters', namespace: string, name: string) => {
    const group = plural === 'imageupdaters' ? PREFIX : 'argoproj.io';
    return `/apis/${group}/v1alpha1/namespaces/${namespace}/${plural}/${name}`;
  };

  async function createApplications({ applications }: Scenario, stage: Stage): Promise<void> {
    for (const [name, { sources, namespace = '', labels = {}, annotations = {} }] of Object.entries(applications)) {
      const made = application(name, { namespace: stage.ns + namespace, annotations: stage.place(annotations) });
      const [first, ...others] = stage
        .place(sources)
        .map((source) => ({ repoURL: stage.repo, targetRevision: 'main', ...source }));
      const { project, destination } = made.spec;
      const from = others.length > 0 ? { sources: [first, ...others] } : { source: first };
      await kube.apply({ ...made, metadata: { ...made.metadata, labels }, spec: { project, destination, ...from } });
    }
    await playArgocd({ applications }, stage);
  }

  /** Renders and "deploys" each Application. @returns  what each of them runs */
  async function playArgocd({ applications }: Pick<Scenario, 'applications'>, stage: Stage) {
    const runs: Record<string, readonly string[]> = {};
    for (const [name, { namespace = '' }] of Object.entries(applications)) {
      const path = pathOf('applications', stage.ns + namespace, name);
      const { source, sources = [source] } = Object((await kube.admin('GET', path))['spec']);
      const known = namespace === '' ? name : `${stage.ns}${namespace}_${name}`;
      const rendered = await renderApplication(known, sources, stage.repository);
      await kube.admin('PATCH', path, { status: statusOf(rendered) }, 'application/merge-patch+json');
      runs[name] = rendered.images.map((image) => image.replace(`${world.registry.host}/acme/`, ''));
    }
    return runs;
  }

  /**
   * @param updaters  by "name", "-dev/name" or "name annotation=value"
   * @returns  where each of them is
   */
  async function applyUpdaters(updaters: Readonly<Record<string, object>>, stage: Stage): Promise<readonly string[]> {
    const paths: string[] = [];
    for (const [key, spec] of Object.entries(updaters)) {
      const [place = '', annotation] = key.split(' ');
      const [name = '', suffix = ''] = place.split('/').toReversed();
      const made = imageUpdater(name, stage.place(spec), stage.ns + suffix);
      const [written, value] = annotation?.split('=') ?? [];
      const annotations = written === undefined ? {} : { [written]: value };
      await kube.apply({ ...made, metadata: { ...made.metadata, annotations, finalizers: [FINALIZER] } });
      paths.push(pathOf('imageupdaters', stage.ns + suffix, name));
    }
    return paths;
  }

  async function looked(paths: readonly string[], said: () => string): Promise<void> {
    for (const path of paths) {
      await eventually(async () => {
        const { metadata, status } = await kube.admin('GET', path);
        expect(Object(status), said()).toMatchObject({
          observedGeneration: Object(metadata).generation,
          lastCheckedAt: expect.any(String),
        });
      });
    }
  }

  for (const scenario of SCENARIOS) {
    test(`${scenario.id}: ${scenario.title}`, async () => {
      const stage = await openStage(scenario);
      await createApplications(scenario, stage);
      const running = scenario.once ? undefined : stage.start('--interval', '0');
      let paths: readonly string[] = [];
      for (const { updaters, runs, files = {}, status = {}, without = [], conditions, exit = 0 } of scenario.steps) {
        paths = await applyUpdaters(updaters, stage);
        const program = running ?? stage.start('--once');
        if (running) await looked(paths, running.said);
        else expect(await program.ended, program.said()).toBe(exit);
        expect(await playArgocd(scenario, stage), program.said()).toEqual(stage.place(runs));
        for (const [path, text] of Object.entries(files)) {
          expect(await world.gitIn(stage.repository, 'show', `main:${path}`)).toContain(stage.placed(text));
        }
        const told = Object((await kube.admin('GET', paths[0] ?? ''))['status']);
        expect(told).toMatchObject(status);
        for (const field of without) expect(told).not.toHaveProperty(field);
        if (conditions) expect(conditionsOf(told)).toEqual(conditions);
      }
      if (!running) return;
      for (const path of paths) {
        await kube.admin('DELETE', path);
        await eventually(async () => expect(kube.admin('GET', path)).rejects.toThrow('404'));
      }
      expect(await running.end('SIGTERM'), running.said()).toBe(0);
    });
  }
});

/** What `rbac print` is told, for these flags of `run` and for everything that scenarios write with. */
function rightsFor(args: readonly string[]): readonly string[] {
  const [flag, watched] = args;
  const mode = watched === '*' ? 'cluster' : `namespaces=${watched}`;
  return [...(flag === '--watch-namespaces' ? ['--mode', mode] : []), '--write-back', 'argocd', '--secret', 'creds'];
}

/** Argo CD's project, the credentials of its repositories, and whom it trusts; and a Secret for `git:secret:`. */
function argocdsOwn(namespace: string, gitUrl: string): readonly Record<string, unknown>[] {
  const labels = { 'argocd.argoproj.io/secret-type': 'repo-creds' };
  const secret = { apiVersion: 'v1', kind: 'Secret' };
  return [
    openProject(namespace, 'default', { sourceNamespaces: ['*'] }),
    {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'argocd-tls-certs-cm' } },
      data: { localhost: certificates?.ca ?? '' },
    },
    { ...secret, metadata: { namespace, name: 'git', labels }, stringData: { ...LOGIN, url: gitUrl } },
    { ...secret, metadata: { namespace, name: 'creds' }, stringData: LOGIN },
  ];
}

function statusOf({ images, sourceTypes }: Rendered): object {
  const [sourceType = ''] = sourceTypes;
  return { summary: { images }, ...(sourceTypes.length > 1 ? { sourceTypes } : { sourceType }) };
}

function conditionsOf({ conditions }: { readonly conditions?: readonly Record<string, string>[] }): readonly string[] {
  return (conditions ?? []).map(({ type, status }) => `${type} ${status}`);
}
