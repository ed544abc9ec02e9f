import { describe, expect, test } from 'vitest';
import { grants, type RightsScope, type RightsWanted } from './rights.ts';

const WANTED: RightsWanted = {
  writeBack: 'git',
  gitCredentials: 'secret',
  events: false,
  handoffs: false,
  leases: [],
  secureMetrics: false,
  wellKnown: { configMaps: ['config'], secrets: ['secret'] },
};
const SCOPE: RightsScope = { watched: ['argocd'], argocdNamespace: 'argocd', namespace: 'argocd', secrets: [] };

/** "argocd: applications list,watch" */
function listed(wanted: Partial<RightsWanted> = {}, scope: Partial<RightsScope> = {}): readonly string[] {
  return grants({ ...WANTED, ...wanted }, { ...SCOPE, ...scope }).flatMap(({ namespace, rights }) =>
    rights.map(({ rule: { resources = [], resourceNames = [], verbs } }) => {
      const names = resourceNames.length === 0 ? '' : `(${resourceNames})`;
      return `${namespace ?? '*'}: ${resources}${names} ${verbs}`;
    }),
  );
}

const LEAST = [
  'argocd: applications list,watch',
  'argocd: applications patch',
  'argocd: imageupdaters list,watch',
  'argocd: imageupdaters get,patch',
  'argocd: imageupdaters/status patch',
  'argocd: appprojects list,watch',
  'argocd: configmaps(config) get',
  'argocd: secrets(secret) get',
];

test('the least: no Secret is listed', () => {
  expect(listed()).toEqual(LEAST);
});

describe('more rights for more work', () => {
  for (const [wanted, more] of [
    [{ gitCredentials: 'repocreds' }, ['argocd: secrets list,watch']],
    [{ events: true }, ['argocd: events create']],
    [{ writeBack: 'argocd' }, ['argocd: applications get', 'argocd: applicationsets get']],
    [{ handoffs: true }, ['argocd: applications get']],
    [{ leases: ['a', 'b'] }, ['argocd: leases create', 'argocd: leases(a,b) get,update']],
    [{ secureMetrics: true }, ['*: tokenreviews create', '*: subjectaccessreviews create']],
  ] as readonly (readonly [Partial<RightsWanted>, readonly string[]])[]) {
    test(JSON.stringify(wanted), () => {
      expect(listed(wanted).toSorted()).toEqual([...LEAST, ...more].toSorted());
    });
  }
});

describe('where they are given', () => {
  const at = (rights: readonly string[], text: string) => rights.filter((right) => right.includes(text));

  test('Applications in other namespaces, Argo CD and us in our own', () => {
    const scope = { watched: ['shop', 'blog', 'shop'], namespace: 'tiphys' };
    const rights = listed({ gitCredentials: 'repocreds', leases: ['a'] }, scope);
    expect(at(rights, ' list')).toEqual([
      'shop: applications list,watch',
      'shop: imageupdaters list,watch',
      'blog: applications list,watch',
      'blog: imageupdaters list,watch',
      'argocd: appprojects list,watch',
      'argocd: secrets list,watch',
    ]);
    expect(at(rights, 'leases')).toEqual(['tiphys: leases create', 'tiphys: leases(a) get,update']);
  });

  test('in the whole cluster, though no Secret of it', () => {
    const rights = listed({ gitCredentials: 'repocreds', events: true }, { watched: '*' });
    expect(at(rights, '*:').map((right) => right.split(' ')[1])).not.toContain('secrets');
    expect(rights).toContain('argocd: secrets list,watch');
    expect(rights).toContain('*: events create');
  });

  test('Secrets that are named, by their names', () => {
    const secrets = ['shop/pull', 'shop/git', 'argocd/git', 'shop/pull'].map((text) => {
      const [namespace = '', name = ''] = text.split('/');
      return { namespace, name };
    });
    expect(at(listed({}, { secrets }), 'secrets')).toEqual([
      'argocd: secrets(secret) get',
      'argocd: secrets(git) get',
      'shop: secrets(pull,git) get',
    ]);
  });
});

test('every right says what it is for and what is lost without it', () => {
  const all = {
    gitCredentials: 'repocreds',
    writeBack: 'argocd',
    events: true,
    leases: ['a'],
    secureMetrics: true,
  } as const;
  for (const { rights } of grants({ ...WANTED, ...all }, SCOPE)) {
    for (const { why, without } of rights) expect([why.length > 5, without.length > 10]).toEqual([true, true]);
  }
});
