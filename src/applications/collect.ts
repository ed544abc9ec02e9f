import { type AppProject, withScopedRepositories } from '../core/applications/app-project.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import type { Problem } from '../core/failure.ts';
import { nearest } from '../core/nearest.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import type { KeyValueObject } from '../core/objects/key-value-object.ts';
import { parseAppProject } from '../core/objects/parse-app-project.ts';
import { parseApplication } from '../core/objects/parse-application.ts';
import { parseImageUpdater } from '../core/objects/parse-image-updater.ts';
import { parseConfigMap, parseSecret } from '../core/objects/parse-key-values.ts';
import { mappingAt, textAt } from '../core/untyped.ts';
import type { Applications } from '../ports/application-source.ts';
import type { Inputs } from './read-inputs.ts';
import { isTemplate, type Manifest, type Manifests } from './read-manifests.ts';

/** What one manifest is to us. */
type Read =
  | { readonly kind: 'application'; readonly place: string; readonly application: Application }
  | { readonly kind: 'project'; readonly project: AppProject }
  | { readonly kind: 'imageUpdater'; readonly imageUpdater: ImageUpdaterObject }
  | { readonly kind: 'secret'; readonly secret: KeyValueObject }
  | { readonly kind: 'configMap'; readonly configMap: KeyValueObject }
  | { readonly kind: 'failure'; readonly problem: Problem }
  | { readonly kind: 'warning'; readonly problem: Problem };

/** The kinds that are looked at, by "group/Kind"; all others are passed over. */
const KINDS: Readonly<Record<string, (manifest: Manifest, argocdNamespace: string) => readonly Read[]>> = {
  'argoproj.io/Application': readApplication,
  'argoproj.io/ApplicationSet': readApplicationSet,
  'argoproj.io/AppProject': readProject,
  'argocd-image-updater.argoproj.io/ImageUpdater': readImageUpdater,
  // With a slip in `kind` or `apiVersion`, which must not make the object vanish.
  'argocd-image-updater.argoproj.io/': readImageUpdater,
  '/ImageUpdater': readImageUpdater,
  '/Secret': readSecret,
  '/ConfigMap': readConfigMap,
};

/**
 * The Applications, AppProjects and ImageUpdaters among the manifests, and the Secrets and ConfigMaps that something
 * may refer to.
 * An Application that is there twice is left out: which one is meant, nobody can tell.
 */
function collect(manifests: readonly Manifest[], argocdNamespace: string): Applications {
  const reads = manifests.flatMap((manifest) => KINDS[manifest.groupKind]?.(manifest, argocdNamespace) ?? []);
  const found = reads.filter((read) => read.kind === 'application');
  const imageUpdaters = reads.filter((read) => read.kind === 'imageUpdater').map(({ imageUpdater }) => imageUpdater);
  const given = manifests.filter(({ groupKind }) => KINDS[groupKind] === readImageUpdater).length;
  const projects = reads.filter((read) => read.kind === 'project').map(({ project }) => project);
  const secrets = reads.filter((read) => read.kind === 'secret').map(({ secret }) => secret);
  const places = Map.groupBy(found, ({ application }) => applicationId(application));
  return {
    applications: found
      .map(({ application }) => application)
      .filter((application) => places.get(applicationId(application))?.length === 1),
    imageUpdaters,
    ...(imageUpdaters.length < given ? { hasOtherUpdaters: true } : {}),
    projects: withScopedRepositories(projects, secrets, argocdNamespace),
    secrets,
    configMaps: reads.filter((read) => read.kind === 'configMap').map(({ configMap }) => configMap),
    failures: [
      ...reads.filter((read) => read.kind === 'failure').map(({ problem }) => problem),
      ...[...places].filter(([, same]) => same.length > 1).map(([id, same]) => duplicate(id, same)),
    ],
    warnings: reads.filter((read) => read.kind === 'warning').map(({ problem }) => problem),
  };
}

/** What was read of all inputs, with what could not be read. */
export function collectInputs(files: Inputs, contents: readonly Manifests[], argocdNamespace: string): Applications {
  const collected = collect(
    contents.flatMap(({ manifests }) => manifests),
    argocdNamespace,
  );
  return {
    ...collected,
    failures: [...files.failures, ...contents.flatMap(({ failures }) => failures), ...collected.failures],
    warnings: [...files.warnings, ...contents.flatMap(({ warnings }) => warnings), ...collected.warnings],
  };
}

function readApplication(manifest: Manifest, argocdNamespace: string): readonly Read[] {
  const application = parseApplication(manifest.object, argocdNamespace);
  if (application.ok && !isTemplated(application.value)) {
    const { origin, place } = manifest;
    return [{ kind: 'application', place, application: { ...application.value, origin } }];
  }
  if (application.ok || isTemplate(JSON.stringify(manifest.object))) {
    const message = `the Application in ${manifest.place} is a template, which is not read`;
    const fix = 'give what it renders to instead: helm template ... | tiphys plan -f -';
    return [warning({ code: 'APPLICATION_INVALID', object: manifest.place, message, fix })];
  }
  const message = `${application.problem} (in ${manifest.place})`;
  const fix = 'correct the manifest; Argo CD would refuse it too';
  const location = { origin: manifest.origin, path: [] };
  return [
    { kind: 'failure', problem: { code: 'APPLICATION_INVALID', object: nameOf(manifest), message, fix, location } },
  ];
}

