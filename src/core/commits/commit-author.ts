import { goStruct, goText, STRING } from '../go-template/data.ts';
import { type ParsedTemplate, parseTemplate, renderTemplate, type Template } from '../go-template/template.ts';
import type { StructType } from '../go-template/value.ts';

/** Who a commit names as its author and its committer. */
export interface Author {
  readonly name: string;
  readonly email: string;
}

/** An author whose name and address may depend on the Applications that a commit changes. */
export interface AuthorTemplate {
  readonly name: Template;
  readonly email: Template;
}

const AUTHOR_DATA: StructType = {
  kind: 'struct',
  name: 'tiphys.commitAuthor',
  fields: ['AppName', 'AppNamespace', 'Project'].map((name) => ({ name, type: STRING })),
};

export function parseAuthorField(text: string): ParsedTemplate {
  return parseTemplate('commitAuthor', text);
}

interface AuthoredFor {
  readonly namespace: string;
  readonly name: string;
  readonly project: string;
}

/**
 * The author of a commit for these Applications. What differs between them is empty to the template; a name or address
 * that comes out blank, or a template that fails, gives the fall-back's.
 */
export function authorOf(template: AuthorTemplate, applications: readonly AuthoredFor[], fallback: Author): Author {
  const common = (fieldOf: (application: AuthoredFor) => string) => {
    const values = new Set(applications.map(fieldOf));
    return goText(values.size === 1 ? ([...values][0] ?? '') : '');
  };
  const fields = [common(({ name }) => name), common(({ namespace }) => namespace), common(({ project }) => project)];
  const data = goStruct(AUTHOR_DATA, fields);
  const render = (field: Template, instead: string) => {
    const rendered = renderTemplate(field, data);
    const text = rendered.ok ? rendered.text.replaceAll(/\s+/g, ' ').trim() : '';
    return text === '' ? instead : text;
  };
  return { name: render(template.name, fallback.name), email: render(template.email, fallback.email) };
}
