import { type Application, applicationId } from '../../core/applications/application.ts';
import type { Problem } from '../../core/failure.ts';
import { parseGoBoolean } from '../../core/go-boolean.ts';
import type { Migration, MigrationNote } from '../../core/migration.ts';
import { withoutCredentials } from '../../core/redact.ts';
import { formatImageName } from '../../core/reference.ts';
import type { TargetKeys, TrackedImage } from '../../core/tracked-image.ts';
import { findStrategy } from '../../strategies/index.ts';
import { type Annotations, findOwn, keyOf, SETTINGS } from '../annotations/annotation-keys.ts';
import { type AnnotationSettings, readAnnotations } from '../annotations/annotations.ts';
import { type ListedImage, parseImageList } from '../annotations/image-list.ts';
import type { ImageSpec, ManifestTargets, UpdateSettings } from '../image-updater/definition.ts';
import type { WrittenPolicy } from '../policy.ts';
import type { WrittenWriteBack } from '../write-back.ts';
import type { Written } from '../written.ts';
import { aliasesFor } from './alias.ts';
import { type ExactRef, type FlatWriteBack, manifestsOf, settingsBlock } from './manifest.ts';

/** Nothing is filled in: what annotations leave to the command line, an ImageUpdater leaves to it too. */
const NOTHING_FILLED_IN: AnnotationSettings = { defaultPlatforms: [], writeBackDefault: 'git' };

/**
 * The ImageUpdaters that mean the same as the annotations of some Applications: one object for each namespace, with one
 * reference by exact name for each Application. An image with a mistake is left out and reported, as it is when
 * annotations are read; the others go on.
 * @param name of the objects
 */
export function migrateAnnotations(applications: readonly Application[], name: string): Migration {
  const read = applications.map(migrateApplication);
  return {
    manifests: manifestsOf(read, name),
    sketch: [],
    failures: read.flatMap(({ failures }) => failures),
    notes: read.flatMap(({ notes }) => notes),
  };
}

interface MigratedApplication {
  readonly application: Application;
  /** Without images when there is none to translate. */
  readonly ref: ExactRef;
  readonly failures: readonly Problem[];
  readonly notes: readonly MigrationNote[];
}

function migrateApplication(application: Application): MigratedApplication {
  const { annotations, name } = application;
  const read = readAnnotations(withoutCluster(application), NOTHING_FILLED_IN);
  const listed = parseImageList(findOwn(annotations, SETTINGS.imageList, undefined)?.value ?? '').images;
  const aliases = aliasesFor(listed, ownAliases(annotations));
  const images = read.written.flatMap(({ tracked, policy }, index): MigratedImage[] => {
    const [entry, alias] = [listed[index], aliases[index]];
    return tracked && entry && alias !== undefined ? [{ alias, listed: entry, tracked, policy }] : [];
  });
  const [first] = read.written;
  return {
    application,
    ref: {
      name,
      common: Object.assign({}, ...images.map((image) => settingsOf(application, image, 'application'))),
      writeBack: first ? flatWriteBack(first.writeBack, annotations) : {},
      images: images.map((image) => imageSpec(application, image)),
    },
    failures: read.failures,
    notes: [
      ...images.flatMap((image) => notesOnImage(application, image)),
      ...read.warnings
        .filter(({ code }) => code !== 'CONFIG_DEPRECATED')
        .map(({ object, message }) => ({ object, message })),
      ...(images.length > 0 ? [...notesOnOwnKeys(application), ...notesOnCredentials(application)] : []),
    ],
  };
}

/** The Application as it is judged: that the method `argocd` comes with a later release is no mistake of its author. */
function withoutCluster(application: Application): Application {
  const key = keyOf(SETTINGS.writeBackMethod);
  const method = findOwn(application.annotations, SETTINGS.writeBackMethod, undefined)?.value;
  if (method !== 'argocd') return application;
  return { ...application, annotations: { ...application.annotations, [key]: 'git' } };
}

interface MigratedImage {
  readonly alias: string;
  readonly listed: ListedImage;
  readonly tracked: TrackedImage;
  readonly policy: WrittenPolicy;
}

function imageSpec(application: Application, image: MigratedImage): ImageSpec {
  const { alias, listed, tracked } = image;
  const constraint = listed.constraint === undefined ? '' : `:${listed.constraint}`;
  return {
    alias,
    imageName: `${formatImageName(tracked.image)}${constraint}`,
    ...settingsBlock(settingsOf(application, image, 'image')),
    ...manifestTargets(tracked.keys),
  };
}

