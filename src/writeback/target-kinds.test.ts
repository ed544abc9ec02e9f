import { describe, expect, test } from 'vitest';
import { targetImage, wantedImage } from '../../test/support/target-images.ts';
import { Failure } from '../core/failure.ts';
import type { TargetImage } from '../core/target.ts';
import { targetKinds } from './index.ts';

const WEB = 'registry.example.com/acme/web';

/** What a file of each kind looks like that states one image and one version. A new kind gets its line here. */
const EXAMPLES: Record<string, { readonly text: (version: string) => string; readonly tool: TargetImage['tool'] }> = {
  kustomization: { text: (version) => `images:\n- name: ${WEB}\n  newTag: ${version} # keep\n`, tool: 'Kustomize' },
  helmvalues: { text: (version) => `image:\n  tag: ${version} # keep\n`, tool: 'Helm' },
  'argocd-source': {
    text: (version) =>
      `helm:\n  parameters:\n  - name: image.tag\n    value: ${version} # keep\n    forcestring: true\n`,
    tool: 'Helm',
  },
};

for (const kind of targetKinds) {
  describe(`target ${kind.id}`, () => {
    const { text, tool } = EXAMPLES[kind.id] ?? { text: () => '', tool: 'Helm' };
    const more = { tool };
    const open = (content: string | undefined) => kind.open(content, 'a/file.yaml');

    test('reads what it states', () => {
      expect(open(text('1.0.0')).read(targetImage(WEB, more))).toEqual({ tag: '1.0.0' });
    });

    for (const [what, form] of [
      ['as it is', (content: string) => content],
      ['with CRLF', (content: string) => content.replaceAll('\n', '\r\n')],
      ['with mixed line ends', (content: string) => content.replace('\n', '\r\n')],
      ['with a byte order mark', (content: string) => `\ufeff${content}`],
      ['without final line break', (content: string) => content.trimEnd()],
      ['behind a marker and comments', (content: string) => `# head\n\n---\n${content}`],
      ['before another document', (content: string) => `${content}---\n${content}`],
      ['with trailing blanks and lines', (content: string) => `${content.replaceAll('\n', '  \n')}\n\n# end`],
    ] as const) {
      test(`edits a file ${what}, changing the version alone`, () => {
        const before = form(text('1.0.0'));
        const edited = open(before).edit([wantedImage(WEB, '1.1.0', more)]);
        expect(edited).toEqual({ text: before.replace('1.0.0', '1.1.0'), problems: new Map() });
      });
    }

    for (const version of ['1.10', '1e3', 'true', 'on', 'y', '2024-01-01', '012', '0x1f', '1_000', 'null', 'latest']) {
      test(`writes the tag ${version} so that it is text, and reads it back`, () => {
        const wanted = wantedImage(WEB, version, more);
        const edited = open(text('1.0.0')).edit([wanted]);
        expect(edited.text).toBe(text(version === 'latest' ? version : JSON.stringify(version)));
        expect(open(edited.text).read(wanted)).toEqual(wanted.version);
        expect(open(edited.text).edit([wanted]).text).toBe(edited.text);
      });
    }

    test('an edit of nothing changes nothing', () => {
      expect(open(text('1.0.0')).edit([])).toEqual({ text: text('1.0.0'), problems: new Map() });
      expect(open(text('1.0.0')).edit([wantedImage(WEB, '1.0.0', more)]).text).toBe(text('1.0.0'));
    });

    test('a missing file is made, or is a failure', () => {
      try {
        const edited = open(undefined).edit([wantedImage(WEB, '1.1.0', more)]);
        expect(open(edited.text).read(targetImage(WEB, more))).toEqual({ tag: '1.1.0' });
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(error).toMatchObject({ code: 'TARGET_NOT_FOUND' });
      }
    });

    for (const [what, content] of [
      ['broken YAML', 'images: [\n'],
      ['a list', '- a\n- b\n'],
      ['a plain text', 'hello\n'],
      ['tabs', 'a:\n\t- b\n'],
      ['nesting without end', '['.repeat(50_000)],
    ] as const) {
      test(`${what} is unreadable, and the problem quotes nothing of it`, () => {
        expect(() => open(content)).toThrow(expect.objectContaining({ code: 'TARGET_UNREADABLE' }));
      });
    }

    test('many aliases of aliases cost no time', () => {
      const bomb = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]\n`).join('');
      const before = `a0: &a0 x\n${bomb}${text('1.0.0')}`;
      expect(open(before).edit([wantedImage(WEB, '1.1.0', more)]).text).toBe(before.replace('1.0.0', '1.1.0'));
    });
  });
}

test('every kind has its example, and every example its kind', () => {
  expect(targetKinds.map(({ id }) => id).sort()).toEqual(Object.keys(EXAMPLES).sort());
});
