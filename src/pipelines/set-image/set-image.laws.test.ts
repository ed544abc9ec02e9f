import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileTreeOf } from '../../../test/support/file-tree.ts';
import { messyYaml } from '../../../test/support/messy-yaml.ts';
import { Failure } from '../../core/failure.ts';
import { parseImageArgument } from './image-argument.ts';
import { planSetImage } from './set-image.ts';

/** Places in which a file can hold anything. */
const WRAPPERS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n${indented(text)}`,
  (text) => `images:\n${indented(text)}`,
  (text) => `apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n${indented(text)}`,
  (text) =>
    `apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    kustomize:\n      images:\n${indented(text)}`,
  (text) => `helm: {values: ${JSON.stringify(text)}}`,
];

function indented(text: string): string {
  return text.replace(/^/gm, '        ');
}

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

async function setImages(path: string, text: string, args: readonly string[]): Promise<string> {
  const images = args.map((arg) => {
    const argument = parseImageArgument(arg);
    if (!argument.ok) throw new Error(argument.problem);
    return argument.value;
  });
  const request = { paths: [{ path, images, keys: {} }], allowMissing: true };
  return (await planSetImage(request, fileTreeOf({ [path]: text }))).files[0]?.after ?? text;
}

const name = fc.constantFrom('nginx', 'acme/web', 'host:5000/acme/web', 'acme/web-admin');
const tag = fc.constantFrom('1.0', '1.10', '2024-01-01', '1e3', 'null', 'v2_final', '0x1f');
const lineBreak = fc.constantFrom('\n', '\r\n');
const comment = fc.constantFrom('', ' # acme/web:1.0', '\t# why');
const quote = fc.constantFrom('', "'", '"');

const container = fc.record({
  name,
  version: fc.constantFrom('', ':1.0', `@${DIGEST}`, `:v1@${DIGEST}`),
  list: fc.constantFrom('containers', 'initContainers', 'ephemeralContainers'),
  quote,
  comment,
  isFlow: fc.boolean(),
});
type Container = typeof container extends fc.Arbitrary<infer T> ? T : never;

/** An object of one container; what looks like the image elsewhere stays. */
function print({ list, comment: remark, quote: q, isFlow, ...old }: Container, image: string): string {
  const was = `${old.name}${old.version}`;
  const lines = isFlow
    ? `    - {image: ${q}${image}${q} , args: ["${was}"] }${remark}\n`
    : `    -   args: [ '${was}' ]\n\n        image:  ${q}${image}${q}${remark}\n        # ${was}\n`;
  return `apiVersion: v1\nkind: Pod\nmetadata: {annotations: {image: ${was}}}\nspec:\n  ${list}:\n${lines}`;
}

test('of manifests nothing but the images that are meant changes', async () => {
  const objects = fc.array(container, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(objects, name, tag, lineBreak, fc.boolean(), async (containers, meant, to, end, hasBom) => {
      const printAll = (become: (one: Container) => string) =>
        (hasBom ? '\ufeff' : '') +
        containers
          .map((one) => print(one, become(one)))
          .join('---\n')
          .replaceAll('\n', end);
      const before = printAll((one) => one.name + one.version);
      const after = await setImages('all.yaml', before, [`${meant}:${to}`]);
      expect(after).toBe(printAll((one) => one.name + (one.name === meant ? `:${to}` : one.version)));
      expect(await setImages('all.yaml', after, [`${meant}:${to}`])).toBe(after);
    }),
  );
});

