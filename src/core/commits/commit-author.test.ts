import { describe, expect, test } from 'vitest';
import { authorOf, parseAuthorField } from './commit-author.ts';

const FALLBACK = { name: 'argocd-image-updater', email: 'noreply@argoproj.io' };
const web = { namespace: 'shop', name: 'web', project: 'store' };
const jobs = { namespace: 'shop', name: 'jobs', project: 'store' };
const other = { namespace: 'blog', name: 'web', project: 'store' };

function template(text: string) {
  const parsed = parseAuthorField(text);
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.template;
}

describe('authorOf', () => {
  for (const [what, name, applications, expected] of [
    ['plain text', 'Release Bot', [web], 'Release Bot'],
    ['the Application', 'tiphys for {{ .AppNamespace }}/{{ .AppName }}', [web], 'tiphys for shop/web'],
    ['what several have in common', 'tiphys {{ .AppNamespace }} {{ .AppName }}', [web, jobs], 'tiphys shop'],
    ['what differs is empty', '{{ with .AppNamespace }}{{ . }}{{ else }}all{{ end }}', [web, other], 'all'],
    ['a project', '{{ .Project }}', [web, jobs, other], 'store'],
    ['line ends are blanks', 'a\nb', [web], 'a b'],
    ['blank: the fall-back', '{{ .AppName }}', [web, jobs], 'argocd-image-updater'],
    ['a template that fails: the fall-back', '{{ index .AppName 99 }}', [web], 'argocd-image-updater'],
  ] as const) {
    test(what, () => {
      const author = authorOf({ name: template(name), email: template('bot@example.com') }, applications, FALLBACK);
      expect(author).toEqual({ name: expected, email: 'bot@example.com' });
    });
  }

  test('an unknown field is told where the template is read', () => {
    expect(authorOf({ name: template('{{ .Nope }}'), email: template('') }, [web], FALLBACK)).toEqual(FALLBACK);
    expect(parseAuthorField('{{ .AppName').ok).toBe(false);
  });
});