/** What Helm fills in. */
const HELM_ACTION = /\{\{-?\s*(?:\.Values|\.Release|\.Chart|include|template|toYaml|if|range|\$)/;
/** The part of it that is no action of upstream's templates of branch names. */
const HELM_DATA = /\{\{-?\s*(?:\.Values|\.Release|\.Chart|include|toYaml)/;

function isTemplated({ annotations, sources }: Application): boolean {
  const places = sources.flatMap(({ repoURL, path, chart, targetRevision }) => [repoURL, path, chart, targetRevision]);
  return (
    places.some((text) => text !== undefined && isTemplate(text)) ||
    Object.entries(annotations).some(([key, text]) =>
      (key.endsWith('/git-branch') ? HELM_DATA : HELM_ACTION).test(text),
    )
  );
}

function readApplicationSet(manifest: Manifest): readonly Read[] {
  return [
    warning({
      code: 'APPLICATION_SET',
      object: nameOf(manifest),
      message: `the ApplicationSet in ${manifest.place} is not expanded: its Applications are made in the cluster`,
      fix: 'kubectl get applications -A -o yaml | tiphys plan -f -',
    }),
  ];
}

/** Argo CD heeds those in its own namespace alone. */
function readProject(manifest: Manifest, argocdNamespace: string): readonly Read[] {
  const read = parseAppProject(manifest.object, argocdNamespace);
  if (!read.ok) return [notUsable(manifest, read.problem)];
  const { namespace, ...project } = read.value;
  return namespace === argocdNamespace ? [{ kind: 'project', project }] : [];
}

function readImageUpdater(manifest: Manifest, argocdNamespace: string): readonly Read[] {
  const { object, origin, place } = manifest;
  if (isTemplate(JSON.stringify(mappingAt(object, 'metadata')))) {
    const message = `the ImageUpdater in ${place} is a template, which is not read`;
    const fix = 'give what it renders to instead: helm template ... | tiphys plan -f -';
    return [warning({ code: 'CONFIG_INVALID', object: place, message, fix })];
  }
  const read = parseImageUpdater(object, argocdNamespace);
  if (read.ok) return [{ kind: 'imageUpdater', imageUpdater: { ...read.value, origin } }, ...unknownFields(manifest)];
  const message = `${read.problem} (in ${place})`;
  const fix = 'correct the manifest; the API server would refuse it too';
  const location = { origin, path: [] };
  return [
    ...unknownFields(manifest),
    {
      kind: 'failure',
      problem: { code: 'CONFIG_INVALID', object: `ImageUpdater ${nameOf(manifest)}`, message, fix, location },
    },
  ];
}

const FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** Slips in the fields of the root: without `spec` or `metadata` an object is empty, which alone would not say why. */
function unknownFields(manifest: Manifest): readonly Read[] {
  const { object, origin } = manifest;
  const unknown = Object.keys(object).filter((key) => !FIELDS.includes(key));
  return unknown.map((key): Read => {
    const meant = nearest(
      key,
      FIELDS.filter((field) => !Object.hasOwn(object, field)),
    );
    const problem: Problem = {
      code: 'CONFIG_UNKNOWN_KEY',
      object: `ImageUpdater ${nameOf(manifest)}`,
      message: `${key}: there is no such field`,
      fix: meant === undefined ? 'remove it' : `write ${meant}`,
      location: { origin, path: [key] },
    };
    return { kind: 'failure', problem };
  });
}

function readSecret(manifest: Manifest, argocdNamespace: string): readonly Read[] {
  const read = parseSecret(manifest.object, argocdNamespace);
  if (!read.ok) return [notUsable(manifest, read.problem)];
  const secret: Read = { kind: 'secret', secret: { ...read.value.secret, origin: manifest.origin } };
  if (read.value.undecodable.length === 0) return [secret];
  return [secret, notUsable(manifest, `data is not base64 under ${read.value.undecodable.join(', ')}`)];
}

function readConfigMap(manifest: Manifest, argocdNamespace: string): readonly Read[] {
  const configMap = parseConfigMap(manifest.object, argocdNamespace);
  if (!configMap.ok) return [notUsable(manifest, configMap.problem)];
  return [{ kind: 'configMap', configMap: { ...configMap.value, origin: manifest.origin } }];
}

function notUsable(manifest: Manifest, problem: string): Read {
  const fix = 'correct it if an image or a repository refers to it';
  return warning({ code: 'INPUT_UNREADABLE', object: manifest.place, message: `is not used: ${problem}`, fix });
}

function warning(problem: Problem): Read {
  return { kind: 'warning', problem };
}

/** "argocd/shop" as far as the manifest says, else where it is. */
function nameOf({ object, place }: Manifest): string {
  const metadata = mappingAt(object, 'metadata');
  const name = textAt(metadata, 'name');
  return name ? [textAt(metadata, 'namespace'), name].filter(Boolean).join('/') : place;
}

function duplicate(id: string, same: readonly (Read & { readonly kind: 'application' })[]): Problem {
  const origin = same.at(-1)?.application.origin;
  return {
    code: 'APPLICATION_INVALID',
    object: id,
    message: `the Application is given ${same.length} times: ${same.map(({ place }) => place).join(', ')}`,
    fix: 'give it once',
    ...(origin ? { location: { origin, path: [] } } : {}),
  };
}
