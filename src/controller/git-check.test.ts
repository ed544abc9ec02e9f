import { describe, expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import { isWritable } from '../core/git-check.ts';
import type { BranchRules } from '../ports/forge.ts';
import type { HttpAccess } from '../ports/git.ts';
import { checkGit, type GitCheckParts } from './git-check.ts';

const SIGNAL = new AbortController().signal;
const BRANCH = { repoURL: 'https://bot:hidden@git.example.com/acme/deploy', branch: '', project: 'default' };
const ACCESS: HttpAccess = { source: 'x', authorization: { kind: 'none' }, isInsecure: false };
const OPEN: BranchRules = { canWrite: true, isProtected: false, needsSignature: false };

interface Given {
  readonly unnamed?: boolean;
  readonly unreadable?: boolean;
  readonly pushRefused?: boolean;
  readonly noForge?: boolean;
  readonly rules?: Partial<Record<keyof BranchRules, boolean | undefined>>;
  readonly isSigning?: boolean;
  readonly isApp?: boolean;
}

function parts({ unnamed, unreadable, pushRefused, noForge, rules, isSigning = false, isApp }: Given): GitCheckParts {
  const failing = (code: 'GIT_UNAUTHORIZED' | 'FORGE_UNKNOWN', message: string) =>
    Promise.reject(new Failure(code, message, { fix: `see ${BRANCH.repoURL}` }));
  return {
    isSigning,
    appsCommitThroughApi: true,
    git: {
      open: async () =>
        unreadable
          ? failing('GIT_UNAUTHORIZED', `not let in at ${BRANCH.repoURL}`)
          : { commit: 'c'.repeat(40), branch: 'main', paths: [], read: async () => undefined },
      tryPush: async () => (pushRefused ? failing('GIT_UNAUTHORIZED', 'may only read') : undefined),
      credentialName: () => {
        if (unnamed) throw new Failure('CREDENTIALS_INVALID', 'there is no Secret argocd/none', { fix: 'give it' });
        return 'the Secret argocd/deploy';
      },
      access: async () => (isApp ? { ...ACCESS, authorization: { kind: 'github-app', token: 't' } } : ACCESS),
    },
    forges: {
      open: async () => {
        if (noForge) return await failing('FORGE_UNKNOWN', 'no forge there');
        const never = () => expect.unreachable();
        return {
          kind: 'gitea',
          mostBody: 1,
          pullRequests: { find: never, save: never, close: never },
          merging: { merge: never },
          branches: { rules: async () => ({ ...OPEN, ...rules }) },
        };
      },
    },
  };
}

async function answers(given: Given) {
  const check = await checkGit(BRANCH, parts(given), SIGNAL);
  const said = check.answers.map(({ answer, isObstacle }) => `${answer}${isObstacle ? '!' : ''}`).join(' ');
  return { check, said };
}

describe('checkGit answers: can read, can push, is protected, needs signature', () => {
  for (const [what, given, expected] of [
    ['an open branch', {}, 'yes yes no no'],
    ['no way in', { unreadable: true }, 'no! no! unknown unknown'],
    ['a credential that only reads', { pushRefused: true }, 'yes no! no no'],
    ['the forge knows that it only reads', { rules: { canWrite: false } }, 'yes no! no no'],
    ['a protected branch, which a dry run passes', { rules: { isProtected: true } }, 'yes yes yes! no'],
    ['signatures are wanted', { rules: { needsSignature: true } }, 'yes yes no yes!'],
    ['signatures are wanted and given', { rules: { needsSignature: true }, isSigning: true }, 'yes yes no yes'],
    [
      'signatures are wanted, and GitHub gives them',
      { rules: { needsSignature: true }, isApp: true },
      'yes yes no yes',
    ],
    [
      'a forge that does not tell',
      { rules: { canWrite: undefined, isProtected: undefined, needsSignature: undefined } },
      'yes yes unknown unknown',
    ],
    ['no forge that is known', { noForge: true }, 'yes yes unknown unknown'],
  ] as const satisfies readonly (readonly [string, Given, string])[]) {
    test(what, async () => {
      const { check, said } = await answers(given);
      expect(said).toBe(expected);
      expect(isWritable(check)).toBe(!expected.includes('!'));
      expect(
        check.answers.every(({ isObstacle, answer, fix }) => (isObstacle || answer === 'unknown') === (fix !== null)),
      ).toBe(true);
    });
  }

  test('tells of a credential that cannot be chosen, instead of ending there', async () => {
    const { check } = await answers({ unnamed: true, unreadable: true });
    expect(check).toMatchObject({ credential: null, answers: [{ answer: 'no', isObstacle: true }, {}, {}, {}] });
  });

  test('names branch, forge and credential, and shows no password', async () => {
    const { check } = await answers({ unreadable: true });
    expect(JSON.stringify(check)).not.toContain('hidden');
    expect((await answers({})).check).toMatchObject({
      repoURL: 'https://git.example.com/acme/deploy',
      branch: 'main',
      credential: 'the Secret argocd/deploy',
      forge: 'gitea',
    });
  });
});
