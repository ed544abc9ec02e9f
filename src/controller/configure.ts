import { isDeepStrictEqual } from 'node:util';
import { hasImageList, keyOf, keyPath, SETTINGS } from '../config/annotations/annotation-keys.ts';
import { type AnnotationSettings, readAnnotations } from '../config/annotations/annotations.ts';
import { applyClaim } from '../config/image-updater/apply.ts';
import { readImageUpdaters } from '../config/image-updater/read.ts';
import { type Claim, claimsOn, describeClaim, reasonAgainst } from '../config/image-updater/select.ts';
import type { ReadImages, WrittenImage } from '../config/read-images.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import type { Problem } from '../core/failure.ts';
import type { ImageUpdaterObject } from '../core/objects/image-updater-object.ts';
import { formatImageName } from '../core/reference.ts';
import type { PolicyOrigin, TrackedImage } from '../core/tracked-image.ts';
import type { Applications } from '../ports/application-source.ts';
import { conflictsBetween } from './claim-conflicts.ts';
import { type FailedImage, identify, itemObject } from './items.ts';
import { type KnownProjects, permissionProblem } from './permission.ts';

export interface ConfigurationSettings extends AnnotationSettings {
  /**
   * Whether annotations count where no ImageUpdater asks for them: `auto` is `always` as upstream 0.x as long as there
   * is no ImageUpdater, and `never` as upstream 1.x from then on.
   */
  readonly annotations: 'auto' | 'always' | 'never';
}

