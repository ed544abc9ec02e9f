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

/** The one place that knows which front end an Application is configured by. */
export function resolveConfiguration(
  input: Pick<Applications, 'applications' | 'imageUpdaters' | 'hasOtherUpdaters'> & KnownProjects,
  settings: ConfigurationSettings,
): Configuration {
  const { applications, imageUpdaters, hasOtherUpdaters = false } = input;
  const { updaters, failures, warnings } = readImageUpdaters(imageUpdaters);
  const selected = applications.map((application) => ({ application, claims: claimsOn(application, updaters) }));
  const everyAnnotated = readsEveryAnnotated(settings, updaters.length > 0 || hasOtherUpdaters);
  const configured = selected.map(({ application, claims: [winner, ...losers] }) => {
    if (winner) return permitted(configureByClaim(application, winner, losers, settings), input);
    return everyAnnotated ? permitted(configureByAnnotations(application, settings), input) : leaveAlone(application);
  });
  return { configured, failures, warnings: [...warnings, ...conflictsBetween(selected)] };
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
