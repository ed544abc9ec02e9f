import { describe, expect, test } from 'vitest';
import { auditCredentials, type CredentialFacts, type CredentialUse, type SecretFact } from './credential-audit.ts';

const DAY_MS = 86_400_000;
const NOW = 1_800_000_000_000;

function use(different: Partial<CredentialUse>): CredentialUse {
  return {
    purpose: 'registry',
    credential: 'Secret shop/ghcr, field auth',
    secret: 'shop/ghcr',
    application: 'argocd/shop',
    registry: 'ghcr.io',
    url: 'https://ghcr.io',
    expiry: undefined,
    problem: undefined,
    ...different,
  };
}

function secret(different: Partial<SecretFact>): SecretFact {
  return { id: 'shop/ghcr', createdMs: NOW - 100 * DAY_MS, purpose: 'registry', expiry: undefined, ...different };
}

function audit(facts: Partial<CredentialFacts>, maxAgeMs?: number) {
  return auditCredentials({ uses: [], secrets: [], referred: new Set(), outcomes: [], ...facts }, NOW, maxAgeMs);
}

test('a credential is one row, however many use it', () => {
  const rows = audit({
    uses: [use({ application: 'argocd/web' }), use({}), use({}), use({ registry: 'quay.io', url: 'https://quay.io' })],
  });
  expect(rows).toMatchObject([
    { isUsed: true, applications: ['argocd/shop', 'argocd/web'], registries: ['ghcr.io', 'quay.io'], repoURLs: [] },
  ]);
});

describe('last success and failure', () => {
  const { credential } = use({});
  const failed = (atMs: number, code = 'REGISTRY_UNAUTHORIZED') => ({ atMs, code });
  const outcomes = [
    { credential, host: 'ghcr.io', lastSuccessMs: 1_000, lastFailure: failed(3_000) },
    { credential, host: 'quay.io', lastSuccessMs: 2_000, lastFailure: failed(2_500, 'CREDENTIALS_INVALID') },
    { credential: 'variable GHCR', host: 'ghcr.io', lastSuccessMs: 9_000, lastFailure: undefined },
  ];

  test('are the latest of all hosts', () => {
    expect(audit({ uses: [use({})], outcomes })).toMatchObject([
      {
        lastSuccess: { host: 'quay.io', atMs: 2_000 },
        lastFailure: { host: 'ghcr.io', atMs: 3_000, code: 'REGISTRY_UNAUTHORIZED' },
      },
    ]);
  });

  for (const [what, facts] of [
    ['of a credential that no cycle has used', { uses: [use({ credential: 'variable NEW' })] }],
    ['of Git, where a password may have the same name', { uses: [use({ purpose: 'git' })] }],
    ['of a Secret that nothing uses', { secrets: [secret({})] }],
  ] as const) {
    test(`are not known ${what}`, () => {
      expect(audit({ ...facts, outcomes })).toMatchObject([{ lastSuccess: undefined, lastFailure: undefined }]);
    });
  }
});

describe('age', () => {
  for (const [what, createdMs, maxAgeMs, ageMs, isTooOld] of [
    ['older', NOW - 100 * DAY_MS, 90 * DAY_MS, 100 * DAY_MS, true],
    ['as old', NOW - 90 * DAY_MS, 90 * DAY_MS, 90 * DAY_MS, false],
    ['any age will do', NOW - 100 * DAY_MS, undefined, 100 * DAY_MS, false],
    ['not known', undefined, 1, undefined, false],
    ['a clock that goes wrong', NOW + DAY_MS, 1, 0, false],
  ] as const) {
    test(what, () => {
      for (const uses of [[use({})], []]) {
        expect(audit({ uses, secrets: [secret({ createdMs })] }, maxAgeMs)).toMatchObject([{ ageMs, isTooOld }]);
      }
    });
  }
});

describe('unused', () => {
  for (const [what, facts, expected] of [
    ['a Secret that nothing uses', { secrets: [secret({})] }, ['Secret shop/ghcr']],
    ['one that is used', { uses: [use({})], secrets: [secret({})] }, []],
    ['one that may be used', { secrets: [secret({})], referred: new Set(['shop/ghcr']) }, []],
    ['one that need not be a credential', { secrets: [secret({ purpose: undefined })] }, []],
  ] as const) {
    test(what, () => {
      const unused = audit(facts).filter(({ isUsed }) => !isUsed);
      expect(unused.map(({ credential }) => credential)).toEqual(expected);
    });
  }
});

describe('plain HTTP', () => {
  for (const [url, expected] of [
    ['https://registry.example.com', []],
    ['http://registry.example.com', ['http://registry.example.com']],
    ['http://127.0.0.1:5000', []],
    ['http://localhost:5000', []],
    ['HTTP://Registry.example.com', ['HTTP://Registry.example.com']],
    ['git@git.example.com:acme/deploy.git', []],
  ] as const) {
    test(url, () => expect(audit({ uses: [use({ url })] })).toMatchObject([{ plainHttp: expected }]));
  }

  test('a password in the repoURL is left out', () => {
    const [row] = audit({ uses: [use({ purpose: 'git', url: 'http://bot:hunter2@git.example.com/a.git' })] });
    expect([row?.repoURLs, row?.plainHttp]).toEqual([
      ['http://git.example.com/a.git'],
      ['http://git.example.com/a.git'],
    ]);
  });
});

test('of several ends the first counts', () => {
  const ends = [NOW + DAY_MS, NOW, NOW + 2 * DAY_MS].map((atMs) => use({ expiry: { kind: 'jwt', atMs } }));
  expect(audit({ uses: ends })).toMatchObject([{ expiry: { kind: 'jwt', atMs: NOW }, isExpired: true }]);
});
