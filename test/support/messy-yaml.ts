import fc from 'fast-check';

/** A scalar as it is written; `value` is what YAML 1.2 reads. */
export interface Leaf {
  readonly kind: 'leaf';
  /** Exactly the characters of the value, "" for none. */
  raw: string;
  value: unknown;
  /** "&name " in front of the value. */
  anchor?: string;
}
export interface AliasNode {
  readonly kind: 'alias';
  readonly of: Leaf;
}
export interface MapNode {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: { readonly key: string; node: MessyNode }[];
}
export interface ListNode {
  readonly kind: 'list';
  readonly flow: boolean;
  readonly items: MessyNode[];
}
export type MessyNode = Leaf | AliasNode | MapNode | ListNode;

/** A file full of what people write, and the data that it means. */
export interface MessyYaml {
  readonly text: string;
  readonly root: MapNode;
}

const leafForm = fc.constantFrom('plain', 'single', 'double', 'empty', 'number', 'tilde', 'tagged');
type Form = 'plain' | 'single' | 'double' | 'empty' | 'number' | 'tilde' | 'tagged';

interface Layout {
  readonly step: number;
  readonly dashIndent: number;
  readonly dashGap: number;
  readonly lineBreak: string;
  readonly noise: readonly number[];
  readonly bom: boolean;
  readonly finalBreak: boolean;
  readonly head: string;
  readonly tail: string;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  step: fc.constantFrom(1, 2, 4, 7),
  dashIndent: fc.constantFrom(0, 2, 3),
  dashGap: fc.constantFrom(1, 3),
  lineBreak: fc.constantFrom('\n', '\r\n'),
  noise: fc.array(fc.nat(20), { minLength: 7, maxLength: 13 }),
  bom: fc.boolean(),
  finalBreak: fc.boolean(),
  head: fc.constantFrom('', '# head 🚢\n', '---\n', '# a\n\n--- # marker\n'),
  tail: fc.constantFrom('', '# foot', '---\nother: {a: 1}', '---\nimage: {tag: 1}\n# end'),
});

type Shape =
  | { readonly kind: 'leaf'; readonly form: Form; readonly anchored: boolean }
  | { readonly kind: 'alias' }
  | { readonly kind: 'map' | 'list'; readonly flow: boolean; readonly children: readonly Shape[] };

const { shape } = fc.letrec<{ shape: Shape; leaf: Shape; branch: Shape }>((tie) => ({
  leaf: fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('leaf' as const), form: leafForm, anchored: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'alias' as const }) },
  ),
  branch: fc.record({
    kind: fc.constantFrom('map' as const, 'list' as const),
    flow: fc.boolean(),
    children: fc.array(tie('shape'), { minLength: 1, maxLength: 4 }),
  }),
  shape: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('branch')),
}));

/** Messy files, their comments, anchors, flow style, indentation and line ends at random. */
export const messyYaml: fc.Arbitrary<MessyYaml> = fc
  .tuple(fc.array(shape, { minLength: 1, maxLength: 5 }), layout)
  .map(([children, style]) => {
    const leaves: Leaf[] = [];
    const root = build({ kind: 'map', flow: false, children }, false, leaves);
    if (root.kind !== 'map') throw new Error('the root is a mapping');
    return { root, text: print(root, style) };
  });

function build(from: Shape, inFlow: boolean, leaves: Leaf[]): MessyNode {
  if (from.kind === 'alias') {
    const of = leaves.findLast(({ anchor }) => anchor);
    return of ? { kind: 'alias', of } : leafOf('plain', false, leaves);
  }
  if (from.kind === 'leaf') return leafOf(inFlow && from.form === 'empty' ? 'plain' : from.form, from.anchored, leaves);
  const flow = inFlow || from.flow;
  const nodes = from.children.map((child) => build(child, flow, leaves));
  if (from.kind === 'list') return { kind: 'list', flow, items: nodes };
  return { kind: 'map', flow, entries: nodes.map((node, index) => ({ key: `k${index}`, node })) };
}

function leafOf(form: Form, anchored: boolean, leaves: Leaf[]): Leaf {
  const id = leaves.length;
  const forms: Record<Form, readonly [string, unknown]> = {
    plain: [`v${id}.0.0`, `v${id}.0.0`],
    single: [`'s${id} it''s # no'`, `s${id} it's # no`],
    double: [`"d${id} \\"x\\" # no"`, `d${id} "x" # no`],
    number: [`${id}.5`, id + 0.5],
    tilde: ['~', null],
    empty: ['', null],
    tagged: [`!!str ${id}.25`, `${id}.25`],
  };
  const [raw, value] = forms[form];
  const leaf: Leaf = { kind: 'leaf', raw, value, ...(anchored && form !== 'empty' ? { anchor: `a${id}` } : {}) };
  leaves.push(leaf);
  return leaf;
}

