import { expect, test } from 'vitest';
import { groupText, parseGroupTemplate } from './pull-request-group.ts';

const MEMBER = {
  application: { namespace: 'argocd', name: 'shop', project: 'retail' },
  branch: 'main',
  repoURL: 'https://git.example.com/deploy.git',
};

test('an Application, or a branch', () => {
  expect(groupText({ kind: 'application' }, MEMBER)).toEqual({ ok: true, value: 'argocd/shop' });
  expect(groupText({ kind: 'branch' }, MEMBER)).toEqual({ ok: true, value: 'main' });
});

for (const [text, expected] of [
  ['everything', 'everything'],
  ['{{ .Project }} on {{ .Branch }}', 'retail on main'],
  ['{{ .AppNamespace }}-{{ .AppName }}', 'argocd-shop'],
  ['{{ .Repository }}', 'https://git.example.com/deploy.git'],
  ['{{ if false }}x{{ end }}', undefined],
  ['{{ .NewTag }}', undefined],
] as const) {
  test(`${text} gives ${expected}`, () => {
    const parsed = parseGroupTemplate(text);
    if (!parsed.ok) throw new Error(parsed.problem.message);
    const group = groupText({ kind: 'template', template: parsed.template }, MEMBER);
    expect(group.ok ? group.value : undefined).toBe(expected);
  });
}