/** What an image takes from its own annotations, or from those of the whole Application. */
function settingsOf(application: Application, image: MigratedImage, scope: Written['scope']): UpdateSettings {
  const { strategy, allowTags, ignoreTags, platforms, pullSecret } = image.policy;
  const at = <T>(written: Written<T> | undefined): T | undefined =>
    written?.scope === scope ? written.value : undefined;
  const named = at(strategy);
  const force = at(findForceUpdate(application.annotations, image.listed.keyAlias));
  const flag = force === undefined ? undefined : parseGoBoolean(force);
  const settings = {
    updateStrategy: named === undefined ? undefined : (findStrategy(named)?.strategy.id ?? named),
    forceUpdate: flag?.ok ? flag.value : undefined,
    allowTags: at(allowTags),
    // The image's own empty list takes the Application's away.
    ignoreTags: scope === 'image' ? at(ignoreTags) : unlessEmpty(at(ignoreTags)),
    pullSecret: at(pullSecret),
    platforms: unlessEmpty(at(platforms)),
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function unlessEmpty(items: readonly string[] | undefined): readonly string[] | undefined {
  return items?.length === 0 ? undefined : items;
}

function findForceUpdate(annotations: Annotations, alias: string | undefined): Written | undefined {
  const own = alias === undefined ? undefined : findOwn(annotations, SETTINGS.forceUpdate, alias);
  return own ?? findOwn(annotations, SETTINGS.forceUpdate, undefined);
}

function manifestTargets({ helmName, helmTag, helmSpec, kustomizeName }: TargetKeys): {
  readonly manifestTargets?: ManifestTargets;
} {
  if (kustomizeName !== undefined) return { manifestTargets: { kustomize: { name: kustomizeName } } };
  const helm = {
    ...(helmName === undefined ? {} : { name: helmName }),
    ...(helmTag === undefined ? {} : { tag: helmTag }),
    ...(helmSpec === undefined ? {} : { spec: helmSpec }),
  };
  return Object.keys(helm).length === 0 ? {} : { manifestTargets: { helm } };
}

/** As it was written, also where the program would read another method today; but a password is not repeated. */
function flatWriteBack({ target, branch, repository }: WrittenWriteBack, annotations: Annotations): FlatWriteBack {
  const texts = {
    method: findOwn(annotations, SETTINGS.writeBackMethod, undefined)?.value,
    repository: repository && withoutCredentials(repository.value),
    branch: branch?.value,
    writeBackTarget: target?.value,
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined && text !== ''));
}

const OWN_KEY = /^tiphys\.dev\/(?:(.+)\.)?(?:suspend|allow-downgrade|source)$/;

function ownKeys(annotations: Annotations): readonly string[] {
  return Object.keys(annotations).filter((key) => OWN_KEY.test(key));
}

/** Aliases that annotations of ours speak of, which count for images of an ImageUpdater too. */
function ownAliases(annotations: Annotations): readonly string[] {
  return ownKeys(annotations).flatMap((key) => OWN_KEY.exec(key)?.[1] ?? []);
}

function notesOnOwnKeys(application: Application): readonly MigrationNote[] {
  const keys = ownKeys(application.annotations);
  if (keys.length === 0) return [];
  return [
    { object: applicationId(application), message: `keep on the Application, where they count: ${keys.join(', ')}` },
  ];
}

function notesOnCredentials(application: Application): readonly MigrationNote[] {
  const url = findOwn(application.annotations, SETTINGS.gitRepository, undefined)?.value ?? '';
  if (withoutCredentials(url) === url) return [];
  const message = 'the credentials in git-repository are left out: keep them in a repository Secret';
  return [{ object: applicationId(application), message }];
}

function notesOnImage(application: Application, { alias, listed, policy }: MigratedImage): readonly MigrationNote[] {
  const messages: string[] = [];
  if (listed.keyAlias === undefined) messages.push(`has no alias, and is called "${alias}"`);
  else if (listed.alias !== alias) {
    messages.push(`the alias is "${alias}" now: an ImageUpdater allows letters, digits, ".", "_" and "-" only`);
  }
  const named = policy.strategy && findStrategy(policy.strategy.value);
  if (policy.strategy && named?.deprecated) {
    messages.push(`the strategy "${policy.strategy.value}" is written "${named.strategy.id}"`);
  }
  if (policy.allowTags?.key.endsWith('.tag-match')) messages.push('tag-match is written allowTags');
  const object = `${applicationId(application)} ${listed.alias}`;
  return messages.map((message) => ({ object, message }));
}
