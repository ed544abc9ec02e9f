import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffLines } from 'diff';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../support/world.ts';
import { findTool, lacking } from './tools.ts';

// `kustomize edit set image` says what an argument means; it writes the file anew, and we change the value only.

const TIPHYS = join(import.meta.dirname, '../../dist/tiphys.js');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const OTHER = `sha256:${'fedcba9876543210'.repeat(4)}`;

const ARGUMENTS = [
  'nginx:1.26.0',
  'nginx:1.10',
  'nginx=quay.io/other/nginx:1.26.0',
  `nginx=quay.io/other/nginx@${DIGEST}`,
  `nginx:1.26.0@${DIGEST}`,
  'nginx=localhost:5000/nginx',
  'nginx=*:1.26.0',
  'nginx=*:*@*',
] as const;

type Parts = Readonly<Record<string, string>>;

/** The entries of `images`; undefined where the key is not there. */
const ENTRIES: Readonly<Record<string, readonly Parts[] | string | undefined>> = {
  'no images': undefined,
  'an empty list': '[]',
  'only another entry': [{ name: 'redis', newTag: '7.2' }],
  'a tag': [{ name: 'nginx', newTag: '1.25.0' }],
  'a new name and a tag, between others': [
    { name: 'acme/nginx', newTag: '1.25.0' },
    { name: 'nginx', newName: 'mirror.example.com:8443/nginx', newTag: '1.25.0' },
    { name: 'redis', digest: OTHER },
  ],
  'a digest': [{ name: 'nginx', digest: OTHER }],
  'all of it': [{ digest: OTHER, name: 'nginx', newName: 'quay.io/acme/nginx', newTag: '1.25.0' }],
  'a suffix': [{ name: 'nginx', newTag: '1.25.0', tagSuffix: '-alpine' }],
  'two entries of one name': [
    { name: 'nginx', newName: 'first', newTag: '1' },
    { name: 'nginx', newTag: '2' },
  ],
};

interface Style {
  readonly dash: string;
  readonly quote: string;
  readonly comment: string;
  readonly isFlow: boolean;
  readonly lineBreak: string;
}

const STYLES: Readonly<Record<string, Style>> = {
  plain: { dash: '- ', quote: '"', comment: '', isFlow: false, lineBreak: '\n' },
  'indented, with comments': { dash: '  -   ', quote: "'", comment: ' # nginx:1.25.0', isFlow: false, lineBreak: '\n' },
  'in flow style, with CRLF': { dash: '  - ', quote: '"', comment: '', isFlow: true, lineBreak: '\r\n' },
};

function print(entries: (typeof ENTRIES)[string], { dash, quote, comment, isFlow, lineBreak }: Style): string {
  const value = (text: string) => `${quote}${text}${quote}`;
  const lines = (parts: Parts) => Object.entries(parts).map(([key, text]) => `${key}: ${value(text)}`);
  const entry = (parts: Parts) =>
    isFlow
      ? `${dash}{${lines(parts).join(', ')}}`
      : dash + lines(parts).join(`${comment}\n${' '.repeat(dash.length)}`) + comment;
  const images = typeof entries === 'string' ? [`images: ${entries}`] : ['images:', ...(entries ?? []).map(entry)];
  return [
    '# deployed by a pipeline',
    'apiVersion: kustomize.config.k8s.io/v1beta1',
    'kind: Kustomization',
    `resources: [pod.yaml]${comment}`,
    ...(entries === undefined ? [] : images),
    'commonAnnotations:',
    '  why:   "blanks"',
    '',
  ]
    .join('\n')
    .replaceAll('\n', lineBreak);
}

const POD = 'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx:1.0}]}\n';

const layouts = Object.entries(ENTRIES).flatMap(([what, entries]) =>
  Object.entries(STYLES).map(([how, style]) => ({ layout: `${what}, ${how}`, text: print(entries, style) })),
);

const lacks = lacking('kustomize');

