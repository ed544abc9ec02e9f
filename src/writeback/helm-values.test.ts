import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { findTool, missing } from '../../test/e2e/tools.ts';
import { goldenCases } from '../../test/golden/golden.ts';
import { type GoldenWrite, wantedIn } from '../../test/support/golden-writes.ts';
import { targetImage, wantedImage } from '../../test/support/target-images.ts';
import { formatVersion } from '../core/image-version.ts';
import type { TargetImage } from '../core/target.ts';
import { helmValues } from './helm-values.ts';

const WEB = 'registry.example.com/acme/web';
const DIGEST = `sha256:${'a'.repeat(64)}`;

type Keys = TargetImage['keys'];
const PAIR: Keys = { helmName: 'image.repository', helmTag: 'image.tag' };
const SPEC: Keys = { helmSpec: 'image' };

describe('what the keys state', () => {
  for (const [what, text, keys, expected] of [
    ['the default key', 'image: {tag: v1}\n', {}, 'v1'],
    ['a number as Helm reads it', 'image: {tag: 1.10}\n', {}, '1.1'],
    ['a number in quotes as written', 'image: {tag: "1.10"}\n', {}, '1.10'],
    ['tag and digest', `image: {tag: 'v1@${DIGEST}'}\n`, {}, `v1@${DIGEST}`],
    ['a digest alone', `image: {tag: '@${DIGEST}'}\n`, {}, `@${DIGEST}`],
    ['a configured key', 'web: {version: v1}\n', { helmTag: 'web.version' }, 'v1'],
    ['a whole image', `image: ${WEB}:v1@${DIGEST}\n`, SPEC, `v1@${DIGEST}`],
    ['a whole image without version', `image: ${WEB}\n`, SPEC, undefined],
    ['null', 'image: {tag: }\n', {}, undefined],
    ['no tag at all', 'image: {tag: "a b"}\n', {}, undefined],
    ['no key', 'a: 1\n', {}, undefined],
  ] as const) {
    test(what, () => {
      const version = helmValues.open(text, 'values.yaml').read(targetImage(WEB, { keys, tool: 'Helm' }));
      expect(version && formatVersion(version)).toBe(expected);
    });
  }
});

describe('edits', () => {
  for (const [what, before, keys, image, version, after] of [
    ['the tag alone', 'image:\n  tag: v1 # c\n', {}, WEB, 'v2', 'image:\n  tag: v2 # c\n'],
    ['tag and digest', 'image: {tag: v1}\n', {}, WEB, `v2@${DIGEST}`, `image: {tag: v2@${DIGEST}}\n`],
    ['a digest alone', 'image: {tag: v1}\n', {}, WEB, `@${DIGEST}`, `image: {tag: latest@${DIGEST}}\n`],
    ['a number', 'image:\n  tag: 1.9\n', {}, WEB, '1.10', 'image:\n  tag: "1.10"\n'],
    [
      'a name that differs',
      'image: {name: old/web, tag: v1}\n',
      {},
      'acme/web',
      'v2',
      'image: {name: acme/web, tag: v2}\n',
    ],
    ['no default name where there is none', 'image: {tag: v1}\n', {}, WEB, 'v2', 'image: {tag: v2}\n'],
    ['a configured name', 'image:\n    tag: v1\n', PAIR, WEB, 'v2', `image:\n    tag: v2\n    repository: ${WEB}\n`],
    [
      'a name without registry',
      'image: {repository: acme/web, tag: v1}\n',
      PAIR,
      WEB,
      'v2',
      'image: {repository: acme/web, tag: v2}\n',
    ],
    [
      'another name without registry',
      'image: {repository: old/web, tag: v1}\n',
      PAIR,
      WEB,
      'v2',
      'image: {repository: acme/web, tag: v2}\n',
    ],
    [
      'a name in another spelling',
      'image: {repository: docker.io/library/nginx, tag: v1}\n',
      PAIR,
      'nginx',
      'v2',
      'image: {repository: docker.io/library/nginx, tag: v2}\n',
    ],
    ['a whole image', `image: ${WEB}:v1\n`, SPEC, WEB, 'v2', `image: ${WEB}:v2\n`],
    ['a whole image with a port', 'image: host:5000/a:v1\n', SPEC, 'host:5000/a', 'v2', 'image: host:5000/a:v2\n'],
    ['a whole image without registry', 'image: acme/web:v1\n', SPEC, WEB, 'v2', 'image: acme/web:v2\n'],
    ['a whole image by digest', `image: ${WEB}:v1\n`, SPEC, WEB, `@${DIGEST}`, `image: ${WEB}@${DIGEST}\n`],
    ['a whole image that is new', 'a: 1\n', SPEC, WEB, 'v2', `a: 1\nimage: ${WEB}:v2\n`],
    ['what is there', 'image: {tag: 1.25}\n', {}, WEB, '1.25', 'image: {tag: 1.25}\n'],
    ['what Helm reads otherwise', 'image: {tag: 1.10}\n', {}, WEB, '1.10', 'image: {tag: "1.10"}\n'],
  ] as const) {
    test(what, () => {
      const edited = helmValues.open(before, 'values.yaml').edit([wantedImage(image, version, { keys, tool: 'Helm' })]);
      expect(edited).toEqual({ text: after, problems: new Map() });
    });
  }

  for (const [what, before] of [
    ['no file', undefined],
    ['an empty file', ''],
    ['a blank file', ' \n\n'],
  ] as const) {
    test(`${what} becomes one with a remark`, () => {
      const keys = { helmName: 'web.image.repository', helmTag: 'web.image.tag' };
      const edited = helmValues.open(before, 'values.yaml').edit([wantedImage(WEB, 'v2', { keys, tool: 'Helm' })]);
      expect(edited.text).toBe(
        `# Created by Tiphys, which keeps the images below up to date.\n\nweb:\n  image:\n    tag: v2\n    repository: ${WEB}\n`,
      );
    });
  }

  test('no file is made when there is nothing to write', () => {
    const wanted = wantedImage(WEB, 'v2', { keys: { helmTag: 'list[0].tag' }, tool: 'Helm' });
    const edited = helmValues.open(undefined, 'values.yaml').edit([wanted]);
    expect(edited.text).toBe('');
    expect(edited.problems.get(0)?.code).toBe('TARGET_REFUSED');
  });

  test('two images on one key: the second is refused', () => {
    const wanted = [wantedImage(WEB, 'v2', { tool: 'Helm' }), wantedImage('postgres', '15.2', { tool: 'Helm' })];
    const edited = helmValues.open('image: {tag: v1}\n', 'values.yaml').edit(wanted);
    expect(edited.text).toBe('image: {tag: v2}\n');
    expect(edited.problems.get(1)?.code).toBe('TARGET_CONFLICT');
  });
});

