import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUntyped, textAt, type Untyped } from '../../src/core/untyped.ts';
import { type OidcIssuer, startIssuer } from './oidc-issuer.ts';
import { application, type World } from './world.ts';

export const AUDIENCE = 'https://tiphys.example.com';
const CLAIMS = { aud: AUDIENCE, project_id: '42', ref_protected: 'true', pipeline_source: 'push' };

type Settings = Readonly<Record<string, string>>;

/** An issuer, and what pipelines with its tokens may hand off. */
export async function startHandoffStage() {
  const issuer = await startIssuer();
  return {
    issuer,
    token: (claims: Readonly<Record<string, unknown>> = {}) => issuer.token({ ...CLAIMS, pipeline_id: '1', ...claims }),
    setUp: (world: World, own: Settings = {}) => setUp(world, issuer, own),
    [Symbol.asyncDispose]: () => issuer[Symbol.asyncDispose](),
  };
}

/** The Application argocd/shop at 1.0.0, and rules that let project 42 move it and nothing else. */
async function setUp(world: World, issuer: OidcIssuer, own: Settings) {
  const image = `${world.registry.host}/acme/shop`;
  world.putTags('acme/shop', '1.0.0');
  const text = `images:\n  - name: ${image}\n    newTag: "1.0.0"\n`;
  const { url, path } = await world.repository('shop', new Map([['kustomization.yaml', text]]));
  const settings = { 'image-list': `web=${image}:<2`, 'write-back-target': 'kustomization', ...own };
  const configure = (more: Settings) =>
    world.manifests('shop.yaml', application('shop', { repoURL: url }, { ...settings, ...more }));
  await configure({});
  await world.manifests('blog.yaml', application('blog', { repoURL: url }, settings));
  await mkdir(join(world.folder, 'rules'), { recursive: true });
  const rules = join(world.folder, 'rules', 'handoff.yaml');
  await writeFile(
    rules,
    JSON.stringify({
      issuers: [{ url: issuer.url, kind: 'gitlab', audience: AUDIENCE, caFile: issuer.caFile }],
      rules: [
        { issuer: issuer.url, claims: { project_id: '42', ref_protected: 'true' }, applications: ['argocd/shop'] },
      ],
    }),
  );
  const flags = ['--handoff-config', rules, '--handoff-port', '0', '--disable-tls'];
  const digestOf = async (tag: string) => {
    const answer = await fetch(`http://${world.registry.host}/v2/acme/shop/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json' },
    });
    return answer.headers.get('docker-content-digest') ?? '';
  };
  return {
    configure,
    flags,
    digestOf,
    bodyOf: async (tag: string, more: object = {}) => ({
      images: [{ image: `${image}:${tag}`, digest: await digestOf(tag) }],
      ...more,
    }),
    written: () => world.gitIn(path, 'show', 'main:kustomization.yaml'),
    head: async () => (await world.gitIn(path, 'rev-parse', 'main')).trim(),
    commits: async () => (await world.gitIn(path, 'log', '--format=%s', 'main')).trim().split('\n'),
  };
}

/** A pipeline that talks to the program at this port. */
export function pipeline(port: number) {
  const url = `http://127.0.0.1:${port}/api/v1/handoff`;
  const read = async (response: Response): Promise<{ readonly status: number; readonly body: Untyped }> => {
    const body: unknown = await response.json();
    return { status: response.status, body: isUntyped(body) ? body : {} };
  };
  const get = async (id: string, secret: string) =>
    await read(await fetch(`${url}/${id}`, { headers: { authorization: `Bearer ${secret}` } }));
  return {
    get,
    async post(token: string, body: object) {
      const init = { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) };
      return await read(await fetch(url, init));
    },
    /** What a hand-off comes to, once it is something else than accepted. */
    async outcome(accepted: Untyped): Promise<Untyped> {
      const [id, secret] = [textAt(accepted, 'id') ?? '', textAt(accepted, 'secret') ?? ''];
      if (id === '') throw new Error(`not accepted: ${JSON.stringify(accepted)}`);
      for (;;) {
        const { body } = await get(id, secret);
        if (body['state'] !== 'accepted') return body;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/** GitLab's tokens tell seconds: one of the second in which the store was begun may be older than it. */
export const nextSecond = () => new Promise((resolve) => setTimeout(resolve, 1_020 - (Date.now() % 1_000)));
