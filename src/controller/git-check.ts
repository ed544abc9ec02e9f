import { toProblem } from '../core/failure.ts';
import type { GitAnswer, GitCheck, GitQuestion } from '../core/git-check.ts';
import { redactProblem, shownRepoURL } from '../core/redact.ts';
import type { BranchRules, Forge, Forges } from '../ports/forge.ts';
import type { BranchRef, Git, GitAccess, GitProbe, Tree } from '../ports/git.ts';

export interface GitCheckParts {
  readonly git: Pick<Git, 'open'> & GitAccess & GitProbe;
  readonly forges: Pick<Forges, 'open'>;
  /** Whether a key signs commits. */
  readonly isSigning: boolean;
  /** Whether GitHub makes the commits of Apps, which it signs. */
  readonly appsCommitThroughApi: boolean;
}

/** Looks, without writing anything, at what a push to a branch would meet. A failure is an answer here. */
export async function checkGit(
  branch: BranchRef,
  { git, forges, isSigning, appsCommitThroughApi }: GitCheckParts,
  signal: AbortSignal,
): Promise<GitCheck> {
  const named = await attempt(async () => git.credentialName(branch), signal);
  const read = await attempt(() => git.open(branch, signal), signal);
  const name = branch.writeBranch ?? (read.ok ? read.value.branch : branch.branch || undefined);
  // Whoever may not read may still push, in theory; in practice it is the same obstacle, told once.
  const pushed = read.ok ? await attempt(() => git.tryPush(branch, signal), signal) : read;
  const access = await attempt(() => git.access(branch, signal), signal);
  const forge = access.ok
    ? await attempt(() => forges.open(branch.repoURL, 'auto', access.value, signal), signal)
    : access;
  const isApp = access.ok && access.value.authorization.kind === 'github-app';
  const isSigned = isSigning || (isApp && appsCommitThroughApi);
  const rules = await rulesOf(forge, name, signal);
  return {
    repoURL: shownRepoURL(branch.repoURL),
    branch: name ?? null,
    credential: named.ok ? named.value : null,
    forge: forge.ok ? forge.value.kind : null,
    answers: [readAnswer(read), pushAnswer(pushed, rules), protectedAnswer(rules), signatureAnswer(rules, isSigned)],
  };
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly detail: string; readonly fix: string };

async function attempt<T>(work: () => Promise<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    signal.throwIfAborted();
    const { message, fix } = redactProblem(toProblem('', error));
    return { ok: false, detail: message, fix };
  }
}

function rulesOf(
  forge: Attempt<Forge>,
  branch: string | undefined,
  signal: AbortSignal,
): Promise<Attempt<BranchRules>> {
  return attempt(async () => {
    if (!forge.ok || branch === undefined)
      return { canWrite: undefined, isProtected: undefined, needsSignature: undefined };
    return await forge.value.branches.rules(branch, signal);
  }, signal).then((rules) => (rules.ok && !forge.ok ? forge : rules));
}

function readAnswer(read: Attempt<Tree>): GitAnswer {
  if (!read.ok) return obstacle('can read', 'no', read);
  return plain('can read', 'yes', `${read.value.branch} is at ${read.value.commit.slice(0, 12)}`);
}

/** A dry run ends before hooks and protections, so that its yes is only half of one. */
function pushAnswer(pushed: Attempt<unknown>, rules: Attempt<BranchRules>): GitAnswer {
  if (!pushed.ok) return obstacle('can push', 'no', pushed);
  if (rules.ok && rules.value.canWrite === false) {
    const fix = 'give the credential the right to write to the repository';
    return obstacle('can push', 'no', { detail: 'the forge gives this credential no right to write', fix });
  }
  return plain('can push', 'yes', 'a dry run was let in');
}

function protectedAnswer(rules: Attempt<BranchRules>): GitAnswer {
  if (!rules.ok) return unknown('is protected', rules);
  const { isProtected } = rules.value;
  if (isProtected === undefined) return unknown('is protected', UNTOLD);
  if (!isProtected) return plain('is protected', 'no', '');
  const fix = 'let this user push there, or propose changes: tiphys.dev/pull-request: auto';
  return obstacle('is protected', 'yes', { detail: 'direct pushes are refused', fix });
}

function signatureAnswer(rules: Attempt<BranchRules>, isSigned: boolean): GitAnswer {
  if (!rules.ok) return unknown('needs signature', rules);
  const { needsSignature } = rules.value;
  if (needsSignature === undefined) return unknown('needs signature', UNTOLD);
  if (!needsSignature) return plain('needs signature', 'no', '');
  if (isSigned) return plain('needs signature', 'yes', 'commits are signed; the forge must know the key');
  const fix = 'set --git-commit-signing-key, or for a GitHub App --git-commit-method api';
  return obstacle('needs signature', 'yes', { detail: 'commits are not signed', fix });
}

const UNTOLD = {
  detail: 'the forge does not tell this credential',
  fix: 'give the token the right to read the rules of branches, or look at them in the forge',
};

function plain(question: GitQuestion, answer: GitAnswer['answer'], detail: string): GitAnswer {
  return { question, answer, isObstacle: false, detail, fix: null };
}

function unknown(question: GitQuestion, { detail, fix }: { readonly detail: string; readonly fix: string }): GitAnswer {
  return { question, answer: 'unknown', isObstacle: false, detail, fix };
}

function obstacle(
  question: GitQuestion,
  answer: GitAnswer['answer'],
  { detail, fix }: { readonly detail: string; readonly fix: string },
): GitAnswer {
  return { question, answer, isObstacle: true, detail, fix };
}
