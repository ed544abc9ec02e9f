import { createHash } from 'node:crypto';
import { goList, goStruct, goText, STRING } from '../go-template/data.ts';
import {
  type ParsedTemplate,
  parseTemplate,
  renderTemplate,
  type Template,
  type TemplateProblem,
} from '../go-template/template.ts';
import type { GoValue, StructType } from '../go-template/value.ts';
import type { TemplateChange } from './template-change.ts';

const IMAGE: StructType = {
  kind: 'struct',
  name: 'argocd.imageChange',
  fields: ['Name', 'Alias', 'OldTag', 'NewTag'].map((name) => ({ name, type: STRING })),
};

/** What the template of a branch name sees (reference part 2, 2.6). The first three are always empty, as upstream. */
export const BRANCH_DATA: StructType = {
  kind: 'struct',
  name: 'argocd.branchNameTemplate',
  fields: [
    { name: 'AppNamespace', type: STRING },
    { name: 'AppName', type: STRING },
    { name: 'TargetKey', type: STRING },
    { name: 'Images', type: { kind: 'slice', element: IMAGE } },
    { name: 'SHA256', type: STRING },
  ],
};

export function parseBranchTemplate(text: string): ParsedTemplate {
  return parseTemplate('branchName', text);
}

export function branchData(changes: readonly TemplateChange[]): GoValue {
  const images = changes.map(({ image, alias, oldTag, newTag }) =>
    goStruct(IMAGE, [image, alias, oldTag, newTag].map(goText)),
  );
  const none = goText('');
  return goStruct(BRANCH_DATA, [none, none, none, goList(IMAGE, images), goText(changesHash(changes))]);
}

/** In hexadecimal digits; the order of the changes matters, alias and registry do not. */
function changesHash(changes: readonly TemplateChange[]): string {
  const text = changes.map(({ image, oldTag, newTag }) => `${image}-${oldTag}-${newTag},`).join('');
  return createHash('sha256').update(text).digest('hex');
}

/** Text that Git may still refuse as a branch's name; or none, because the template gives none or fails. */
export type RenderedBranch =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly problem: TemplateProblem };

const MAX_BYTES = 255;

/** The name of the branch that changes are pushed to. What is too long is cut, but unlike upstream not in a character. */
export function branchName(template: Template, data: GoValue): RenderedBranch {
  const rendered = renderTemplate(template, data);
  if (!rendered.ok) return { kind: 'failed', problem: rendered.problem };
  const { read } = new TextEncoder().encodeInto(rendered.text, new Uint8Array(MAX_BYTES));
  return read === 0 ? { kind: 'empty' } : { kind: 'named', name: rendered.text.slice(0, read) };
}