describe.skipIf(lacks !== '')(`set-image beside kustomize ${lacks}`, () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tiphys-kustomize-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function edited(
    name: string,
    text: string,
    command: readonly string[],
  ): Promise<{ text: string; folder: string }> {
    const folder = join(root, name);
    await mkdir(folder);
    await writeFile(join(folder, 'kustomization.yaml'), text);
    await writeFile(join(folder, 'pod.yaml'), POD);
    const [program = '', ...args] = command;
    const { code, stderr } = await run(program, args, folder, { PATH: process.env['PATH'] ?? '', HOME: folder });
    expect(code, stderr).toBe(0);
    return { text: await readFile(join(folder, 'kustomization.yaml'), 'utf8'), folder };
  }

  test('the table has 200 layouts and more', () => {
    expect(layouts.length * ARGUMENTS.length).toBeGreaterThanOrEqual(200);
  });

  for (const [nth, { layout, text }] of layouts.entries()) {
    test(`${layout}: the same meaning`, async () => {
      const kustomize = findTool('kustomize') ?? '';
      for (const [index, argument] of ARGUMENTS.entries()) {
        const theirs = await edited(`${nth}-${index}-k`, text, [kustomize, 'edit', 'set', 'image', argument]);
        const ours = await edited(`${nth}-${index}-t`, text, [process.execPath, TIPHYS, 'set-image', argument]);
        expect(entriesOf(ours.text), argument).toEqual(entriesOf(theirs.text));
        expectOnlyImages(text, ours.text);
        if (index !== nth % ARGUMENTS.length) continue;
        const [built, wanted] = await Promise.all([ours, theirs].map(({ folder }) => build(kustomize, folder)));
        expect(built, argument).toEqual(wanted);
      }
    });
  }

  // But for dots, which stand for any character to kustomize, and for themselves to us.
  test('a manifest becomes what kustomize builds of it', async () => {
    const images = [
      ...[
        'nginx',
        'nginx:1.0',
        `nginx:1.0@${OTHER}`,
        `nginx@${OTHER}`,
        'library/nginx:1',
        'nginx-admin:1',
        'mynginx:1',
      ],
      ...['docker.io/nginx:1', 'localhost:5000/nginx:1', 'acme/web:1', 'acmexweb:1', 'acme/web'],
    ];
    const containers = images.map((image, index) => ({ name: `c${index}`, image }));
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec: { containers } };
    const kustomize = findTool('kustomize') ?? '';
    for (const [index, argument] of [
      ...ARGUMENTS,
      ...['acme/web:2', '*=*:2', 'localhost:5000/nginx=ghcr.io/nginx:2', '.*/nginx=other'],
    ].entries()) {
      const files = { 'kustomization.yaml': 'resources: [pod.yaml]\n', 'pod.yaml': JSON.stringify(pod) };
      const folder = join(root, `pod-${index}`);
      await mkdir(folder);
      for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
      expect(await run(kustomize, ['edit', 'set', 'image', argument], folder, env)).toMatchObject({ code: 0 });
      const built = await build(kustomize, folder);
      const ended = await run(process.execPath, [TIPHYS, 'set-image', argument, 'pod.yaml'], folder, env);
      expect(ended.code, ended.stderr).toBe(0);
      const ours = JSON.parse(await readFile(join(folder, 'pod.yaml'), 'utf8')).spec.containers;
      expect(ours.map(imageOf), argument).toEqual(Array.isArray(built) ? built.map(imageOf) : built);
    }
  });

  test('what kustomize refuses is refused', async () => {
    const folder = join(root, 'refused');
    await mkdir(folder);
    await writeFile(join(folder, 'kustomization.yaml'), 'kind: Kustomization\n');
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
    for (const argument of ['nginx', 'localhost:5000/nginx', '']) {
      const theirs = await run(findTool('kustomize') ?? '', ['edit', 'set', 'image', argument], folder, env);
      const ours = await run(process.execPath, [TIPHYS, 'set-image', argument], folder, env);
      expect([theirs.code, ours.code], argument).toEqual([1, 2]);
    }
  });
});

