import { isDeepStrictEqual } from 'node:util';
import { hasImageList, keyOf, keyPath, SETTINGS } from '../config/annotations/annotation-keys.ts';
import { type AnnotationSettings, readAnnotations } from '../config/annotations/annotations.ts';
import { applyClaim } from '../config/image-updater/apply.ts';
import { readImageUpdaters } from '../config/image-updater/read.ts';
import { type Claim, claimsOn, describeClaim, reasonAgainst } from '../config/image-updater/select.ts';
import type { ReadImages, WrittenImage } from '../config/read-images.ts';
import { type Application, applicationId } from '../core/application.ts';
import type { Problem } from '../core/failure.ts';
import { formatImageName } from '../core/reference.ts';
import type { PolicyOrigin, TrackedImage } from '../core/tracked-image.ts';
import type { Applications, ImageUpdaterObject } from '../ports/application-source.ts';
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
  /** Every image, also those that failed. */
  readonly written: readonly WrittenImage[];
}

export interface Configuration {
  /** One for each Application, in their order. */
  readonly configured: readonly Configured[];
  /** What is wrong with the ImageUpdaters themselves. */
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

type ConfigurationInput = Rules & Pick<Applications, 'applications'>;

/** What Applications are configured by, beside themselves. */
type Rules = Pick<Applications, 'imageUpdaters' | 'hasOtherUpdaters'> & KnownProjects;

/** The one place that knows which front end an Application is configured by. */
export function resolveConfiguration(input: ConfigurationInput, settings: ConfigurationSettings): Configuration {
  return openResolver(settings)(input);
}

/**
 * The same for who resolves again and again: an Application is read anew only when it, or what it is configured by, has
 * changed. An Application that is another object counts as changed.
 */
export function openResolver(settings: ConfigurationSettings): (input: ConfigurationInput) => Configuration {
  let last: { readonly basis: unknown; readonly resolve: Resolve } | undefined;
  return (input) => {
    const { applications, imageUpdaters, hasOtherUpdaters, projects, hasAllProjects } = input;
    const basis = [imageUpdaters.map(withoutState), hasOtherUpdaters, projects, hasAllProjects];
    if (!last || !isDeepStrictEqual(last.basis, basis)) last = { basis, resolve: resolverBy(input, settings) };
    return last.resolve(applications);
  };
}

type Resolve = (applications: readonly Application[]) => Configuration;

/** What becomes of an ImageUpdater is no rule. */
function withoutState({ live: _, ...updater }: ImageUpdaterObject): ImageUpdaterObject {
  return updater;
}

function resolverBy(rules: Rules, settings: ConfigurationSettings): Resolve {
  const { imageUpdaters, hasOtherUpdaters = false } = rules;
  const { updaters, failures, warnings } = readImageUpdaters(imageUpdaters);
  const everyAnnotated = readsEveryAnnotated(settings, updaters.length > 0 || hasOtherUpdaters);
  const resolve = (application: Application) => {
    const claims = claimsOn(application, updaters);
    const configured = configureOne(application, claims, everyAnnotated, settings);
    return { application, claims, configured: permitted(configured, rules) };
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
): Configured {
  if (winner) return configureByClaim(application, winner, losers, settings);
  return everyAnnotated ? configureByAnnotations(application, settings) : leaveAlone(application);
}

/** An ImageUpdater that is not watched counts as one: to watch less must not let more be written. */
function readsEveryAnnotated({ annotations }: ConfigurationSettings, hasUpdaters: boolean): boolean {
  return annotations === 'always' || (annotations === 'auto' && !hasUpdaters);
}

/** Nobody's image goes on to a repository that its project does not allow: it would be written with Argo CD's rights. */
function permitted(configured: Configured, projects: KnownProjects): Configured {
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
): Configured {
  const passedOver = losers.map((loser) => ({ rule: describeClaim(loser), reason: reasonAgainst(loser, winner) }));
  const read = applyClaim(application, winner, settings);
  const { namespace, name } = winner.updater;
  return withOrigin(application, read, { rule: describeClaim(winner), updater: { namespace, name }, passedOver });
}

function configureByAnnotations(application: Application, settings: AnnotationSettings): Configured {
  const origin = { rule: "the Application's annotations", passedOver: [] };
  return withOrigin(application, readAnnotations(application, settings), origin);
}

/** Annotated, but selected by no ImageUpdater: as upstream 1.x not ours, which an author may not expect. */
function leaveAlone(application: Application): Configured {
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
): Configured {
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
