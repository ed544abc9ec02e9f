import type { Application } from '../core/application.ts';
import { parseTargetSetting } from '../core/target-path.ts';
import type { TargetSetting, WriteBack } from '../core/tracked-image.ts';
import { find, keyOf, SETTINGS } from './annotation-keys.ts';
import { type Checked, checked, type Remark, refused, remarksOf } from './remark.ts';

/**
 * Where an Application's annotations say that versions are written (reference part 2, 2.1, 2.2, 2.6).
 * @param fallback the method of an Application that names none; upstream's is `argocd`, which needs a cluster
 */
export function readWriteBack(application: Application, fallback: 'git' | undefined): Checked<WriteBack> {
  const method = readMethod(application, fallback);
  const target = readTarget(application);
  const branch = readBranch(application);
  if (!method.ok || !target.ok || !branch.ok) return refused(...remarksOf([method, target, branch]));
  const repoURL = find(application.annotations, SETTINGS.gitRepository, undefined)?.text;
  return checked({
    method: 'git',
    ...method.value,
    ...branch.value,
    ...(repoURL === undefined ? {} : { repoURL }),
    target: target.value,
  });
}

function readMethod(application: Application, fallback: 'git' | undefined): Checked<Pick<WriteBack, 'secret'>> {
  const found = find(application.annotations, SETTINGS.writeBackMethod, undefined);
  if (!found) return fallback === 'git' ? checked({}) : refused(needsCluster('no write-back method is set: argocd'));
  if (found.text === 'argocd') return refused(needsCluster(`${found.key}: argocd`));
  const [method, kind, ...rest] = found.text.split(':');
  if (method !== 'git') return refused(badMethod(`${found.key}: there is no write-back method "${method}"`));
  if (kind === undefined || (kind === 'repocreds' && rest.length === 0)) return checked({});
  if (kind !== 'secret') return refused(badMethod(`${found.key}: git credentials cannot come from "${kind}"`));
  return readSecret(application, found.key, rest.join(':'));
}

/** `[namespace/]name`; the namespace is the Application's, so that nobody writes with somebody else's credentials. */
function readSecret({ namespace }: Application, key: string, text: string): Checked<Pick<WriteBack, 'secret'>> {
  const [, givenNamespace, name] = /^(?:([a-z0-9-]+)\/)?([a-z0-9.-]+)$/.exec(text) ?? [];
  if (name === undefined) return refused(badMethod(`${key}: "${text}" does not name a Secret`));
  if (givenNamespace !== undefined && givenNamespace !== namespace) {
    const message = `${key}: the Secret is in namespace ${givenNamespace}, the Application in ${namespace}`;
    return refused(remark('CONFIG_INVALID', message, `create the Secret in ${namespace}, and name it there`));
  }
  return checked({ secret: `${namespace}/${name}` });
}

function needsCluster(what: string): Remark {
  return remark(
    'WRITE_BACK_UNSUPPORTED',
    `${what} writes to the Application in a cluster, which comes with a later release`,
    `set ${keyOf(SETTINGS.writeBackMethod)}: git; where no method is set, the flag --write-back git does it for all`,
  );
}

function badMethod(message: string): Remark {
  return remark('CONFIG_INVALID', message, 'write git, git:repocreds or git:secret:[namespace/]name');
}

function remark(code: Remark['code'], message: string, fix: string): Remark {
  return { code, message, fix, scope: 'application' };
}

function readTarget({ annotations }: Application): Checked<TargetSetting> {
  const found = find(annotations, SETTINGS.writeBackTarget, undefined);
  if (!found) return checked({ kind: 'argocd-source' });
  const target = parseTargetSetting(found.text);
  if (target.ok) return target;
  const fix = 'write kustomization[:folder] or helmvalues[:file], or remove it for the override file';
  return refused(remark('CONFIG_INVALID', `${found.key}: ${target.problem}`, fix));
}

function readBranch({ annotations }: Application): Checked<Pick<WriteBack, 'branch' | 'writeBranch'>> {
  const found = find(annotations, SETTINGS.gitBranch, undefined);
  if (!found) return checked({});
  if (found.text.includes('{{')) {
    const message = `${found.key}: "${found.text}" is a template, which is not read yet`;
    return refused(remark('WRITE_BACK_UNSUPPORTED', message, 'name the branch itself; templates come with step 2'));
  }
  const [branch = '', writeBranch = '', ...more] = found.text.split(':').map((part) => part.trim());
  if (more.length > 0) {
    const message = `${found.key}: "${found.text}" has more than one colon`;
    return refused(remark('CONFIG_INVALID', message, 'write base, or base:write'));
  }
  return checked({ ...(branch ? { branch } : {}), ...(writeBranch ? { writeBranch } : {}) });
}
