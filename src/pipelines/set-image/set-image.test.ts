import { describe, expect, test } from 'vitest';
import { fileTreeOf } from '../../../test/support/file-tree.ts';
import { Failure } from '../../core/failure.ts';
import type { PathRequest } from './file-plan.ts';
import { parseImageArgument } from './image-argument.ts';
import { planSetImage } from './set-image.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

type Options = Partial<Pick<PathRequest, 'path' | 'keys' | 'container'>> & { readonly allowMissing?: boolean };

function planFor(files: Readonly<Record<string, string>>, args: string, options: Options = {}) {
  const images = args.split(' ').map((text) => {
    const argument = parseImageArgument(text);
    if (!argument.ok) throw new Error(argument.problem);
    return argument.value;
  });
  const { allowMissing = false, path = Object.keys(files)[0] ?? '', keys = {}, ...rest } = options;
  return planSetImage({ paths: [{ path, images, keys, ...rest }], allowMissing }, fileTreeOf(files));
}

/** The text of the one file after an edit, which is asked for again and must come out the same. */
async function setIn(
  before: string,
  args: string,
  options: Options & { readonly file?: string } = {},
): Promise<string> {
  const { file = 'app.yaml' } = options;
  const plan = await planFor({ [file]: before }, args, options);
  const after = plan.files[0]?.after ?? before;
  const again = await planFor({ [file]: after }, args, options);
  expect(again.files.map((one) => one.after)).toEqual(plan.files.map((one) => one.after));
  expect(again.files.flatMap(({ changes }) => changes)).toEqual([]);
  return after;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error('it did not fail', { cause: error });
}

const pod = (image: string) =>
  ['    spec:', '      containers:', '        - name: app', `          image: ${image}`].join('\n');

describe('the containers of every kind of workload', () => {
  for (const [kind, before] of Object.entries({
    Deployment: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n${pod('acme/web:1.0 # why')}\n`,
    StatefulSet: `apiVersion: apps/v1\nkind: StatefulSet\nspec:\n  template:\n${pod('"acme/web:1.0"')}\n`,
    DaemonSet: `apiVersion: apps/v1\nkind: DaemonSet\nspec:\n  template:\n${pod("'acme/web:1.0'")}\n`,
    ReplicaSet: `apiVersion: apps/v1\nkind: ReplicaSet\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    Job: `apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    CronJob: `apiVersion: batch/v1\nkind: CronJob\nspec:\n  jobTemplate:\n    spec:\n      template: {spec: {containers: [{name: app, image: acme/web:1.0}]}}\n`,
    Pod: 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'init container': 'apiVersion: v1\nkind: Pod\nspec:\n  initContainers:\n  - image: acme/web:1.0\n',
    'ephemeral container': 'apiVersion: v1\nkind: Pod\nspec:\n  ephemeralContainers:\n  - image: acme/web:1.0\n',
    'Argo Rollout': `apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    'Knative Service': `apiVersion: serving.knative.dev/v1\nkind: Service\nspec:\n  template:\n${pod('acme/web:1.0')}\n`,
    'List of objects':
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n    - image: acme/web:1.0\n',
    'object in JSON': '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "acme/web:1.0"}]}}\n',
    'second document':
      'apiVersion: v1\nkind: Service\n---\n# two\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'document behind an empty one':
      '---\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: acme/web:1.0\n',
    'file with CRLF': 'apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  containers:\r\n  - image: acme/web:1.0\r\n',
  })) {
    test(kind, async () => {
      expect(await setIn(before, 'acme/web:1.1')).toBe(before.replace('acme/web:1.0', 'acme/web:1.1'));
    });
  }
});

