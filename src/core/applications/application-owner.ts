import type { FieldPath } from '../field-path.ts';
import { formatFieldPath } from '../field-path.ts';
import { formatJsonPointer } from '../json-pointer.ts';
import { idOf } from '../objects/object-key.ts';
import type { EditProblem } from '../target.ts';
import { flagAt, isUntyped, listAt, mappingAt, textAt, textMapAt, textsAt, type Untyped } from '../untyped.ts';

/** Names an object in a namespace. */
interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The ApplicationSet that generates an Application. */
export function generatingSet(application: Untyped): Named | undefined {
  const metadata = mappingAt(application, 'metadata');
  const owner = listAt(metadata, 'ownerReferences')
    .filter(isUntyped)
    .find(
      (reference) => reference['kind'] === 'ApplicationSet' && /^argoproj\.io\//.test(`${reference['apiVersion']}`),
    );
  const name = owner && textAt(owner, 'name');
  return name === undefined ? undefined : { namespace: textAt(metadata, 'namespace') ?? '', name };
}

const SELF = { group: 'argoproj.io', kind: 'Application' } as const;

/**
 * The Application whose sources hold the manifest of this one, as Argo CD's tracking says: by annotation, else by one
 * of the usual labels, which Helm sets as well, so that the other one has to confirm it (`lists`).
 * @see Argo CD, "Resource Tracking"
 */
export function managingApplication(application: Untyped, argocdNamespace: string): Named | undefined {
  const metadata = mappingAt(application, 'metadata');
  const [tracked] = (textMapAt(metadata, 'annotations')['argocd.argoproj.io/tracking-id'] ?? '').split(':');
  const labels = textMapAt(metadata, 'labels');
  const name = tracked || labels['argocd.argoproj.io/instance'] || labels['app.kubernetes.io/instance'];
  if (!name || name === textAt(metadata, 'name')) return undefined;
  // Outside Argo CD's own namespace an Application is called by both its names.
  const [, namespace, own] = /^([^_]+)_(.+)$/.exec(name) ?? [];
  return own === undefined || namespace === undefined ? { namespace: argocdNamespace, name } : { namespace, name: own };
}

/** Why what is written to a field of a generated Application would not last; undefined when nothing speaks against it. */
export function objectionOfSet(set: Untyped, application: Untyped, field: FieldPath): EditProblem | undefined {
  const policy = textAt(mappingAt(mappingAt(set, 'spec'), 'syncPolicy'), 'applicationsSync');
  if (policy === 'create-only' || policy === 'create-delete') return undefined;
  const name = textAt(mappingAt(application, 'metadata'), 'name');
  const ignored = listAt(mappingAt(set, 'spec'), 'ignoreApplicationDifferences')
    .filter(isUntyped)
    .filter((entry) => [undefined, '', name].includes(textAt(entry, 'name')));
  if (ignored.some((entry) => ignores(entry, field))) return undefined;
  return managed(
    `the ApplicationSet ${idOf(set)} generates it, and would set ${formatFieldPath(field)} back`,
    `list ${formatJsonPointer(field)} under jsonPointers of its ignoreApplicationDifferences`,
  );
}

/** The same for an Application of which another one's sources have the manifest. */
export function objectionOfParent(parent: Untyped, application: Untyped, field: FieldPath): EditProblem | undefined {
  const spec = mappingAt(parent, 'spec');
  const automated = mappingAt(mappingAt(spec, 'syncPolicy'), 'automated');
  const isHealing = flagAt(automated, 'selfHeal') && automated['enabled'] !== false;
  if (!isHealing || !lists(parent, application) || !isDeclared(application, field)) return undefined;
  const ignored = listAt(spec, 'ignoreDifferences').filter(isUntyped).filter(isAbout(application));
  if (ignored.some((entry) => ignores(entry, field))) return undefined;
  return managed(
    `the Application ${idOf(parent)} holds its manifest and heals itself, and would set ${formatFieldPath(field)} back`,
    `take the field out of the manifest, or list ${formatJsonPointer(field)} under its ignoreDifferences`,
  );
}

function managed(message: string, fix: string): EditProblem {
  return { code: 'APPLICATION_MANAGED', message, fix: `${fix}; or set write-back-method: git` };
}

/** Whether an Application says itself that it manages the other one. */
function lists(parent: Untyped, application: Untyped): boolean {
  return listAt(mappingAt(parent, 'status'), 'resources').filter(isUntyped).some(isSame(application));
}

function isSame(application: Untyped): (resource: Untyped) => boolean {
  const metadata = mappingAt(application, 'metadata');
  const wanted = { ...SELF, namespace: textAt(metadata, 'namespace'), name: textAt(metadata, 'name') };
  return (resource) => Object.entries(wanted).every(([key, text]) => textAt(resource, key) === text);
}

/** Whether an entry of ignoreDifferences is for the Application; one without a name is for all. */
function isAbout(application: Untyped): (entry: Untyped) => boolean {
  const metadata = mappingAt(application, 'metadata');
  return (entry) =>
    [SELF.group, '*'].includes(textAt(entry, 'group') ?? '') &&
    [SELF.kind, '*'].includes(textAt(entry, 'kind') ?? '') &&
    ['namespace', 'name'].every((key) => [undefined, '', textAt(metadata, key)].includes(textAt(entry, key)));
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Whether the manifest has the field, or a list around it, which is compared as a whole. What the manifest leaves out
 * Argo CD leaves alone. Where no copy of the manifest tells, the field is taken to be the writer's own.
 */
function isDeclared(application: Untyped, field: FieldPath): boolean {
  const text = textMapAt(mappingAt(application, 'metadata'), 'annotations')[LAST_APPLIED];
  let at = text === undefined ? undefined : parsedJson(text);
  for (const step of field) {
    if (Array.isArray(at)) return true;
    if (!isUntyped(at)) return false;
    at = at[step];
  }
  return at !== undefined;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody wrote the annotation by hand; it tells nothing then.
    return undefined;
  }
}

/** Whether a rule about differences takes in the field, something above it, or a part of it. */
function ignores(rule: Untyped, field: FieldPath): boolean {
  const paths = [
    ...textsAt(rule, 'jsonPointers').map(pointerSteps),
    ...textsAt(rule, 'jqPathExpressions').map(jqSteps),
  ];
  return paths.some((path) => path.length > 0 && meets(path, field));
}

function meets(path: readonly string[], field: FieldPath): boolean {
  return path.every((step, index) => index >= field.length || step === EVERY || step === String(field[index]));
}

const EVERY = '[]';

function pointerSteps(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The plain way at the start of a jq expression: ".spec.sources[].helm | select(...)" begins with spec, sources, [], helm. */
function jqSteps(expression: string): readonly string[] {
  const [plain = ''] = /^(?:\.?\["[^"]*"\]|\[\d*\]|\.[A-Za-z_]\w*)*/.exec(expression.trim()) ?? [];
  return [...plain.matchAll(/\["([^"]*)"\]|\[(\d+)\]|(\[\])|\.(\w+)/g)].map(
    ([, quoted, index, every, word]) => quoted ?? index ?? every ?? word ?? '',
  );
}
