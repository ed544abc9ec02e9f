import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileSourceOptions, fileSource } from './files.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tiphys-files-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  }
}

function source(paths: readonly string[], options: Partial<FileSourceOptions> = {}) {
  return fileSource({ paths, cwd, stdin: Readable.from([]), argocdNamespace: () => 'argocd', ...options });
}

async function load(paths: readonly string[], options: Partial<FileSourceOptions> = {}) {
  const { applications, ...rest } = await source(paths, options).load(new AbortController().signal);
  return { names: applications.map(({ namespace, name }) => `${namespace}/${name}`), applications, ...rest };
}

function app(name: string, more = ''): string {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: ${name}}
spec:
  source: {repoURL: https://git.example.com/gitops.git, path: apps/x${more}}
`;
}

function asJson(name: string, namespace = 'argocd'): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace },
    spec: { source: { repoURL: 'https://git.example.com/gitops.git', path: name } },
  };
}

describe('what is read', () => {
  test('files, folders with their folders in order of name, and standard input', async () => {
    await write({
      'apps/b.yml': app('b'),
      'apps/a/z.yaml': app('z'),
      'apps/c.json': JSON.stringify(asJson('c')),
      'apps/notes.txt': app('notes'),
      'apps/.git/x.yaml': app('in-git'),
      'one.txt': app('one'),
    });
    const stdin = Readable.from([Buffer.from(app('piped'))]);
    const loaded = await load(['one.txt', 'apps', '-'], { stdin });
    expect(loaded.names).toEqual(['argocd/one', 'argocd/z', 'argocd/b', 'argocd/c', 'argocd/piped']);
    expect([...loaded.failures, ...loaded.warnings]).toEqual([]);
  });

  test('several documents, lists and lists in lists', async () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [asJson('b'), { kind: 'ApplicationList', items: [asJson('c')] }],
    };
    await write({ 'all.yaml': `${app('a')}---\n${JSON.stringify(list)}\n---\n# nothing\n` });
    expect((await load(['all.yaml'])).names).toEqual(['argocd/a', 'argocd/b', 'argocd/c']);
  });

  test('the namespace of an Application that names none is that of Argo CD', async () => {
    await write({ 'a.yaml': app('a') });
    expect((await load(['a.yaml'], { argocdNamespace: () => 'gitops' })).names).toEqual(['gitops/a']);
  });

  test('a number without quotes keeps its spelling', async () => {
    await write({ 'a.yaml': app('a', ', helm: {parameters: [{name: tag, value: 1.10}], valuesObject: {n: 1}}') });
    const [application] = (await load(['a.yaml'])).applications;
    expect(application?.sources[0]?.helm?.parameters[0]?.value).toBe('1.10');
    expect(application?.sources[0]?.helm?.values).toBe('{"n":1}');
  });

  test('ImageUpdaters, with the types of their values and the places of their fields', async () => {
    const spec = '  applicationRefs:\n  - namePattern: "1"\n    useAnnotations: true\n';
    const kind = 'apiVersion: argocd-image-updater.argoproj.io/v1alpha1\nkind: ImageUpdater\n';
    await write({ 'a.yaml': `${app('a')}---\n${kind}metadata: {name: iu}\nspec:\n${spec}` });
    const { imageUpdaters, applications } = await load(['a.yaml']);
    expect(imageUpdaters).toMatchObject([
      { namespace: 'argocd', name: 'iu', spec: { applicationRefs: [{ namePattern: '1', useAnnotations: true }] } },
    ]);
    const origin = imageUpdaters[0]?.origin;
    expect(origin?.file).toBe('a.yaml');
    expect(origin?.positionOf(['spec', 'applicationRefs', 0, 'useAnnotations'])).toEqual({ line: 13, column: 5 });
    expect(applications[0]?.origin?.positionOf(['metadata', 'name'])).toEqual({ line: 3, column: 12 });
  });

  test('Secrets and ConfigMaps, decoded; other kinds are passed over', async () => {
    await write({
      'a.yaml': app('a'),
      'secret.yaml': `apiVersion: v1
kind: Secret
metadata: {name: repo, labels: {argocd.argoproj.io/secret-type: repository}}
data: {username: Ym90, password: c2VjcmV0, broken: "ENC[AES256]"}
stringData: {password: newer}
`,
      'map.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: x}\ndata: {port: 80}\n',
      'k8s.yaml': 'apiVersion: app.k8s.io/v1beta1\nkind: Application\nmetadata: {name: other}\n',
      'values.yaml': 'image: {tag: 1.0}\n',
    });
    const loaded = await load(['.']);
    expect(loaded.secrets).toMatchObject([
      {
        namespace: 'argocd',
        name: 'repo',
        labels: { 'argocd.argoproj.io/secret-type': 'repository' },
        data: { username: 'bot', password: 'newer' },
      },
    ]);
    expect(loaded.configMaps).toMatchObject([{ namespace: 'x', name: 'm', labels: {}, data: { port: '80' } }]);
    expect(loaded.failures).toEqual([]);
    expect(loaded.warnings).toMatchObject([{ object: 'secret.yaml', message: expect.stringContaining('broken') }]);
    expect(JSON.stringify(loaded.warnings)).not.toContain('AES256');
  });

  test('a file that several ways lead to is read once', async () => {
    await write({ 'apps/a.yaml': app('a') });
    await symlink('a.yaml', join(cwd, 'apps/b.yaml'));
    await symlink('../apps', join(cwd, 'apps/loop'));
    const loaded = await load(['apps', 'apps/a.yaml', 'apps']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect([...loaded.failures, ...loaded.warnings]).toEqual([]);
  });

  test('a pipe is read to its end', async () => {
    const pipe = join(cwd, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const [loaded] = await Promise.all([load(['pipe']), writeFile(pipe, app('piped'))]);
    expect(loaded.names).toEqual(['argocd/piped']);
  });

  test('standard input serves every load, and files are read afresh', async () => {
    await write({ 'a.yaml': app('a') });
    const files = source(['a.yaml', '-'], { stdin: Readable.from([Buffer.from(app('piped'))]) });
    const names = async () => (await files.load(new AbortController().signal)).applications.map(({ name }) => name);
    expect(await names()).toEqual(['a', 'piped']);
    await write({ 'a.yaml': app('changed') });
    expect(await names()).toEqual(['changed', 'piped']);
  });
});

