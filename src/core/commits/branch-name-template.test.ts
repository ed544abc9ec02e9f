import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goldenCases } from '../../../test/golden/golden.ts';
import { decodeData } from '../go-template/data.ts';
import { parseImageIdentifier } from '../reference.ts';
import {
  BRANCH_DATA,
  branchData,
  branchName,
  parseBranchTemplate,
  type RenderedBranch,
} from './branch-name-template.ts';
import type { TemplateChange } from './template-change.ts';

const WEB: TemplateChange = { image: 'acme/web', alias: 'web', oldTag: '1.4.0', newTag: '1.4.1', labels: {} };

function render(text: string, changes: readonly TemplateChange[] = [WEB]): RenderedBranch {
  const read = parseBranchTemplate(text);
  return read.ok ? branchName(read.template, branchData(changes)) : { kind: 'failed', problem: read.problem };
}

describe('branchName', () => {
  for (const [text, name, why] of [
    ['image-updater{{range .Images}}-{{.Name}}-{{.NewTag}}{{end}}', 'image-updater-acme/web-1.4.1', 'the images'],
    ['iu/{{(index .Images 0).Alias}}/{{(index .Images 0).OldTag}}', 'iu/web/1.4.0', 'alias and old tag'],
    ['{{.SHA256}}', '6d1f426be1e659cf92931607f9cc829f3a78dd634bd968384fd20da9bd4dd861', 'R2 2.6'],
    ['a{{.AppNamespace}}{{.AppName}}{{.TargetKey}}', 'a', 'these are always empty'],
    ['x'.repeat(300), 'x'.repeat(255), 'cut at 255 bytes'],
    [`${'x'.repeat(254)}ü`, 'x'.repeat(254), 'but never inside a character'],
    [`${'x'.repeat(252)}\u{1f600}`, 'x'.repeat(252), 'however many bytes that has'],
    ['ü'.repeat(200), 'ü'.repeat(127), 'and bytes are what counts'],
  ] as const) {
    test(`${text.slice(0, 60)} gives ${name.slice(0, 64)}: ${why}`, () => {
      expect(render(text)).toEqual({ kind: 'named', name });
    });
  }

  test('the order of the changes makes another hash, alias and labels do not', () => {
    const api = { ...WEB, image: 'acme/api' };
    expect(render('{{.SHA256}}', [WEB, api])).not.toEqual(render('{{.SHA256}}', [api, WEB]));
    expect(render('{{.SHA256}}', [{ ...WEB, alias: 'x', labels: { a: 'b' } }])).toEqual(render('{{.SHA256}}'));
  });

  test('no text is no name', () => {
    expect(render('{{.AppName}}')).toEqual({ kind: 'empty' });
  });

  for (const [text, phase, message] of [
    ['iu-{{.SHA256', 'parse', 'template: branchName:1: unclosed action'],
    [
      'iu-{{.Sha256}}',
      'execute',
      'template: branchName:1:5: executing "branchName" at <.Sha256>: ' +
        "can't evaluate field Sha256 in type argocd.branchNameTemplate",
    ],
  ] as const) {
    test(`${text} gives no name: ${phase}`, () => {
      expect(render(text)).toMatchObject({ kind: 'failed', problem: { phase, message } });
    });
  }

  test('a name has at most 255 bytes, all of the text or as much as fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }), (text) => {
        const rendered = render('{{(index .Images 0).NewTag}}', [{ ...WEB, newTag: text }]);
        const name = rendered.kind === 'named' ? rendered.name : '';
        expect(text.startsWith(name)).toBe(true);
        const [next = ''] = text.slice(name.length);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        if (next !== '') expect(Buffer.byteLength(name + next)).toBeGreaterThan(255);
      }),
    );
  });
});

interface GoldenCase {
  readonly kind: 'commit-message' | 'branch';
  readonly template: string;
  readonly changes: readonly {
    readonly image: string;
    readonly oldTag: { readonly name: string; readonly digest?: string };
    readonly newTag: { readonly name: string; readonly digest?: string };
  }[];
  readonly data: unknown;
  readonly expect: string;
  readonly error?: string;
  readonly defect?: string;
}

describe(`golden templates of branch names`, () => {
  const cases = goldenCases<GoldenCase>('templates.jsonl');
  for (const golden of cases.filter(({ kind, defect }) => kind === 'branch' && defect === undefined)) {
    test(`${golden.template.slice(0, 100)} for ${golden.changes.length} changes`, () => {
      const changes = golden.changes.map(({ image, oldTag, newTag }): TemplateChange => {
        const { repository, alias = '' } = parseImageIdentifier(image);
        const [from, to] = [oldTag.digest ?? oldTag.name, newTag.digest ?? newTag.name];
        return { image: repository, alias, oldTag: from, newTag: to, labels: {} };
      });
      expect(decodeData(golden.data, BRANCH_DATA)).toEqual({ ok: true, value: branchData(changes) });
      const rendered = render(golden.template, changes);
      expect(rendered.kind === 'named' ? rendered.name : '').toBe(golden.expect);
      if (golden.error) expect(rendered).toMatchObject({ kind: 'failed', problem: { message: golden.error } });
    });
  }
});