describe('set-image as a pipeline starts it', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tiphys-set-image-'));
    await mkdir(join(root, 'k8s'));
    await writeFile(join(root, 'k8s/pod.yaml'), POD);
    await writeFile(join(root, 'values.yaml'), 'image: {tag: v1} # shop\r\n');
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const tiphys = (...args: readonly string[]) =>
    run(process.execPath, [TIPHYS, 'set-image', ...args], root, { PATH: process.env['PATH'] ?? '', HOME: root });
  const files = () => Promise.all(['k8s/pod.yaml', 'values.yaml'].map((file) => readFile(join(root, file), 'utf8')));

  test('its diff is a patch, and --check tells by its exit code', async () => {
    const args = ['nginx:2.0', 'k8s', '-f', 'values.yaml', '--key', 'image.tag'];
    const before = await files();
    const told = await tiphys(...args, '--check');
    expect([told.code, await files()]).toEqual([1, before]);
    const done = await tiphys(...args);
    expect([done.code, done.stdout]).toEqual([0, told.stdout]);
    const after = await files();
    expect(after).toEqual([POD.replace('nginx:1.0', 'nginx:2.0'), 'image: {tag: "2.0"} # shop\r\n']);
    expect(await tiphys(...args, '--check')).toMatchObject({ code: 0, stdout: '' });

    await Promise.all([
      writeFile(join(root, 'k8s/pod.yaml'), before[0] ?? ''),
      writeFile(join(root, 'values.yaml'), before[1] ?? ''),
    ]);
    await writeFile(join(root, 'told.patch'), told.stdout);
    const env = { PATH: process.env['PATH'] ?? '', HOME: root };
    const applied = await run('git', ['apply', 'told.patch'], root, env);
    expect([applied.stderr, await files()]).toEqual(['', after]);
  });

  test('several environments make one commit', async () => {
    const checkout = join(root, 'checkout');
    await mkdir(checkout);
    const env = { PATH: process.env['PATH'] ?? '', HOME: root };
    const git = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(
        'git',
        ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args],
        checkout,
        env,
      );
      expect(code, stderr).toBe(0);
      return stdout;
    };
    await git('init', '-q', '-b', 'main');
    for (const name of ['staging', 'prod']) {
      await mkdir(join(checkout, name));
      await writeFile(join(checkout, name, 'kustomization.yaml'), 'images:\n- {name: web, newTag: v1} # web\n');
    }
    await git('add', '.');
    await git('commit', '-q', '-m', 'first');
    const releases = {
      releases: [
        { path: 'staging', images: ['web:v3'] },
        { path: 'prod', images: ['web:v2'] },
      ],
    };
    await writeFile(join(root, 'releases.json'), JSON.stringify(releases));
    const args = [TIPHYS, 'set-image', '--from', '../releases.json', '--commit', '--author', 'CI <ci@example.com>'];
    const ended = await run(process.execPath, args, checkout, env);
    expect(ended.code, ended.stderr).toBe(0);
    expect(await git('log', '--format=%an', '--name-only')).toBe(
      'CI\n\nprod/kustomization.yaml\nstaging/kustomization.yaml\na\n\nprod/kustomization.yaml\nstaging/kustomization.yaml\n',
    );
    expect(await git('show', 'HEAD:staging/kustomization.yaml')).toBe('images:\n- {name: web, newTag: v3} # web\n');
  });

  test('when one path fails, no file is written', async () => {
    const before = await files();
    const ended = await tiphys('nginx:3.0', '-f', 'k8s', '-f', 'values.yaml', '--key', 'image.tga');
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('did you mean image.tag?') });
    expect(await files()).toEqual(before);
  });
});

function imageOf({ image }: { readonly image: string }): string {
  return image;
}

/** The image that comes out. */
async function build(kustomize: string, folder: string): Promise<unknown> {
  const { code, stdout, stderr } = await run(kustomize, ['build', '.'], folder, { PATH: '', HOME: folder });
  expect(code, stderr).toBe(0);
  return parse(stdout).spec.containers;
}

function entriesOf(text: string): ReadonlySet<string> {
  const images: Parts[] = parse(text).images ?? [];
  return new Set(images.map((entry) => JSON.stringify(Object.entries(entry).sort())));
}

/** Every line that is not of an entry's parts is still there, in the same place among the others. */
function expectOnlyImages(before: string, after: string): void {
  const removed = diffLines(before, after).filter((part) => part.removed);
  for (const line of removed.flatMap(({ value }) => value.split('\n')).filter((text) => text !== '')) {
    // Behind a key that goes, the entry's name moves up to the dash.
    expect(line).toMatch(/^images: |newName|newTag|digest|tagSuffix|name: ["']nginx["']/);
    expect(line).not.toMatch(/name: ["'](?:redis|acme\/nginx)/);
  }
}