describe('as upstream, where that is right', () => {
  test('argocdsource.jsonl, values files', () => {
    const cases = goldenCases<GoldenWrite>('argocdsource.jsonl').filter(isValuesFile);
    expect(cases.length).toBeGreaterThan(3);
    for (const golden of cases) {
      const edited = helmValues.open(golden.before ?? undefined, 'values.yaml').edit(wantedIn(golden));
      expect(edited.problems, golden.note).toEqual(new Map());
      expect(load(edited.text), golden.note).toEqual(load(golden.after ?? ''));
    }
  });
});

function isValuesFile({ writeBackConfig: { gitConfig }, defect }: GoldenWrite): boolean {
  return defect === undefined && gitConfig?.writeBackTarget?.startsWith('helmvalues') === true;
}

const helm = findTool('helm');

test.skipIf(!helm)(`helm reads every tag as the text that it is (${helm ? 'real' : missing('helm')})`, () => {
  const tags = [
    '1.10',
    '1e3',
    'true',
    'on',
    'y',
    'null',
    '2024-01-01',
    '012',
    '0o14',
    '0x1f',
    '0b1',
    '1_000',
    '16',
    'v1',
  ];
  const wanted = tags.map((tag, index) => wantedImage(WEB, tag, { keys: { helmTag: `t${index}.tag` }, tool: 'Helm' }));
  const before = tags
    .map((_, index) => (index % 2 === 0 ? `t${index}: {tag: 1}\n` : `t${index}:\n  tag: old\n`))
    .join('');
  const values = helmValues.open(before, 'values.yaml').edit(wanted);
  expect(values.problems).toEqual(new Map());
  const read = tags.map((_, index) => `"{{ kindOf .Values.t${index}.tag }} {{ .Values.t${index}.tag }}"`);
  const folder = mkdtempSync(join(tmpdir(), 'tiphys-helm-'));
  try {
    mkdirSync(join(folder, 'templates'));
    writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: web\nversion: 1.0.0\n');
    writeFileSync(join(folder, 'values.yaml'), values.text);
    writeFileSync(join(folder, 'templates', 'out.yaml'), `tags: [${read.join(', ')}]\n`);
    const rendered = load(execFileSync(helm ?? '', ['template', folder], { encoding: 'utf8', stdio: 'pipe' }));
    expect(rendered).toEqual({ tags: tags.map((tag) => `string ${tag}`) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