describe('what is not as it should be', () => {
  test('an ApplicationSet says how to get at its Applications', async () => {
    await write({ 'set.yaml': 'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\n' });
    const loaded = await load(['set.yaml']);
    expect(loaded.warnings).toMatchObject([
      { code: 'APPLICATION_SET', object: 's', fix: 'kubectl get applications -A -o yaml | tiphys plan -f -' },
    ]);
    expect(loaded.failures).toMatchObject([{ code: 'NO_APPLICATIONS' }]);
  });

  for (const [what, text, message] of [
    [
      'another version',
      'apiVersion: argocd-image-updater.argoproj.io/v1\n',
      'write argocd-image-updater.argoproj.io/v1alpha1',
    ],
    ['no name', 'apiVersion: argocd-image-updater.argoproj.io/v1alpha1\nmetadata: {}\n', 'metadata.name is missing'],
  ] as const) {
    test(`an ImageUpdater with ${what} is a failure, and counts as given`, async () => {
      await write({ 'a.yaml': app('a'), 'iu.yaml': `kind: ImageUpdater\n${text}` });
      const loaded = await load(['.']);
      expect(loaded.failures).toMatchObject([{ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }]);
      expect(loaded.hasOtherUpdaters).toBe(true);
    });
  }

  for (const [field, fix] of [
    ['spc', 'write spec'],
    ['Sspec', 'write spec'],
    ['extra', 'remove it'],
  ] as const) {
    test(`an ImageUpdater with the field ${field}: ${fix}`, async () => {
      const head = 'apiVersion: argocd-image-updater.argoproj.io/v1alpha1\nkind: ImageUpdater\nmetadata: {name: iu}\n';
      await write({ 'a.yaml': app('a'), 'iu.yaml': `${head}${field}: {}\n` });
      const loaded = await load(['.']);
      expect(loaded.failures).toMatchObject([
        { code: 'CONFIG_UNKNOWN_KEY', object: 'ImageUpdater iu', fix, location: { path: [field] } },
      ]);
      expect(loaded.failures[0]?.location?.origin?.positionOf([field])).toEqual({ line: 4, column: 1 });
    });
  }

  for (const [field, slip] of [
    ['metadata', 'metdata'],
    ['kind', 'knd'],
    ['apiVersion', 'apiVersoin'],
  ] as const) {
    test(`an ImageUpdater with a slip in ${field}`, async () => {
      const text = 'apiVersion: argocd-image-updater.argoproj.io/v1alpha1\nkind: ImageUpdater\nmetadata: {name: iu}\n';
      await write({ 'a.yaml': app('a'), 'iu.yaml': text.replace(field, slip) });
      const [first, ...more] = (await load(['.'])).failures;
      expect(first).toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', fix: `write ${field}` });
      expect(more).toMatchObject([{ code: 'CONFIG_INVALID', message: expect.stringContaining(field) }]);
    });
  }

  test('a file of a folder that does not parse is a warning', async () => {
    await write({ 'a.yaml': app('a'), 'x.yaml': 'a: [1\nb: 2\n' });
    const loaded = await load(['.']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect(loaded.failures).toEqual([]);
    expect(loaded.warnings).toMatchObject([
      { code: 'INPUT_UNREADABLE', object: 'x.yaml', message: expect.stringMatching(/line 2, column \d/) },
    ]);
  });

  test('a file that was named itself and does not parse is a failure, whatever it holds', async () => {
    await write({ 'a.yaml': app('a'), 'x.yaml': 'a: [1\nb: 2\n' });
    const loaded = await load(['a.yaml', 'x.yaml']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect(loaded.failures).toMatchObject([{ code: 'INPUT_UNREADABLE', object: 'x.yaml' }]);
  });

  test('a file that holds an Application and does not parse is a failure; its good documents count', async () => {
    await write({ 'x.yaml': `${app('good')}---\n${app('bad')}  wrong: [\n` });
    const loaded = await load(['x.yaml']);
    expect(loaded.names).toEqual(['argocd/good']);
    expect(loaded.failures).toMatchObject([
      { code: 'INPUT_UNREADABLE', object: 'x.yaml', message: expect.stringMatching(/line 1\d, column \d/) },
    ]);
  });

  for (const [what, text] of [
    ['does not parse', '{{- range .Values.apps }}\nkind: Application\nmetadata: {name: x}\n{{- end }}\n'],
    ['has a flow map as name', app('{{ .Values.name }}')],
    ['has a templated name', app('"{{ .Values.name }}"')],
    ['has a templated annotation', app('x').replace('{name: x}', '{name: x, annotations: {a: "{{ .Values.image }}"}}')],
    ['has a templated path', app('x', '-{{.Values.env}}')],
  ] as const) {
    test(`a template that ${what} only warns`, async () => {
      await write({ 'a.yaml': app('a'), 'templates/t.yaml': text });
      const loaded = await load(['.']);
      expect(loaded.names).toEqual(['argocd/a']);
      expect(loaded.failures).toEqual([]);
      expect(loaded.warnings).toMatchObject([
        { object: 'templates/t.yaml', fix: expect.stringContaining('helm template') },
      ]);
    });
  }

  test('a template of upstream in an annotation is no template of Helm', async () => {
    await write({ 'a.yaml': app('a').replace('{name: a}', '{name: a, annotations: {b: "main:{{.SHA256}}"}}') });
    expect((await load(['.'])).names).toEqual(['argocd/a']);
  });

  test('an Application without source fails; the others go on', async () => {
    await write({
      'a.yaml': `${app('a')}---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: b}\n`,
    });
    const loaded = await load(['a.yaml']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect(loaded.failures).toMatchObject([
      { code: 'APPLICATION_INVALID', object: 'b', message: expect.stringContaining('a.yaml:7') },
    ]);
  });

  test('the same Application twice fails with both places, and neither is used', async () => {
    await write({ 'a.yaml': app('same'), 'b.yaml': `${app('other')}---\n${app('same')}` });
    const loaded = await load(['.']);
    expect(loaded.names).toEqual(['argocd/other']);
    expect(loaded.failures).toMatchObject([
      { code: 'APPLICATION_INVALID', object: 'argocd/same', message: expect.stringContaining('a.yaml, b.yaml:7') },
    ]);
  });

  test('a path that does not exist fails; the rest is read', async () => {
    await write({ 'a.yaml': app('a') });
    const loaded = await load(['missing', 'a.yaml']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect(loaded.failures).toMatchObject([
      { code: 'INPUT_UNREADABLE', object: 'missing', message: expect.stringContaining('no such file') },
    ]);
  });

  test('what is not UTF-8 fails', async () => {
    await write({ 'a.yaml': new Uint8Array([0x61, 0xff, 0xfe]) });
    expect((await load(['a.yaml'])).failures).toMatchObject([{ message: expect.stringContaining('not UTF-8') }]);
  });

  test('an empty folder holds no Application', async () => {
    expect((await load(['.'])).failures).toMatchObject([{ code: 'NO_APPLICATIONS' }]);
  });

  test('a link that leads out of the folder is not followed', async () => {
    await write({ 'out/secret.yaml': app('secret'), 'apps/a.yaml': app('a') });
    await symlink('../out', join(cwd, 'apps/folder'));
    await symlink('../out/secret.yaml', join(cwd, 'apps/file.yaml'));
    await symlink('nowhere', join(cwd, 'apps/dangling.yaml'));
    const loaded = await load(['apps']);
    expect(loaded.names).toEqual(['argocd/a']);
    expect(loaded.failures).toEqual([]);
    expect(loaded.warnings.map(({ object }) => object)).toEqual([
      'apps/dangling.yaml',
      'apps/file.yaml',
      'apps/folder',
    ]);
  });

  test('an abort ends a load that waits for standard input', async () => {
    const stdin = new Readable({ read: () => {} });
    const controller = new AbortController();
    const loading = source(['-'], { stdin }).load(controller.signal);
    controller.abort(new Error('enough'));
    await expect(loading).rejects.toThrow('enough');
    stdin.destroy();
  });
});
