import { decodeData } from '../go-template/data.ts';
import { type ParsedTemplate, renderTemplate, type Template, type TemplateProblem } from '../go-template/template.ts';
import type { GoValue, StructType } from '../go-template/value.ts';
import { GROUP_DATA, groupData, parseGroupTemplate, renderGroup } from '../pull-requests/pull-request-group.ts';
import { BRANCH_DATA, branchData, branchName, parseBranchTemplate } from './branch-name-template.ts';
import { COMMIT_DATA, commitData, DEFAULT_COMMIT_TEMPLATE, parseCommitTemplate } from './commit-template.ts';
import type { TemplateChange } from './template-change.ts';

/** A place where a template is used, for whoever wants to try one. */
export interface TemplateKind {
  readonly id: 'commit-message' | 'branch' | 'pull-request-group';
  /** Used when no template is given; undefined when there must be one. */
  readonly defaultText: string | undefined;
  readonly dataType: StructType;
  /** The data used when none is given. */
  readonly sample: GoValue;
  parse(text: string): ParsedTemplate;
  render(template: Template, data: GoValue): Preview;
}

export type Preview =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly problem: TemplateProblem }
  /** The data is not what this kind of template gets; the problem names the place. */
  | { readonly kind: 'bad-data'; readonly problem: string }
  | { readonly kind: 'no-text' };

/** Upstream's own example: an image with tags and one with digests. */
const SAMPLE: readonly TemplateChange[] = [
  { image: 'example/example', alias: '', oldTag: '1.0.0', newTag: '1.0.1', labels: {} },
  {
    image: 'example/updater',
    alias: '',
    oldTag: 'sha256:01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee',
    newTag: 'sha256:7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c',
    labels: {},
  },
];

const commitMessageKind: TemplateKind = {
  id: 'commit-message',
  defaultText: DEFAULT_COMMIT_TEMPLATE,
  dataType: COMMIT_DATA,
  sample: commitData('example-app', SAMPLE),
  parse: parseCommitTemplate,
  render: (template, data) => {
    const rendered = renderTemplate(template, data);
    return rendered.ok ? { kind: 'text', text: rendered.text } : { kind: 'failed', problem: rendered.problem };
  },
};

const branchKind: TemplateKind = {
  id: 'branch',
  defaultText: undefined,
  dataType: BRANCH_DATA,
  sample: branchData(SAMPLE),
  parse: parseBranchTemplate,
  render: (template, data) => {
    const branch = branchName(template, data);
    if (branch.kind === 'named') return { kind: 'text', text: branch.name };
    return branch.kind === 'empty' ? { kind: 'no-text' } : branch;
  },
};

const pullRequestGroupKind: TemplateKind = {
  id: 'pull-request-group',
  defaultText: undefined,
  dataType: GROUP_DATA,
  sample: groupData({
    application: { namespace: 'argocd', name: 'example-app', project: 'default' },
    branch: 'main',
    repoURL: 'https://git.example.com/example/deploy.git',
  }),
  parse: parseGroupTemplate,
  render: (template, data) => {
    const group = renderGroup(template, data);
    if (group.kind === 'named') return { kind: 'text', text: group.text };
    return group.kind === 'empty' ? { kind: 'no-text' } : group;
  },
};

export const templateKinds: readonly TemplateKind[] = [commitMessageKind, branchKind, pullRequestGroupKind];

/** @param data  parsed JSON, shaped as the template will see it; undefined for the sample */
export function previewTemplate(kind: TemplateKind, text: string, data: unknown): Preview {
  const read = kind.parse(text);
  if (!read.ok) return { kind: 'failed', problem: read.problem };
  if (data === undefined) return kind.render(read.template, kind.sample);
  const decoded = decodeData(data, kind.dataType);
  return decoded.ok ? kind.render(read.template, decoded.value) : { kind: 'bad-data', problem: decoded.problem };
}
