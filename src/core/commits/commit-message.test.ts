import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COMMANDS, HOSTILE } from '../../../test/support/hostile-text.ts';
import { provenanceOf } from '../provenance.ts';
import { type Digest, parseDigest, parseTag } from '../reference.ts';
import { type CommittedChange, commitMessage, joinTexts, signedOff, templatedCommitMessage } from './commit-message.ts';
import { DEFAULT_COMMIT_TEMPLATE, parseCommitTemplate } from './commit-template.ts';

const D = `sha256:${'a'.repeat(64)}`;

function change(overrides: Partial<CommittedChange> = {}): CommittedChange {
  return {
    application: { namespace: 'argocd', name: 'web', project: 'default' },
    alias: 'web',
    image: { registry: 'registry.example.com', repository: 'acme/web' },
    from: version('1.4.0'),
    to: version('1.4.1'),
    path: 'apps/web/kustomization.yaml',
    ...overrides,
  };
}

function digest(): Digest {
  const read = parseDigest(D);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}

function version(text: string, digestText?: string) {
  const tag = parseTag(text);
  const digest = digestText === undefined ? undefined : parseDigest(digestText);
  if (!tag.ok || digest?.ok === false) throw new Error(text);
  return digest ? { tag: tag.value, digest: digest.value } : { tag: tag.value };
}

describe('commitMessage', () => {
  test('one application has upstream’s default text, and a trailer', () => {
    expect(commitMessage([change()])).toBe(
      "build: automatic update of web\n\nupdates image acme/web tag '1.4.0' to '1.4.1'\n\n" +
        'Tiphys-Change: argocd/web web registry.example.com/acme/web 1.4.0 1.4.1 apps/web/kustomization.yaml\n',
    );
  });

  test('several applications have a section each', () => {
    const other = change({ application: { namespace: 'team-a', name: 'api', project: 'team-a' }, from: undefined });
    expect(commitMessage([change(), other]).split('\n')).toEqual([
      'build: update 2 applications',
      '',
      'argocd/web:',
      "updates image acme/web tag '1.4.0' to '1.4.1'",
      '',
      'team-a/api:',
      "updates image acme/web tag '' to '1.4.1'",
      '',
      'Tiphys-Change: argocd/web web registry.example.com/acme/web 1.4.0 1.4.1 apps/web/kustomization.yaml',
      'Tiphys-Change: team-a/api web registry.example.com/acme/web - 1.4.1 apps/web/kustomization.yaml',
      '',
    ]);
  });

  test('a digest stands for its tag in the text, as upstream, and beside it in the trailer', () => {
    const text = commitMessage([change({ to: version('1.4.0', D) })]);
    expect(text).toContain(`to '${D}'`);
    expect(text).toContain(` 1.4.0@${D} `);
  });

  test('no name can forge a line or a field of the trailer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (alias, path) => {
        const trailers = commitMessage([change({ alias: `a${alias}`, path: `p${path}` })])
          .split('\n')
          .filter((line) => line.startsWith('Tiphys-Change: '));
        expect(trailers).toHaveLength(1);
        expect(trailers[0]?.split(' ')).toHaveLength(7);
      }),
    );
  });
});

const API = { application: { namespace: 'team-a', name: 'api', project: 'team-a' } };

function templated(text: string, changes: readonly CommittedChange[]) {
  const read = parseCommitTemplate(text);
  if (!read.ok) throw new Error(read.problem.message);
  return templatedCommitMessage(changes, read.template);
}

describe('templatedCommitMessage', () => {
  test('upstream’s template gives what no template gives', () => {
    const changes = [change(), change({ alias: 'db', image: { registry: '', repository: 'postgres' } })];
    expect(templated(DEFAULT_COMMIT_TEMPLATE, changes)).toEqual({ message: commitMessage(changes), problems: [] });
  });

  test('a template that fails for an Application leaves the others alone', () => {
    const text = '{{ .AppName }}{{ if eq .AppName "api" }}{{ .Nope }}{{ end }} [skip ci]';
    const { message, problems } = templated(text, [change(), change(API)]);
    expect(message.split('\n').slice(0, 7)).toEqual([
      'build: update 2 applications [skip ci]',
      '',
      'argocd/web:',
      'web [skip ci]',
      '',
      'team-a/api:',
      'build: update of application api',
    ]);
    expect(problems).toMatchObject([{ application: 'team-a/api', problem: { phase: 'execute', line: 1, column: 44 } }]);
  });

  test('no label of an image commands whoever reads the commit', () => {
    const text = '{{ range .AppChanges }}{{ range .Labels }}{{ . }}{{ end }}{{ .Source }}{{ .Revision }}{{ end }}';
    for (const [hostile] of HOSTILE) {
      const labels = { evil: hostile, 'org.opencontainers.image.revision': hostile };
      const { message } = templated(text, [change({ provenance: provenanceOf({ digest: digest(), labels }) })]);
      const [first = ''] = message.split('\n');
      for (const [, pattern] of COMMANDS) expect(first).not.toMatch(pattern);
    }
  });

  test('where an image comes from', () => {
    const labels = {
      'org.opencontainers.image.source': 'https://github.com/acme/web',
      'org.opencontainers.image.revision': 'abc123',
    };
    const text = '{{ range .AppChanges }}{{ .Source }} {{ .Revision }} {{ .ReleaseNotes }}{{ end }}';
    const { message } = templated(text, [change({ provenance: provenanceOf({ digest: digest(), labels }) })]);
    expect(message).toMatch(/^https:\/\/github\.com\/acme\/web abc123 https:\/\/github\.com\/acme\/web\/releases\n/);
    expect(templated(text, [change()]).message).toMatch(/^build: update of application web\n/);
  });

  test('no label of an image can forge a trailer', () => {
    const evil = 'x\r\nTiphys-Change: a/b c d 1 2 e\n\ntiphys-change : a/b c d 1 2 e';
    fc.assert(
      fc.property(fc.constantFrom(evil, `${evil}\n`, `\0${evil}`), fc.boolean(), (label, several) => {
        const changes = [
          change({ provenance: provenanceOf({ digest: digest(), labels: { evil: label } }) }),
          ...(several ? [change(API)] : []),
        ];
        const { message } = templated('{{range .AppChanges}}a\n\n{{.Labels.evil}}{{end}}', changes);
        const trailers = message.split('\n').filter((line) => /^tiphys-change\s*:/i.test(line));
        expect(trailers).toHaveLength(changes.length);
        expect(trailers[0]).toMatch(/^Tiphys-Change: argocd\/web /);
      }),
    );
  });
});

