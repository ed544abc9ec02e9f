import { goStruct, goText, STRING } from '../go-template/data.ts';
import {
  type ParsedTemplate,
  parseTemplate,
  renderTemplate,
  type Template,
  type TemplateProblem,
} from '../go-template/template.ts';
import type { GoValue, StructType } from '../go-template/value.ts';
import { type Parsed, parsed, unparsable } from '../parsed.ts';
import type { PullRequestGroup } from './pull-request.ts';

/** What the template of a pull request's group sees: nothing of versions, so that the group outlives them. */
export const GROUP_DATA: StructType = {
  kind: 'struct',
  name: 'tiphys.pullRequestGroup',
  fields: ['AppName', 'AppNamespace', 'Project', 'Branch', 'Repository'].map((name) => ({ name, type: STRING })),
};

/** What decides with whom an Application shares a pull request. */
export interface GroupMember {
  readonly application: { readonly namespace: string; readonly name: string; readonly project: string };
  /** The base branch, resolved. */
  readonly branch: string;
  /** Without credentials. */
  readonly repoURL: string;
}

export function parseGroupTemplate(text: string): ParsedTemplate {
  return parseTemplate('pullRequestGroup', text);
}

export function groupData({ application, branch, repoURL }: GroupMember): GoValue {
  const { name, namespace, project } = application;
  return goStruct(GROUP_DATA, [name, namespace, project, branch, repoURL].map(goText));
}

type RenderedGroup =
  | { readonly kind: 'named'; readonly text: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'failed'; readonly problem: TemplateProblem };

/** Blanks around the text are of no importance. */
export function renderGroup(template: Template, data: GoValue): RenderedGroup {
  const rendered = renderTemplate(template, data);
  if (!rendered.ok) return { kind: 'failed', problem: rendered.problem };
  const text = rendered.text.trim();
  return text === '' ? { kind: 'empty' } : { kind: 'named', text };
}

/** The text that all members of a group have in common. */
export function groupText(group: PullRequestGroup, { application, branch, repoURL }: GroupMember): Parsed<string> {
  switch (group.kind) {
    case 'application':
      return parsed(`${application.namespace}/${application.name}`);
    case 'branch':
      return parsed(branch);
    case 'template': {
      const rendered = renderGroup(group.template, groupData({ application, branch, repoURL }));
      if (rendered.kind === 'named') return parsed(rendered.text);
      return unparsable(rendered.kind === 'empty' ? 'it gives no text' : rendered.problem.message);
    }
    default:
      return group satisfies never;
  }
}