describe('what an argument makes of the image of a container', () => {
  const manifest = (image: string) =>
    `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: app\n    image: ${image}\n`;
  for (const [before, args, after, why] of [
    ['acme/web:1', 'acme/web:2', 'acme/web:2', 'another tag'],
    ['acme/web', 'acme/web:2', 'acme/web:2', 'a tag where none was'],
    ['acme/web:1', `acme/web@${DIGEST}`, `acme/web@${DIGEST}`, 'a digest replaces the tag, as in kustomize'],
    [`acme/web:1@${DIGEST}`, 'acme/web:2', 'acme/web:2', 'a tag replaces the digest'],
    ['acme/web:1', `acme/web:2@${DIGEST}`, `acme/web:2@${DIGEST}`, 'both'],
    ['acme/web:1', 'acme/web=host:5000/web', 'host:5000/web:1', 'only a name keeps the tag'],
    ['host:5000/web:1', 'host:5000/web=ghcr.io/web:2', 'ghcr.io/web:2', 'a registry with a port'],
    ['acme/web:1', 'acme/web=*:2', 'acme/web:2', 'the name is kept'],
    ['acme/web:1', 'acme/web=ghcr.io/web:*', 'ghcr.io/web:1', 'the tag is kept'],
    ['ghcr.io/web:1', 'acme/web=ghcr.io/web:2', 'ghcr.io/web:2', 'the name that the last build has set'],
    ['acme/web:1', '*=*:2', 'acme/web:2', 'every image'],
    ['acme/web:1', 'acme/.*=*:2', 'acme/web:2', 'an expression, as in kustomize'],
    ['acme/web:1', 'acme/web:2 acme/web:3', 'acme/web:3', 'the last one counts'],
    ['acme/web:1', 'acme/web=*:2 acme/web=b', 'b:1', 'of one name only the last one counts, as in kustomize'],
    ['acme/web:1', 'acme/web=b:2 b:3', 'b:3', 'one after the other'],
    ['acme/web:1', 'b:3 acme/web=b:2', 'b:3', 'in the order of the names, as in kustomize'],
    ['acme/web:1', 'acme/web:3 *=*:2', 'acme/web:3', 'a name behind what is for every image'],
  ] as const) {
    test(`${before} by ${args}: ${why}`, async () => {
      expect(await setIn(manifest(before), args)).toBe(manifest(after));
    });
  }

  for (const [before, args] of [
    ['library/nginx:1', 'nginx:2'],
    ['acme/web-admin:1', 'acme/web:2'],
    ['docker.io/acme/web:1', 'acme/web:2'],
  ] as const) {
    test(`${before} is not meant by ${args}`, async () => {
      const failure = await failureOf(planFor({ 'pod.yaml': manifest(before) }, args));
      expect(failure).toMatchObject({ code: 'IMAGE_NOT_FOUND', message: expect.stringContaining(before) });
    });
  }
});

