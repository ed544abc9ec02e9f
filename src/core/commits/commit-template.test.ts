import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../../test/golden/golden.ts';
import { decodeData } from '../go-template/data.ts';
import type { Template } from '../go-template/template.ts';
import { parseImageIdentifier } from '../reference.ts';
import {
  COMMIT_DATA,
  commitData,
  commitText,
  DEFAULT_COMMIT_TEMPLATE,
  fallbackText,
  parseCommitTemplate,
} from './commit-template.ts';
import type { TemplateChange } from './template-change.ts';

function template(text: string): Template {
  const read = parseCommitTemplate(text);
  if (!read.ok) throw new Error(read.problem.message);
  return read.template;
}

function change(overrides: Partial<TemplateChange> = {}): TemplateChange {
  return { image: 'acme/web', alias: 'web', oldTag: '1.4.0', newTag: '1.4.1', labels: {}, ...overrides };
}

describe('commitText', () => {
  test('of the default template is upstream’s', () => {
    expect(commitText(template(DEFAULT_COMMIT_TEMPLATE), 'web', [change()])).toEqual({
      text: "build: automatic update of web\n\nupdates image acme/web tag '1.4.0' to '1.4.1'\n",
    });
  });

  test('of a template that fails is the fall-back, and why', () => {
    expect(commitText(template('{{ .appName }}'), 'web', [change()])).toEqual({
      text: 'build: update of application web',
      problem: {
        phase: 'execute',
        message:
          'template: commitMessage:1:3: executing "commitMessage" at <.appName>: ' +
          "can't evaluate field appName in type argocd.commitMessageTemplate",
        line: 1,
        column: 4,
      },
    });
  });

  test('labels are there by name, absent ones say so', () => {
    const text = '{{range .AppChanges}}{{index .Labels "a.b/c"}} {{.Labels.x}}{{end}}';
    expect(commitText(template(text), 'web', [change({ labels: { 'a.b/c': 'ü' } })])).toEqual({ text: 'ü <no value>' });
  });
});

interface GoldenCase {
  readonly kind: 'commit-message' | 'branch';
  readonly template: string;
  readonly app: string;
  readonly changes: readonly {
    readonly image: string;
    readonly oldTag: { readonly name: string; readonly digest?: string };
    readonly newTag: { readonly name: string; readonly digest?: string };
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly data: unknown;
  readonly expect: string | null;
  readonly phase?: 'parse' | 'execute';
  readonly error?: string;
  readonly defect?: string;
}

describe(`golden templates of commit messages`, () => {
  const cases = goldenCases<GoldenCase>('templates.jsonl');
  for (const golden of cases.filter(({ kind, defect }) => kind === 'commit-message' && defect === undefined)) {
    test(`${JSON.stringify(golden.template)} for ${golden.changes.length} changes`, () => {
      const read = parseCommitTemplate(golden.template);
      if (!read.ok) {
        expect([golden.expect, golden.phase, golden.error]).toEqual([null, 'parse', read.problem.message]);
        return;
      }
      const changes = golden.changes.map(({ image, oldTag, newTag, labels = {} }) => {
        const { repository, alias = '' } = parseImageIdentifier(image);
        return {
          image: repository,
          alias,
          oldTag: oldTag.digest ?? oldTag.name,
          newTag: newTag.digest ?? newTag.name,
          labels,
        };
      });
      expect(decodeData(golden.data, COMMIT_DATA)).toEqual({ ok: true, value: commitData(golden.app, changes) });
      const { text, problem } = commitText(read.template, golden.app, changes);
      expect([text, problem?.phase, problem?.message]).toEqual([golden.expect, golden.phase, golden.error]);
      if (problem) expect(text).toBe(fallbackText(golden.app));
    });
  }
});
