import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CommittedChange, commitMessage } from './commit-message.ts';
import { parseDigest, parseTag } from './reference.ts';

const D = `sha256:${'a'.repeat(64)}`;

function change(overrides: Partial<CommittedChange> = {}): CommittedChange {
  return {
    application: { namespace: 'argocd', name: 'web' },
    alias: 'web',
    image: { registry: 'registry.example.com', repository: 'acme/web' },
    from: version('1.4.0'),
    to: version('1.4.1'),
    path: 'apps/web/kustomization.yaml',
    ...overrides,
  };
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
    const other = change({ application: { namespace: 'team-a', name: 'api' }, from: undefined });
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