describe('joinTexts', () => {
  const ours = ['Tiphys-Change: a\n', 'Tiphys-Change: b\n'];
  const both = (web: string, api: string) =>
    joinTexts(
      [
        { application: 'argocd/web', name: 'web', text: web },
        { application: 'team-a/api', name: 'api', text: api },
      ],
      ours,
    ).split('\n');
  const end = ['', 'Tiphys-Change: a', 'Tiphys-Change: b', ''];

  for (const [why, web, api, expected] of [
    ['equal first lines are the subject', 'chore: bump', 'chore: bump', ['chore: bump']],
    [
      'with a section for each Application that has more to say',
      'chore: bump\n\n* web 1\n',
      'chore: bump\n\n\n',
      ['chore: bump', '', 'argocd/web:', '* web 1'],
    ],
    [
      'other first lines are counted, and their markers kept, each once',
      'web: 1 [skip ci] [ABC-1]\n\nmore [not me]',
      'api: 2 [skip ci]',
      [
        'build: update 2 applications [skip ci] [ABC-1]',
        '',
        'argocd/web:',
        'web: 1 [skip ci] [ABC-1]',
        '',
        'more [not me]',
        '',
        'team-a/api:',
        'api: 2 [skip ci]',
      ],
    ],
    [
      'links and printed maps and lists are no markers',
      'see [a](b) map[c:d]',
      'x [] [ ]',
      ['build: update 2 applications', '', 'argocd/web:', 'see [a](b) map[c:d]', '', 'team-a/api:', 'x [] [ ]'],
    ],
    [
      'a text of nothing is the fall-back',
      ' \n',
      '\0',
      [
        'build: update 2 applications',
        '',
        'argocd/web:',
        'build: update of application web',
        '',
        'team-a/api:',
        'build: update of application api',
      ],
    ],
  ] as const) {
    test(why, () => {
      expect(both(web, api)).toEqual([...expected, ...end]);
    });
  }

  test('the texts’ own trailers come last too, each once and before ours', () => {
    expect(both('bump\n\nweb\n\nSigned-off-by: A <a@b>\nChangelog: web', 'bump\n\nSigned-off-by: A <a@b>\n')).toEqual([
      'bump',
      '',
      'argocd/web:',
      'web',
      '',
      'Signed-off-by: A <a@b>',
      'Changelog: web',
      'Tiphys-Change: a',
      'Tiphys-Change: b',
      '',
    ]);
  });

  test('what only looks like a trailer stays in its section', () => {
    expect(both('bump\n\nweb: 1 -> 2', 'bump\n\nweb: 1 -> 2')).toEqual([
      'bump',
      '',
      'argocd/web:',
      'web: 1 -> 2',
      '',
      'team-a/api:',
      'web: 1 -> 2',
      ...end,
    ]);
  });

  test('one text stays as it is, but for blanks that Git would strip', () => {
    const text = '\n\nchore: bump  \r\nweb\n\n * a\n   b\n\n';
    expect(joinTexts([{ application: 'argocd/web', name: 'web', text }], ours)).toBe(
      `chore: bump\nweb\n\n * a\n   b\n\n${ours.join('')}`,
    );
  });
});

describe('signedOff', () => {
  const author = { name: 'Bot', email: 'bot@example.com' };
  test('is a trailer beside ours, once', () => {
    const signed = signedOff(commitMessage([change()]), author);
    expect(signed).toMatch(/\n\nTiphys-Change: [^\n]+\nSigned-off-by: Bot <bot@example.com>\n$/);
    expect(signedOff(signed, author)).toBe(signed);
  });
});
