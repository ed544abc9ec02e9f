import { shortBranch } from '../core/commits/branch-name.ts';
import { parseBranchTemplate } from '../core/commits/branch-name-template.ts';
import type { PullRequestSetting } from '../core/pull-requests/pull-request.ts';
import { parseTargetSetting } from '../core/target-path.ts';
import type { TargetSetting, WriteBack } from '../core/tracked-image.ts';
import { readPullRequest, refuseUnasked, type WrittenPullRequest } from './pull-request.ts';
import { type Checked, checked, type Remark, refused, remarksOf } from './remark.ts';
import { bad, type Written } from './written.ts';

/** Where a front end says that versions are written. */
export interface WrittenWriteBack {
  /** How this front end calls the method, for who has to write it. */
  readonly methodKey: string;
  readonly method?: Written | undefined;
  readonly target?: Written | undefined;
  readonly branch?: Written | undefined;
  readonly repository?: Written | undefined;
  /** Of each level, from the nearest to the outermost. */
  readonly pullRequest: readonly WrittenPullRequest[];
}

export interface WriteBackContext {
  /** The Application's, which is the only one whose Secrets count. */
  readonly namespace: string;
  /** The method where none is named; upstream's is `argocd`. */
  readonly fallback: WriteBack['method'] | undefined;
  /** Whether Applications can be written themselves, which `argocd` needs; not those of files. */
  readonly reachesApplications: boolean;
}

/** Reads where versions are written (reference part 2, 2.1, 2.2, 2.6). */
export function readWriteBack(written: WrittenWriteBack, context: WriteBackContext): Checked<WriteBack> {
  const method = readMethod(written, context);
  if (method.ok && method.value.method === 'argocd') return readApplication(written);
  const target = readTarget(written.target);
  const branch = readBranch(written.branch);
  const pullRequest = readPullRequest(written.pullRequest);
  const beside = refuseBeside(written, branch, pullRequest);
  if (!method.ok || !target.ok || !branch.ok || !pullRequest.ok || !beside.ok) {
    return refused(...remarksOf([method, target, branch, pullRequest, beside]));
  }
  const repoURL = written.repository?.value;
  return checked({
    ...method.value,
    ...branch.value,
    ...(repoURL ? { repoURL } : {}),
    target: target.value,
    ...(pullRequest.value ? { pullRequest: pullRequest.value } : {}),
  });
}

/** What is said of Git plays no part, as upstream; but what shall be proposed must not be written at once. */
function readApplication({ pullRequest: levels, methodKey }: WrittenWriteBack): Checked<WriteBack> {
  const pullRequest = readPullRequest(levels);
  if (!pullRequest.ok) return pullRequest;
  const asked = levels.find(({ forge }) => forge !== undefined)?.forge;
  if (pullRequest.value && asked) {
    const problem = 'a change of the Application itself cannot be proposed by a pull request';
    return bad(asked, problem, `set ${methodKey}: git, or remove the pull request`);
  }
  return checked(TO_APPLICATION);
}

const TO_APPLICATION: WriteBack = { method: 'argocd', target: { kind: 'application' } };

type Method = Pick<WriteBack, 'method' | 'secret'>;

function readMethod(
  { method: written, methodKey }: WrittenWriteBack,
  { namespace, fallback, reachesApplications }: WriteBackContext,
): Checked<Method> {
  if (!written) {
    const method = fallback ?? 'argocd';
    if (method === 'git' || reachesApplications) return checked({ method });
    return refused({ ...needsCluster('no write-back method is set: argocd', methodKey), scope: 'application' });
  }
  if (written.value === 'argocd') {
    if (reachesApplications) return checked({ method: 'argocd' });
    const { path, scope } = written;
    return refused({ ...needsCluster(`${written.key}: argocd`, methodKey), scope, path });
  }
  const [method, kind, ...rest] = written.value.split(':');
  if (method !== 'git') return bad(written, `there is no write-back method "${method}"`, METHODS);
  if (kind === undefined || (kind === 'repocreds' && rest.length === 0)) return checked({ method });
  if (kind !== 'secret') return bad(written, `git credentials cannot come from "${kind}"`, METHODS);
  return readSecret(written, rest.join(':'), namespace);
}

const METHODS = 'write argocd, git, git:repocreds or git:secret:[namespace/]name';

/** `[namespace/]name`; the namespace is the Application's, so that nobody writes with somebody else's credentials. */
function readSecret(written: Written, text: string, namespace: string): Checked<Method> {
  const [, givenNamespace, name] = /^(?:([a-z0-9-]+)\/)?([a-z0-9.-]+)$/.exec(text) ?? [];
  if (name === undefined) return bad(written, `"${text}" does not name a Secret`, METHODS);
  if (givenNamespace !== undefined && givenNamespace !== namespace) {
    const problem = `the Secret is in namespace ${givenNamespace}, the Application in ${namespace}`;
    return bad(written, problem, `create the Secret in ${namespace}, and name it there`);
  }
  return checked({ method: 'git', secret: `${namespace}/${name}` });
}

function needsCluster(what: string, methodKey: string): Omit<Remark, 'scope' | 'path'> {
  return {
    code: 'WRITE_BACK_UNSUPPORTED',
    message: `${what} writes to the Application itself, and that of a file is in no cluster`,
    fix: `leave out -f to use a cluster, or set ${methodKey}: git; where none is set, --write-back git does it for all`,
  };
}

function readTarget(written: Written | undefined): Checked<TargetSetting> {
  if (!written?.value) return checked({ kind: 'argocd-source' });
  const target = parseTargetSetting(written.value);
  if (target.ok) return target;
  const fix = 'write kustomization[:folder] or helmvalues[:file], or remove it for the override file';
  return bad(written, target.problem, fix);
}

type Branches = Pick<WriteBack, 'branch' | 'writeBranch' | 'writeBranchTemplate'>;

/** `base` or `base:write`, of which the second part may be a template; a template cannot have a colon, as upstream. */
function readBranch(written: Written | undefined): Checked<Branches> {
  if (!written) return checked({});
  const [branch = '', write = '', ...more] = written.value.split(':').map((part) => part.trim());
  if (more.length > 0) return bad(written, `"${written.value}" has more than one colon`, 'write base, or base:write');
  if (branch.includes('{{')) {
    return bad(written, 'the branch that is read cannot be a template', 'write base:template, or :template');
  }
  const base = branch ? { branch: shortBranch(branch) } : {};
  if (!write.includes('{{')) return checked({ ...base, ...(write ? { writeBranch: shortBranch(write) } : {}) });
  const template = parseBranchTemplate(write);
  if (template.ok) return checked({ ...base, writeBranchTemplate: template.template });
  return bad(
    written,
    template.problem.message,
    'correct the template; tiphys template --kind branch shows what it gives',
  );
}

/** A pull request's branch is ours alone, so that nobody may name one that others use; a template names it by versions. */
function refuseBeside(
  { branch: written, pullRequest: levels }: WrittenWriteBack,
  branch: Checked<Branches>,
  pullRequest: Checked<PullRequestSetting | undefined>,
): Checked<undefined> {
  if (!pullRequest.ok) return checked(undefined);
  if (!pullRequest.value) return refuseUnasked(levels);
  if (!written || !branch.ok || branch.value.writeBranch === undefined) return checked(undefined);
  const fix = 'write the base branch alone: the branch of a pull request gets a name of its own';
  return bad(written, 'a pull request cannot come from a branch that others write to', fix);
}
