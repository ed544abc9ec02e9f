import { goStruct, goText, STRING } from './go-template/data.ts';
import { type ParsedTemplate, parseTemplate, renderTemplate } from './go-template/template.ts';
import type { StructType } from './go-template/value.ts';
import { type Parsed, parsed, unparsable } from './parsed.ts';
import type { PullRequestGroup } from './pull-request.ts';

/** What the template of a pull request's group sees: nothing of versions, so that the group outlives them. */
const GROUP_DATA: StructType = {
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

/** The text that all members of a group have in common. */
export function groupText(group: PullRequestGroup, { application, branch, repoURL }: GroupMember): Parsed<string> {
  switch (group.kind) {
    case 'application':
      return parsed(`${application.namespace}/${application.name}`);
    case 'branch':
      return parsed(branch);
    case 'template': {
      const { name, namespace, project } = application;
      const data = goStruct(GROUP_DATA, [name, namespace, project, branch, repoURL].map(goText));
      const rendered = renderTemplate(group.template, data);
      if (!rendered.ok) return unparsable(rendered.problem.message);
      const text = rendered.text.trim();
      return text === '' ? unparsable('it gives no text') : parsed(text);
    }
    default:
      return group satisfies never;
  }
}
