import { describe, expect, test } from 'vitest';
import { known } from '../../../test/policy.ts';
import { parseLabelSelector } from '../applications/label-selector.ts';
import { parseGoGlob } from '../deciding/go-glob.ts';
import { grantTo, type HandoffRule, mayMove } from './rules.ts';

const ISSUER = { url: 'https://gitlab.example.com', kind: 'gitlab' } as const;
const CLAIMS = { project_id: '42', pipeline_id: '7', ref_protected: 'true', pipeline_source: 'push' };

function rule(more: Partial<HandoffRule> = {}, ...names: readonly string[]): HandoffRule {
  return {
    issuer: ISSUER.url,
    claims: { project_id: '42', ref_protected: 'true' },
    pullRequests: false,
    bodyOrder: false,
    names: names.map((name) => known(parseGoGlob(name))),
    labels: [],
    ...more,
  };
}

describe('a rule grants', () => {
  for (const [why, claims, more, expected] of [
    ['what it names', CLAIMS, {}, true],
    ['nothing to another project', { ...CLAIMS, project_id: '43' }, {}, false],
    ['nothing on a branch that is not protected', { ...CLAIMS, ref_protected: 'false' }, {}, false],
    ['nothing to a token without the claim', { project_id: '42' }, {}, false],
    ['nothing to another issuer', CLAIMS, { issuer: 'https://gitlab.com' }, false],
    ['nothing to merge requests', { ...CLAIMS, pipeline_source: 'merge_request_event' }, {}, false],
    [
      'to merge requests, if it says so',
      { ...CLAIMS, pipeline_source: 'merge_request_event' },
      { pullRequests: true },
      true,
    ],
    ['nothing for a claim of every object', CLAIMS, { claims: { constructor: '' } }, false],
  ] as const) {
    test(why, () => expect(grantTo({ issuer: ISSUER, claims }, [rule(more)]).rules.length > 0).toBe(expected));
  }

  test('the order that the token says', () => {
    const { order } = grantTo({ issuer: ISSUER, claims: CLAIMS }, [rule()]);
    expect(order).toEqual({ scope: 'gitlab-id:gitlab.example.com/42', number: 7 });
  });

  test("an order of the pipeline's own only where a rule allows that", () => {
    const [strict, trusting] = [rule(), rule({ bodyOrder: true })];
    const pipeline = { issuer: ISSUER, claims: CLAIMS };
    expect(grantTo(pipeline, [strict], 3)).toEqual({ rules: [], order: undefined });
    const order = { scope: 'handoff:gitlab.example.com/42', number: 3 };
    expect(grantTo(pipeline, [strict, trusting], 3)).toEqual({ rules: [trusting], order });
  });

  test('an order within what a rule knows of an issuer without words of its own', () => {
    const claims = { repository: 'b', branch: 'main' };
    const pipeline = { issuer: { ...ISSUER, kind: 'generic' }, claims: { ...claims, actor: 'jane' } } as const;
    const { order } = grantTo(pipeline, [rule({ claims, bodyOrder: true })], 3);
    expect(order).toEqual({ scope: 'handoff:gitlab.example.com/b/main', number: 3 });
  });
});

describe('Applications that may be moved', () => {
  const shop = { namespace: 'argocd', name: 'shop-staging', labels: { team: 'shop' } };
  for (const [why, rules, expected] of [
    ['by name', [rule({}, 'argocd/shop-staging')], true],
    ['by a glob', [rule({}, 'argocd/shop-*')], true],
    ['one of several names', [rule({}, 'argocd/blog', 'argocd/shop-*')], true],
    ['one of several rules', [rule({}, 'argocd/blog'), rule({}, 'argocd/shop-*')], true],
    ['not of another name', [rule({}, 'argocd/blog')], false],
    ['not of another namespace', [rule({}, 'apps/shop-*')], false],
    ['a star stops at the slash', [rule({}, '*')], false],
    ['by labels', [rule({ labels: known(parseLabelSelector('team=shop')) })], true],
    ['not by half of it', [rule({ labels: known(parseLabelSelector('team=shop')) }, 'argocd/blog')], false],
    ['none without a rule', [], false],
  ] as const) {
    test(why, () => expect(mayMove(rules, shop)).toBe(expected));
  }
});
