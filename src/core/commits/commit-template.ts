import { goList, goStruct, goText, goTextMap, STRING } from '../go-template/data.ts';
import {
  type ParsedTemplate,
  parseTemplate,
  renderTemplate,
  type Template,
  type TemplateProblem,
} from '../go-template/template.ts';
import type { GoValue, StructType } from '../go-template/value.ts';
import type { TemplateChange } from './template-change.ts';

// Names and order of upstream's types, which `%T`, `%+v` and error texts show; then what upstream does not have.
const CHANGE: StructType = {
  kind: 'struct',
  name: 'argocd.commitMessageChange',
  fields: [
    { name: 'Image', type: STRING },
    { name: 'OldTag', type: STRING },
    { name: 'NewTag', type: STRING },
    { name: 'Labels', type: { kind: 'map', element: STRING } },
    { name: 'Source', type: STRING, isOurs: true },
    { name: 'Revision', type: STRING, isOurs: true },
    { name: 'ReleaseNotes', type: STRING, isOurs: true },
  ],
};

/** What the template of a commit message sees (reference part 2, 2.8). */
export const COMMIT_DATA: StructType = {
  kind: 'struct',
  name: 'argocd.commitMessageTemplate',
  fields: [
    { name: 'AppName', type: STRING },
    { name: 'AppChanges', type: { kind: 'slice', element: CHANGE } },
  ],
};

/** Upstream's template when none is configured. */
export const DEFAULT_COMMIT_TEMPLATE = `build: automatic update of {{ .AppName }}

{{ range .AppChanges -}}
updates image {{ .Image }} tag '{{ .OldTag }}' to '{{ .NewTag }}'
{{ end -}}
`;

export function parseCommitTemplate(text: string): ParsedTemplate {
  return parseTemplate('commitMessage', text);
}

/** @param application  its name without the namespace */
export function commitData(application: string, changes: readonly TemplateChange[]): GoValue {
  const items = changes.map(({ image, oldTag, newTag, labels, provenance }) => {
    const origin = [provenance?.source, provenance?.revision, provenance?.releaseNotes].map((text) =>
      goText(text ?? ''),
    );
    return goStruct(CHANGE, [goText(image), goText(oldTag), goText(newTag), goTextMap(labels), ...origin]);
  });
  return goStruct(COMMIT_DATA, [goText(application), goList(CHANGE, items)]);
}

export interface CommitText {
  readonly text: string;
  /** Why the text is only upstream's fall-back. */
  readonly problem?: TemplateProblem;
}

/** What a commit says about one Application. A template that fails never stops a commit. */
export function commitText(template: Template, application: string, changes: readonly TemplateChange[]): CommitText {
  const rendered = renderTemplate(template, commitData(application, changes));
  if (rendered.ok) return { text: rendered.text };
  return { text: fallbackText(application), problem: rendered.problem };
}

/** What upstream writes when its template fails; also for a text of nothing, of which Git makes no commit. */
export function fallbackText(application: string): string {
  return `build: update of application ${application}`;
}