function print(root: MapNode, style: Layout): string {
  let turn = 0;
  const noise = () => style.noise[turn++ % style.noise.length] ?? 0;
  const lines = blockLines(root, 0, style, noise);
  const body = lines.join('\n');
  const tail = style.tail === '' ? '' : `\n${style.tail}`;
  const text = `${style.head}${body}${tail}${style.finalBreak ? '\n' : ''}`;
  return (style.bom ? '\ufeff' : '') + text.replaceAll('\n', style.lineBreak);
}

function blockLines(node: MapNode | ListNode, column: number, style: Layout, noise: () => number): string[] {
  const indent = ' '.repeat(column);
  if (node.kind === 'list') {
    return node.items.flatMap((item) => {
      const inner = column + 1 + style.dashGap;
      if (item.kind === 'leaf' || item.kind === 'alias' || item.flow)
        return [`${indent}-${inline(item)}${comment(noise)}`];
      const [first = '', ...rest] = blockLines(item, inner, style, noise);
      return [`${indent}-${' '.repeat(style.dashGap)}${first.trimStart()}`, ...rest];
    });
  }
  return node.entries.flatMap(({ key, node: value }, index) => {
    const before = index > 0 ? blankLines(noise, indent) : [];
    if (value.kind === 'leaf' || value.kind === 'alias' || value.flow) {
      return [...before, `${indent}${key}:${inline(value)}${comment(noise)}`];
    }
    const inner = column + (value.kind === 'map' ? style.step : style.dashIndent);
    return [...before, `${indent}${key}:${comment(noise)}`, ...blockLines(value, inner, style, noise)];
  });
}

function inline(node: MessyNode): string {
  if (node.kind === 'leaf' && node.raw === '' && !node.anchor) return '';
  return ` ${flowText(node)}`;
}

function flowText(node: MessyNode): string {
  if (node.kind === 'alias') return `*${node.of.anchor} `;
  if (node.kind === 'leaf') return `${node.anchor ? `&${node.anchor} ` : ''}${node.raw}`;
  if (node.kind === 'list') return `[ ${node.items.map(flowText).join(' , ')}]`;
  return `{${node.entries.map(({ key, node: value }) => `${key}: ${flowText(value)}`).join(', ')} }`;
}

function comment(noise: () => number): string {
  const kind = noise();
  return kind < 3 ? ' # why' : kind < 5 ? '   ' : '';
}

function blankLines(noise: () => number, indent: string): string[] {
  const kind = noise();
  if (kind < 3) return [''];
  return kind < 6 ? [`${indent}# about`, '', '  # odd'] : [];
}

/** What a node means, aliases followed. */
export function dataOf(node: MessyNode): unknown {
  if (node.kind === 'alias') return dataOf(node.of);
  if (node.kind === 'leaf') return node.value;
  if (node.kind === 'list') return node.items.map(dataOf);
  return Object.fromEntries(node.entries.map(({ key, node: value }) => [key, dataOf(value)]));
}

/** Every place of a leaf or alias with its key path as Helm writes it, and how to put another node there. */
export function placesOf(
  node: MessyNode,
  path = '',
): { readonly path: string; readonly node: Leaf | AliasNode; readonly replace: (by: Leaf) => void }[] {
  const children = node.kind === 'list' ? node.items.map((child, index) => ({ name: `${path}[${index}]`, child })) : [];
  const entries = node.kind === 'map' ? node.entries : [];
  return [
    ...children.flatMap(({ name, child }, index) =>
      child.kind === 'leaf' || child.kind === 'alias'
        ? [
            {
              path: name,
              node: child,
              replace: (by: Leaf) => {
                if (node.kind === 'list') node.items[index] = by;
              },
            },
          ]
        : placesOf(child, name),
    ),
    ...entries.flatMap((entry) => {
      const name = path === '' ? entry.key : `${path}.${entry.key}`;
      const { node: child } = entry;
      return child.kind === 'leaf' || child.kind === 'alias'
        ? [
            {
              path: name,
              node: child,
              replace: (by: Leaf) => {
                entry.node = by;
              },
            },
          ]
        : placesOf(child, name);
    }),
  ];
}