const entry = fc.record({
  newName: fc.option(name, { nil: undefined }),
  newTag: fc.option(tag, { nil: undefined }),
  digest: fc.constantFrom(undefined, DIGEST),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

test('a kustomization says the entry of kustomize, and every other line stays', async () => {
  const argument = fc.record({
    newName: fc.option(fc.oneof(name, fc.constant('*')), { nil: undefined }),
    tag: fc.oneof(tag, fc.constant('*')),
    digest: fc.constantFrom(undefined, DIGEST, '*'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, entry, comment), { selector: ([one]) => one, maxLength: 4 }),
      name,
      argument,
      quote.filter((q) => q !== ''),
      fc.constantFrom('', '  '),
      lineBreak,
      async (entries, meant, { newName, tag: newTag, digest }, q, indent, end) => {
        const lines = entries.flatMap(([one, parts, remark]) => [
          `${indent}- name: ${one}${remark}`,
          ...Object.entries(parts).flatMap(([key, text]) =>
            text ? [`${indent}  ${key}: ${q}${text}${q}${remark}`] : [],
          ),
        ]);
        const images = lines.length > 0 ? ['images:', ...lines] : [];
        const before = ['# head', ...images, 'resources: [a]', '# foot', ''].join(end);
        const arg = `${newName === undefined ? '' : `${meant}=`}${newName ?? meant}:${newTag}${digest ? `@${digest}` : ''}`;
        const after = await setImages('kustomization.yaml', before, [arg]);

        const present: Entry = entries.find(([one]) => one === meant)?.[1] ?? {
          newName: undefined,
          newTag: undefined,
          digest: undefined,
        };
        const kept = (part: string | undefined, now: string | undefined) => (part === '*' ? now : part);
        const wanted = {
          newName: kept(newName, present.newName),
          newTag: kept(newTag, present.newTag),
          digest: kept(digest, present.digest),
        };
        const others = entries.filter(([one]) => one !== meant).map(([one, parts]) => ({ name: one, ...parts }));
        expect(new Set(parse(after).images.map(spell))).toEqual(
          new Set([...others, { name: meant, ...wanted }].map(spell)),
        );
        expect(await setImages('kustomization.yaml', after, [arg])).toBe(after);
        const own = new RegExp(`name: ${meant}(?![-/\\w])`);
        const rest = blocksOf(before, end).filter((block) => !own.test(block));
        const left = after.split(end);
        for (const line of rest.flatMap((block) => block.split(end)).filter((text) => text !== '')) {
          const at = left.indexOf(line);
          expect(at, line).toBeGreaterThanOrEqual(0);
          left.splice(0, at + 1);
        }
      },
    ),
  );
});

/** An entry without what is not there, its keys in order. */
function spell(one: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(
    Object.entries(one)
      .filter(([, text]) => text !== undefined)
      .sort(),
  );
}

/** The text, cut in front of every entry. */
function blocksOf(text: string, end: string): readonly string[] {
  return text.split(new RegExp(`(?<=${end})(?= *- name: )`));
}

test('whatever a file holds, the end is a plan or a Failure', async () => {
  const wrapped = fc.tuple(messyYaml, fc.constantFrom(...WRAPPERS)).map(([{ text }, wrap]) => wrap(text));
  const anyText = fc.oneof(
    wrapped,
    fc.string({ unit: 'binary' }),
    fc.constantFrom('&a [*a]', 'a: &a\n  b: *a', '- '.repeat(5_000)),
  );
  const kinds = fc.constantFrom('kustomization.yaml', 'app.yaml', '.argocd-source-app.yaml', 'values.yaml');
  const keys = fc.constantFrom({}, { tag: 'k0' }, { tag: 'k0.k1', name: 'k1' }, { spec: 'k0[0]' });
  await fc.assert(
    fc.asyncProperty(anyText, kinds, keys, async (text, path, valueKeys) => {
      const argument = parseImageArgument('*=b:2');
      if (!argument.ok) throw new Error(argument.problem);
      const request = { paths: [{ path, images: [argument.value], keys: valueKeys }], allowMissing: true };
      const plan = await planSetImage(request, fileTreeOf({ [path]: text })).catch((error: unknown) => error);
      if (plan instanceof Failure) return;
      if (plan instanceof Error) throw plan;
      expect(plan).toHaveProperty('files');
    }),
  );
});
