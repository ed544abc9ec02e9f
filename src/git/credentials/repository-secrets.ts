import type { KeyValueObject } from '../../core/objects/key-value-object.ts';
import { normalizeRepoURL } from '../../core/repo-url.ts';
import type { BranchRef } from '../../ports/git.ts';
import type { RepositorySecret } from './credential.ts';
import { credentialKinds } from './index.ts';
import { checkBooleans, isGiven, nameOf } from './secret-fields.ts';

const SECRET_TYPE = 'argocd.argoproj.io/secret-type';

/** The Secrets by which Argo CD pushes, and those by which it reads; each with its templates. */
const FAMILIES = [
  { repository: 'repository-write', template: 'repo-write-creds' },
  { repository: 'repository', template: 'repo-creds' },
] as const;

interface Place {
  readonly secrets: readonly KeyValueObject[];
  readonly argocdNamespace: string;
}

/**
 * What Argo CD's Secrets say about a repository: those for writing when they hold a credential, else those for
 * reading; undefined when none is for it. One credential reads and pushes, so that what is pushed is made of what
 * its owner may see.
 * @throws {Failure} CREDENTIALS_INVALID for a boolean that is none
 * @see reference argocd, 3.2
 */
export function findRepositorySecret(
  ref: Pick<BranchRef, 'repoURL' | 'project'>,
  place: Place,
): RepositorySecret | undefined {
  const found = FAMILIES.map((family) => findInFamily(ref, place, family)).filter((secret) => secret !== undefined);
  return found.find(({ data }) => holdsCredential(data)) ?? found[0];
}

function findInFamily(
  { repoURL, project }: Pick<BranchRef, 'repoURL' | 'project'>,
  { secrets, argocdNamespace }: Place,
  types: (typeof FAMILIES)[number],
): RepositorySecret | undefined {
  const wanted = normalizeRepoURL(repoURL);
  const urlOf = ({ data }: KeyValueObject) => normalizeRepoURL(data['url'] ?? '');
  const ofType = (type: string) => secrets.filter((secret) => isOfType(secret, type, argocdNamespace));
  const same = ofType(types.repository).filter((secret) => urlOf(secret) === wanted);
  const repository =
    same.find(({ data }) => data['project'] === project) ?? same.find(({ data }) => (data['project'] ?? '') === '');
  if (repository !== undefined) checkBooleans(repository);
  if (repository !== undefined && holdsCredential(repository.data)) return plain(repository);
  const [template] = ofType(types.template)
    .filter((secret) => isPathPrefix(urlOf(secret), wanted))
    .sort((a, b) => urlOf(b).length - urlOf(a).length);
  if (template === undefined) return repository && plain(repository);
  checkBooleans(template);
  return repository === undefined ? inherit({}, template) : inherit(repository.data, template);
}

function plain(secret: KeyValueObject): RepositorySecret {
  return { source: nameOf(secret), data: secret.data, isArgocds: true };
}

/** Argo CD takes these from the template whatever the repository says. */
const OVERRIDDEN = ['enableOCI', 'insecureOCIForceHttp', 'forceHttpBasicAuth', 'useAzureWorkloadIdentity'];
/** Templates have none: what is switched off is said of one repository. */
const NOT_INHERITED = ['insecure', 'insecureIgnoreHostKey', 'url', 'name', 'project'];

function inherit(own: KeyValueObject['data'], template: KeyValueObject): RepositorySecret {
  const given = Object.entries(template.data).filter(([key]) => !NOT_INHERITED.includes(key));
  const kept = Object.entries(own).filter(([key, value]) => value !== '' && !OVERRIDDEN.includes(key));
  return { source: nameOf(template), data: Object.fromEntries([...given, ...kept]), isArgocds: true };
}

/** Whether Argo CD would take it for the credential of some Git repository. */
export function isArgocdCredential(secret: KeyValueObject, argocdNamespace: string): boolean {
  const types = FAMILIES.flatMap(({ repository, template }) => [repository, template]);
  return types.some((type) => isOfType(secret, type, argocdNamespace)) && holdsCredential(secret.data);
}

function isOfType({ namespace, labels, data }: KeyValueObject, type: string, argocdNamespace: string): boolean {
  return namespace === argocdNamespace && labels[SECRET_TYPE] === type && ['git', ''].includes(data['type'] ?? '');
}

/** Whether Argo CD takes it for a credential, usable or not. */
export function holdsCredential(data: KeyValueObject['data']): boolean {
  return credentialKinds.some(({ keys }) => keys.some((key) => isGiven(data, key)));
}

/** Our only difference from Argo CD: a template matches up to a "/", never in the middle of a name. */
function isPathPrefix(prefix: string, url: string): boolean {
  if (prefix === '') return false;
  return url === prefix || url.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);
}
