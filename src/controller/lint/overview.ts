import { applyClaim } from '../../config/image-updater/apply.ts';
import { type ImageUpdater, readImageUpdaters } from '../../config/image-updater/read.ts';
import { type Claim, claimsOn } from '../../config/image-updater/select.ts';
import type { WrittenImage } from '../../config/read-images.ts';
import type { Application } from '../../core/applications/application.ts';
import type { Problem } from '../../core/failure.ts';
import type { Applications } from '../../ports/application-source.ts';
import { type ConfigurationSettings, resolveConfiguration } from '../configure.ts';

/** Everything that was given, configured as in a cycle, and beyond: also what selects no Application. */
export interface Overview {
  readonly updaters: readonly ImageUpdater[];
  readonly applications: readonly RuledApplication[];
  /** Images of Applications, each with the rule that configures it. */
  readonly images: readonly RuledImage[];
  /** Images of references that configure no given Application, as they would be in one. */
  readonly idleImages: readonly WrittenImage[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

interface RuledApplication {
  readonly application: Application;
  /** The reference that configures it; undefined for its own annotations. */
  readonly claim: Claim | undefined;
}

export interface RuledImage extends WrittenImage {
  /** The reference that configures it; undefined for the Application's own annotations. */
  readonly claim: Claim | undefined;
}

export function overlook(input: Applications, settings: ConfigurationSettings): Overview {
  const { configured, failures, warnings } = resolveConfiguration(input, settings);
  const { updaters } = readImageUpdaters(input.imageUpdaters);
  const applications = input.applications.map((application) => {
    return { application, claim: claimsOn(application, updaters)[0] };
  });
  const claims = applications.map(({ claim }) => claim);
  const idle = idleClaims(updaters, claims).map((claim) => applyClaim(anyApplication(claim), claim, settings));
  return {
    updaters,
    applications,
    images: configured.flatMap(({ written }, index) => written.map((image) => ({ ...image, claim: claims[index] }))),
    idleImages: idle.flatMap(({ written }) => written),
    failures: [...failures, ...[...configured, ...idle].flatMap((one) => one.failures)],
    warnings: [...warnings, ...[...configured, ...idle].flatMap((one) => one.warnings)],
  };
}

function idleClaims(updaters: readonly ImageUpdater[], claims: readonly (Claim | undefined)[]): readonly Claim[] {
  const busy = new Set(claims.map((claim) => claim && `${claim.updater.title} ${claim.ref.index}`));
  return updaters.flatMap((updater) =>
    updater.refs.map((ref) => ({ updater, ref })).filter(({ ref }) => !busy.has(`${updater.title} ${ref.index}`)),
  );
}

/** An Application that a reference could select; it says nothing itself, so that whatever is wrong is the reference's. */
function anyApplication({ updater: { namespace } }: Claim): Application {
  return {
    namespace,
    name: 'any',
    project: 'default',
    labels: {},
    annotations: {},
    sources: [],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}