/** An Application's configuration, read: the images to go on with, and what stands in the way of others. */
export interface Configured {
  readonly images: readonly TrackedImage[];
  readonly failedImages: readonly FailedImage[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** ... with the settings as they stand, for who judges them by themselves. */
export interface ReadConfigured extends Configured {
  /** Every image, also those that failed. */
  readonly written: readonly WrittenImage[];
}

export interface Configuration<Each extends Configured = Configured> {
  /** One for each Application, in their order. */
  readonly configured: readonly Each[];
  /** What is wrong with the ImageUpdaters themselves. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

type ConfigurationInput = Rules & Pick<Applications, 'applications'>;

/** What Applications are configured by, beside themselves. */
type Rules = Pick<Applications, 'imageUpdaters' | 'hasOtherUpdaters'> & KnownProjects;

/** The one place that knows which front end an Application is configured by. */
export function resolveConfiguration(
  input: ConfigurationInput,
  settings: ConfigurationSettings,
): Configuration<ReadConfigured> {
  return resolverBy(input, settings, (configured) => configured)(input.applications);
}

/**
 * The same for who resolves again and again: an Application is read anew only when it, or what it is configured by, has
 * changed. An Application that is another object counts as changed. Of each only what a cycle needs is kept.
 */
export function openResolver(settings: ConfigurationSettings): (input: ConfigurationInput) => Configuration {
  let last: { readonly basis: unknown; readonly resolve: Resolve<Configured> } | undefined;
  return (input) => {
    const { applications, imageUpdaters, hasOtherUpdaters, projects, hasAllProjects } = input;
    const basis = [imageUpdaters.map(withoutState), hasOtherUpdaters, projects, hasAllProjects];
    if (!last || !isDeepStrictEqual(last.basis, basis)) {
      last = { basis, resolve: resolverBy(input, settings, withoutWritten) };
    }
    return last.resolve(applications);
  };
}

type Resolve<Each extends Configured> = (applications: readonly Application[]) => Configuration<Each>;

/** There are thousands of these: lists have no room to spare, and empty ones are one. */
function withoutWritten({ images, failedImages, failures, warnings }: ReadConfigured): Configured {
  return {
    images: trimmed(images),
    failedImages: trimmed(failedImages),
    failures: trimmed(failures),
    warnings: trimmed(warnings),
  };
}

const NONE: readonly never[] = [];

function trimmed<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list.slice();
}

/** What becomes of an ImageUpdater is no rule. */
function withoutState({ live: _, ...updater }: ImageUpdaterObject): ImageUpdaterObject {
  return updater;
}

function resolverBy<Each extends Configured>(
  rules: Rules,
  settings: ConfigurationSettings,
  keep: (configured: ReadConfigured) => Each,
): Resolve<Each> {
  const { imageUpdaters, hasOtherUpdaters = false } = rules;
  const { updaters, failures, warnings } = readImageUpdaters(imageUpdaters);
  const everyAnnotated = readsEveryAnnotated(settings, updaters.length > 0 || hasOtherUpdaters);
  const resolve = (application: Application) => {
    const claims = claimsOn(application, updaters);
    const configured = configureOne(application, claims, everyAnnotated, settings);
    // Only where there are several can they be at odds.
    const rivals = claims.length > 1 ? claims : NONE;
    return { application, claims: rivals, configured: keep(permitted(configured, rules)) };
  };
  const known = new WeakMap<Application, ReturnType<typeof resolve>>();
  return (applications) => {
    const resolved = applications.map((application) => known.getOrInsertComputed(application, resolve));
    return {
      configured: resolved.map(({ configured }) => configured),
      failures,
      warnings: [...warnings, ...conflictsBetween(resolved)],
    };
  };
}

function configureOne(
  application: Application,
  [winner, ...losers]: readonly Claim[],
  everyAnnotated: boolean,
  settings: ConfigurationSettings,
): ReadConfigured {
  if (winner) return configureByClaim(application, winner, losers, settings);
  return everyAnnotated ? configureByAnnotations(application, settings) : leaveAlone(application);
}

/** An ImageUpdater that is not watched counts as one: to watch less must not let more be written. */
function readsEveryAnnotated({ annotations }: ConfigurationSettings, hasUpdaters: boolean): boolean {
  return annotations === 'always' || (annotations === 'auto' && !hasUpdaters);
}

/** Nobody's image goes on to a repository that its project does not allow: it would be written with Argo CD's rights. */
function permitted(configured: ReadConfigured, projects: KnownProjects): ReadConfigured {
  const judged = configured.images.map((tracked) => ({ tracked, problem: permissionProblem(tracked, projects) }));
  return {
    ...configured,
    images: judged.flatMap(({ tracked, problem }) => (problem ? [] : [tracked])),
    failedImages: [
      ...configured.failedImages,
      ...judged.flatMap(({ tracked, problem }) => {
        const identity = identify(tracked);
        return problem ? [{ identity, problem: { object: itemObject(identity), ...problem } }] : [];
      }),
    ],
  };
}

function configureByClaim(
  application: Application,
  winner: Claim,
  losers: readonly Claim[],
  settings: AnnotationSettings,
): ReadConfigured {
  const origin = soleOrigins.getOrInsertComputed(winner.ref, () => originOf(winner, []));
  const read = applyClaim(application, winner, settings);
  return withOrigin(application, read, losers.length === 0 ? origin : originOf(winner, losers));
}

/** What all Applications that a reference alone selects have in common. */
const soleOrigins = new WeakMap<Claim['ref'], PolicyOrigin>();

function originOf(winner: Claim, losers: readonly Claim[]): PolicyOrigin {
  const passedOver = losers.map((loser) => ({ rule: describeClaim(loser), reason: reasonAgainst(loser, winner) }));
  const { namespace, name } = winner.updater;
  return { rule: describeClaim(winner), updater: { namespace, name }, passedOver };
}

const ANNOTATIONS: PolicyOrigin = { rule: "the Application's annotations", passedOver: [] };

function configureByAnnotations(application: Application, settings: AnnotationSettings): ReadConfigured {
  return withOrigin(application, readAnnotations(application, settings), ANNOTATIONS);
}

/** Annotated, but selected by no ImageUpdater: as upstream 1.x not ours, which an author may not expect. */
function leaveAlone(application: Application): ReadConfigured {
  const warning: Problem = {
    code: 'SETTING_UNUSED',
    object: applicationId(application),
    message: 'its annotations are not read, because no ImageUpdater selects it with useAnnotations',
    fix: 'add a reference with useAnnotations: true, or use --annotations always',
    location: {
      path: keyPath(keyOf(SETTINGS.imageList)),
      ...(application.origin ? { origin: application.origin } : {}),
    },
  };
  const warnings = hasImageList(application.annotations) ? [warning] : [];
  return { images: [], failedImages: [], failures: [], warnings, written: [] };
}

function withOrigin(
  application: Application,
  { images, failedImages, failures, warnings, written }: ReadImages,
  policyOrigin: PolicyOrigin,
): ReadConfigured {
  return {
    images: images.map((image) => ({ ...image, policyOrigin })),
    failures,
    warnings,
    written,
    failedImages: failedImages.map(({ alias, image, strategy, problem }) => ({
      identity: {
        application: applicationId(application),
        alias,
        image: formatImageName(image),
        strategy,
        policy: policyOrigin,
      },
      problem,
    })),
  };
}
