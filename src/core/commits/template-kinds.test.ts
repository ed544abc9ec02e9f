import { describe, expect, test } from 'vitest';
import { type Preview, previewTemplate, type TemplateKind, templateKinds } from './template-kinds.ts';

function preview(id: TemplateKind['id'], text: string | undefined, data?: unknown): Preview {
  const kind = templateKinds.find((candidate) => candidate.id === id);
  if (!kind) throw new Error(id);
  return previewTemplate(kind, text ?? kind.defaultText ?? '', data);
}

describe('previewTemplate', () => {
  test('the default template with the default data is upstream’s own output (R2 5)', () => {
    expect(preview('commit-message', undefined)).toEqual({
      kind: 'text',
      text: [
        'build: automatic update of example-app',
        '',
        "updates image example/example tag '1.0.0' to '1.0.1'",
        "updates image example/updater tag 'sha256:01d09d19c2139a46aebfb577780d123d7396e97201bc7ead210a2ebff8239dee' " +
          "to 'sha256:7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c'",
        '',
      ].join('\n'),
    });
  });

  test('a group of pull requests sees nothing of versions', () => {
    const text = (given: string, data?: unknown) => preview('pull-request-group', given, data);
    expect(text('{{ .Project }}/{{ .AppName }} ')).toEqual({ kind: 'text', text: 'default/example-app' });
    expect(text('{{ .Branch }}', { Branch: 'next' })).toEqual({ kind: 'text', text: 'next' });
    expect(text(' ')).toEqual({ kind: 'no-text' });
    expect(text('{{ .NewTag }}')).toMatchObject({ kind: 'failed' });
  });

  test('data is shaped as the template will see it', () => {
    const data = { AppName: 'web', AppChanges: [{ Image: 'acme/web', Labels: { a: 'b' } }] };
    expect(preview('commit-message', '{{printf "%+v" .}}', data)).toEqual({
      kind: 'text',
      text: '{AppName:web AppChanges:[{Image:acme/web OldTag: NewTag: Labels:map[a:b]}]}',
    });
    expect(preview('branch', '{{.AppName}}-{{len .Images}}', { AppName: 'web' })).toEqual({
      kind: 'text',
      text: 'web-0',
    });
  });

  test('a branch of the sample', () => {
    expect(preview('branch', 'iu{{range .Images}}-{{.Name}}{{end}}')).toEqual({
      kind: 'text',
      text: 'iu-example/example-example/updater',
    });
  });

  test('what is wrong is told apart', () => {
    expect(preview('commit-message', '{{.AppName')).toMatchObject({ kind: 'failed', problem: { phase: 'parse' } });
    expect(preview('commit-message', '{{.X}}')).toMatchObject({ kind: 'failed', problem: { phase: 'execute' } });
    expect(preview('branch', '{{.X}}')).toMatchObject({ kind: 'failed', problem: { phase: 'execute' } });
    expect(preview('branch', '{{.AppName}}')).toEqual({ kind: 'no-text' });
    expect(preview('commit-message', '', { AppChanges: [{ Image: 1 }] })).toEqual({
      kind: 'bad-data',
      problem: 'AppChanges[0].Image: a string is wanted',
    });
  });
});