describe('anchors', () => {
  const containers = (lines: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: &image acme/web:1}\nspec:\n  containers:\n${lines}`;

  test('an image that is an alias is written out', async () => {
    const before = containers('  - image: *image\n');
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('*image', 'acme/web:2'));
  });

  test('an alias follows the image that it stands for', async () => {
    const before = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: &i acme/web:1\n  - image: *i\n';
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('acme/web:1', 'acme/web:2'));
  });

  test('a merged image is changed where it is written', async () => {
    const before =
      'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - &c {name: a, image: acme/web:1}\n  - <<: *c\n    name: b\n';
    expect(await setIn(before, 'acme/web:2')).toBe(before.replace('acme/web:1', 'acme/web:2'));
    const failure = await failureOf(planFor({ 'pod.yaml': before }, 'acme/web:2', { container: 'b' }));
    expect(failure.code).toBe('TARGET_REFUSED');
  });

  test('aliases without end are refused', async () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `  a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`,
    ).join('\n');
    const before = `apiVersion: v1\nkind: Pod\nspec:\n  a0: &a0 [x]\n${levels}\n`;
    expect(await failureOf(planFor({ 'pod.yaml': before }, 'acme/web:2'))).toMatchObject({ code: 'TARGET_UNREADABLE' });
  });
});

test('a container by its name', async () => {
  const before =
    'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: a, image: web:1}\n  - {name: b, image: web:1}\n';
  expect(await setIn(before, 'web:2', { container: 'b' })).toBe(before.replace('b, image: web:1', 'b, image: web:2'));
  expect(await failureOf(planFor({ 'pod.yaml': before }, 'web:2', { container: 'c' }))).toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    message: expect.stringContaining('container named c'),
  });
});

describe('Helm values by their keys', () => {
  const values = [
    '# the web shop',
    'image:',
    '  repository: acme/web # ours',
    "  tag: '1.0'",
    'sidecar: {image: "acme/log:1.0", digest: ""}',
    'registry: {repository: web, tag: 1.10}',
    'pinned: {tag: 1.0@sha256:0123456789abcdef0123456789abcdef}',
    'later: {tag: }',
    '',
  ].join('\r\n');
  for (const [args, keys, from, to, why] of [
    ['acme/web:1.1', { tag: 'image.tag' }, "'1.0'", "'1.1'", 'the tag'],
    ['acme/web:1.1', { tag: 'later.tag' }, '{tag: }', '{tag: "1.1" }', 'a key without a value'],
    ['acme/web:1.20', { tag: 'registry.tag' }, '1.10', '"1.20"', 'text that would be a number'],
    [
      'acme/web=ghcr.io/web:1.1',
      { name: 'image.repository', tag: 'image.tag' },
      "acme/web # ours\r\n  tag: '1.0'",
      "ghcr.io/web # ours\r\n  tag: '1.1'",
      'name and tag',
    ],
    [
      'ghcr.io/web=ghcr.io/shop:1.1',
      { name: 'registry.repository' },
      'repository: web,',
      'repository: shop,',
      'a repository whose registry is elsewhere',
    ],
    ['acme/log=*:1.1', { spec: 'sidecar.image' }, '"acme/log:1.0"', '"acme/log:1.1"', 'the whole image'],
    [
      `acme/log@${DIGEST}`,
      { tag: 'sidecar.digest' },
      'digest: ""',
      `digest: "${DIGEST}"`,
      'a digest under its own key',
    ],
    [
      `acme/web:2@${DIGEST}`,
      { tag: 'pinned.tag' },
      '1.0@sha256:0123456789abcdef0123456789abcdef',
      `2@${DIGEST}`,
      'both',
    ],
    [`acme/web@${DIGEST}`, { tag: 'image.tag' }, "'1.0'", `'latest@${DIGEST}'`, 'a digest where a tag is expected'],
    [
      'acme/web=*:*',
      { tag: 'pinned.tag' },
      '1.0@sha256:0123456789abcdef0123456789abcdef',
      '"1.0"',
      'the tag without its digest',
    ],
  ] as const) {
    test(`${args}: ${why}`, async () => {
      expect(await setIn(values, args, { file: 'values.yaml', keys })).toBe(values.replace(from, to));
    });
  }

  for (const [args, keys, code, said] of [
    ['acme/web:2', { tag: 'image.tga' }, 'IMAGE_NOT_FOUND', 'image.tag (1.0)'],
    [
      'acme/web:2',
      { name: 'registry.repository', tag: 'registry.tag' },
      'IMAGE_NOT_FOUND',
      'registry.repository (web)',
    ],
    ['acme/api:2', { name: 'image.repository', tag: 'image.tag' }, 'IMAGE_NOT_FOUND', 'image.repository says acme/web'],
    ['acme/api:2', { spec: 'sidecar.image' }, 'IMAGE_NOT_FOUND', 'sidecar.image says acme/log:1.0'],
    ['acme/web:2 acme/api:2', { tag: 'image.tag' }, 'TARGET_REFUSED', 'several'],
    ['acme/web:2', { tag: 'image' }, 'IMAGE_NOT_FOUND', 'there is no image'],
    ['acme/log:2', {}, 'TARGET_REFUSED', 'no kustomization'],
  ] as const) {
    test(`${args} by ${JSON.stringify(keys)} is refused`, async () => {
      const failure = await failureOf(planFor({ 'values.yaml': values }, args, { keys }));
      expect(failure).toMatchObject({ code, message: expect.stringContaining(said) });
    });
  }

  test('a new name that no key takes is told of', async () => {
    const { remarks } = await planFor({ 'values.yaml': values }, 'acme/web=ghcr.io/web:2', {
      keys: { tag: 'image.tag' },
    });
    expect(remarks).toEqual([expect.stringContaining('ghcr.io/web is written nowhere')]);
  });
});

describe("Argo CD's own places", () => {
  const application = [
    'apiVersion: argoproj.io/v1alpha1',
    'kind: Application',
    'metadata: {name: shop, namespace: argocd}',
    'spec:',
    '  source:',
    '    kustomize:',
    '      images: # kept',
    '      - acme/web=ghcr.io/acme/web:1.0',
    '      - acme/api:1.0',
    '    helm:',
    '      parameters:',
    '      - {name: image.tag, value: "1.0"}',
    '      - name: worker.tag',
    '        value: a1',
    '      valuesObject:',
    '        job: {image: {repository: acme/job, tag: v1}}',
    '        image: {tag: hidden by the parameter}',
    '      values: "cron: {image: acme/cron:1.0}" # which nobody reads beside a valuesObject',
    '---',
    'apiVersion: argoproj.io/v1alpha1',
    'kind: Application',
    'metadata: {name: cron, namespace: argocd}',
    'spec:',
    '  source:',
    '    helm:',
    '      values: |',
    '        # inside',
    '        cron:',
    '          image: "acme/cron:1.0" # why',
    '',
    '        other: {tag: v1}',
    '',
  ].join('\n');
  for (const [args, keys, from, to, why] of [
    ['acme/api:1.1', {}, 'acme/api:1.0', 'acme/api:1.1', 'an override'],
    ['acme/web:1.1', {}, 'acme/web=ghcr.io/acme/web:1.0', 'acme/web:1.1', 'an override is replaced whole'],
    ['acme/web=*:1.1', {}, 'ghcr.io/acme/web:1.0', 'ghcr.io/acme/web:1.1', 'its new name is kept'],
    ['acme/web:1.1', { tag: 'image.tag' }, '"1.0"', '"1.1"', 'a parameter, which is stronger than values'],
    [
      'acme/web:12',
      { tag: 'worker.tag' },
      'value: a1',
      'value: "12"\n        forceString: true',
      'a parameter that is a number',
    ],
    ['acme/job:v2', { name: 'job.image.repository', tag: 'job.image.tag' }, 'tag: v1', 'tag: v2', 'valuesObject'],
    ['acme/cron:1.1', { spec: 'cron.image' }, '"acme/cron:1.0"', '"acme/cron:1.1"', 'a text of values'],
  ] as const) {
    test(`${args} ${JSON.stringify(keys)} in an Application: ${why}`, async () => {
      expect(await setIn(application, args, { keys })).toBe(application.replace(from, to));
    });
  }

  test('fields have names that last', async () => {
    const fields = async (args: string, keys: PathRequest['keys']) => {
      const { files } = await planFor({ 'app.yaml': application }, args, { keys });
      return files.flatMap(({ changes }) => changes.map(({ field }) => field));
    };
    expect(await fields('acme/api:2', {})).toEqual(['Application/argocd/shop:spec.source.kustomize.images[acme/api]']);
    expect(await fields('acme/cron:2', { spec: 'cron.image' })).toEqual([
      'Application/argocd/cron:spec.source.helm.values[cron.image]',
    ]);
  });

  test('of several sources the one that has the image', async () => {
    const before = [
      'apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: all}\nspec:\n  template:\n    spec:\n      sources:',
      '      - helm: {parameters: [{name: image.name, value: acme/api}, {name: image.tag, value: v1}]}',
      '      - helm: {parameters: [{name: image.name, value: acme/web}, {name: image.tag, value: v1}]}\n',
    ].join('\n');
    const keys = { name: 'image.name', tag: 'image.tag' };
    expect(await setIn(before, 'acme/web:v2', { keys })).toBe(
      before.replace('acme/web}, {name: image.tag, value: v1', 'acme/web}, {name: image.tag, value: v2'),
    );
    expect(await failureOf(planFor({ 'a.yaml': before }, 'acme/web:v2', { keys: { tag: 'image.tag' } }))).toMatchObject(
      {
        code: 'TARGET_REFUSED',
        message: '2 sources have image.tag',
      },
    );
  });

  test("a hydrator's dry source", async () => {
    const before =
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {sourceHydrator: {drySource: {kustomize: {images: ["web:1"]}}}}\n';
    expect(await setIn(before, 'web:2')).toBe(before.replace('web:1', 'web:2'));
  });

  test('an override file', async () => {
    const before =
      'helm:\n  parameters:\n  - name: image.tag\n    value: v1\n    forcestring: true\nkustomize:\n  images: [acme/web:1]\n';
    const file = '.argocd-source-shop.yaml';
    expect(await setIn(before, 'acme/web:2', { file })).toBe(before.replace('web:1', 'web:2'));
    expect(await setIn(before, 'acme/web:7', { file, keys: { tag: 'image.tag' } })).toBe(before.replace('v1', '"7"'));
    expect(await failureOf(planFor({ [file]: before }, 'acme/api:2'))).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      message: expect.stringContaining('image.tag (v1)'),
    });
  });
});

describe('flags that are for other files', () => {
  test('a container is none of a kustomization', async () => {
    const plan = planFor({ 'kustomization.yaml': 'kind: Kustomization\n' }, 'web:2', { container: 'web' });
    expect(await failureOf(plan)).toMatchObject({
      code: 'TARGET_REFUSED',
      message: expect.stringContaining('web alone'),
    });
  });

  test('keys do not keep manifests from being set', async () => {
    const before = 'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web:1}]}\n';
    expect(await setIn(before, 'web:2', { keys: { tag: 'image.tag' } })).toBe(before.replace('web:1', 'web:2'));
  });
});

describe('paths', () => {
  const pods = (image: string) => `apiVersion: v1\nkind: Pod\nspec: {containers: [{image: ${image}}]}\n`;

  test('a folder with a kustomization is that', async () => {
    const files = { 'k8s/kustomization.yml': 'resources: [pod.yaml]\n', 'k8s/pod.yaml': pods('web:1') };
    const plan = await planFor(files, 'web:2', { path: 'k8s' });
    expect(plan.files.map(({ path }) => path)).toEqual(['k8s/kustomization.yml']);
  });

  test('of another folder all manifests directly in it', async () => {
    const files = {
      'k8s/a.yaml': pods('web:1'),
      'k8s/b.json': '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"web:1"}]}}',
      'k8s/values.yaml': 'image: web:1\n',
      'k8s/template.yaml': '{{- if .Values.web }}\nkind: Pod\n',
      'k8s/other.yaml': pods('api:1'),
      'k8s/README.md': 'web:1',
      'k8s/deeper/c.yaml': pods('web:1'),
    };
    const plan = await planFor(files, 'web:2', { path: 'k8s' });
    expect(plan.files.map(({ path }) => path)).toEqual(['k8s/a.yaml', 'k8s/b.json']);
    expect(plan.remarks).toEqual([expect.stringContaining('k8s/template.yaml was passed over')]);
    const { message } = await failureOf(planFor(files, 'nginx:2', { path: 'k8s' }));
    expect(message).toMatch(/^nothing to set for nginx; there is .*; k8s\/template\.yaml was passed over: /);
  });

  test('of a chart its values, when keys are given', async () => {
    const files = { 'chart/values.yaml': 'image: {tag: a}\n', 'chart/Chart.yaml': 'name: web\n' };
    const plan = await planFor(files, 'web:b', { path: 'chart', keys: { tag: 'image.tag' } });
    expect(plan.files.map(({ path, after }) => [path, after])).toEqual([['chart/values.yaml', 'image: {tag: b}\n']]);
    const { code, fix } = await failureOf(planFor(files, 'web:b', { path: 'chart' }));
    expect([code, fix]).toEqual(['IMAGE_NOT_FOUND', expect.stringContaining('as in --key image.tag')]);
  });

  test('a long one, as a rendered chart with its definitions is', async () => {
    const more = '---\n'.repeat(30_000);
    const plan = await planFor({ 'all.yaml': pods('web:1') + more }, 'web:2');
    expect(plan.files[0]?.after).toBe(pods('web:2') + more);
    const { code, message } = await failureOf(planFor({ 'all.yaml': '---\n'.repeat(100_000) }, 'web:2'));
    expect([code, message]).toEqual([
      'TARGET_UNREADABLE',
      'it cannot be read as YAML: more than 2,000,000 names, values and signs; split it',
    ]);
  });

  test('a file is one, however it is spelled', async () => {
    const tree = fileTreeOf({ 'k8s/kustomization.yaml': 'images: [{name: a, newTag: v1}]\n' });
    const paths = ['k8s/', './k8s', 'k8s/../k8s/kustomization.yaml'].map((path, index) => {
      const argument = parseImageArgument(`a:v${index}`);
      return { path, images: argument.ok ? [argument.value] : [], keys: {} };
    });
    const { files } = await planSetImage({ paths, allowMissing: false }, tree);
    expect(files).toMatchObject([
      {
        path: 'k8s/kustomization.yaml',
        after: 'images: [{name: a, newTag: v2}]\n',
        changes: [{ from: 'a:v1', to: 'a:v2' }],
      },
    ]);
  });

  test('a folder with two kustomizations is refused, as by kustomize', async () => {
    const files = { 'k8s/kustomization.yaml': '', 'k8s/Kustomization': '' };
    expect(await failureOf(planFor(files, 'a:1', { path: 'k8s' }))).toMatchObject({ code: 'TARGET_REFUSED' });
  });

  test('each image needs one of the paths, and each path one of the images', async () => {
    const tree = fileTreeOf({ 'a.yaml': pods('a:1'), 'b.yaml': pods('b:1'), 'c.yaml': pods('c:1') });
    const images = ['a:2', 'b:2'].flatMap((text) => {
      const argument = parseImageArgument(text);
      return argument.ok ? [argument.value] : [];
    });
    const paths = ['a.yaml', 'b.yaml'].map((path) => ({ path, images, keys: {} }));
    expect((await planSetImage({ paths, allowMissing: false }, tree)).files).toHaveLength(2);
    const third = { path: 'c.yaml', images, keys: {} };
    const failure = await failureOf(planSetImage({ paths: [...paths, third], allowMissing: false }, tree));
    expect(failure).toMatchObject({ code: 'IMAGE_NOT_FOUND', object: 'c.yaml' });
    expect((await planSetImage({ paths: [...paths, third], allowMissing: true }, tree)).files).toHaveLength(2);
  });

  for (const [args, path, code, fix] of [
    ['web:2', 'k9s', 'TARGET_NOT_FOUND', 'did you mean k8s?'],
    ['wbe:2', 'k8s/a.yaml', 'IMAGE_NOT_FOUND', 'name it as it is there: web=IMAGE, or give --allow-missing'],
    [
      'nginx:2',
      'k8s/b.yaml',
      'IMAGE_NOT_FOUND',
      'name it as it is there: docker.io/library/nginx=IMAGE, or give --allow-missing',
    ],
    ['web:2', 'k8s/broken.yaml', 'TARGET_UNREADABLE', 'correct the file, or name another one'],
    ['web:2', 'k8s/empty.yaml', 'TARGET_REFUSED', 'for Helm values name the key, as in --key image.tag'],
    ['web:2', 'k8s/values.yaml', 'TARGET_REFUSED', 'for Helm values name the key, as in --key web.imageTag'],
  ] as const) {
    test(`${args} in ${path} is a failure with advice`, async () => {
      const files = {
        'k8s/a.yaml': pods('web:1'),
        'k8s/b.yaml': pods('docker.io/library/nginx:1'),
        'k8s/broken.yaml': 'a: [',
        'k8s/empty.yaml': '',
        'k8s/values.yaml': 'web: {image: web, imageTag: 1}',
      };
      expect(await failureOf(planFor(files, args, { path }))).toMatchObject({ code, fix, object: path });
    });
  }
});
