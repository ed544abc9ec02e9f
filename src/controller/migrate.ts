import { firstOurKey, hasImageList } from '../config/annotations/annotation-keys.ts';
import { readImageUpdaters } from '../config/image-updater/read.ts';
import { claimsOn, describeClaim } from '../config/image-updater/select.ts';
import { migrateAnnotations } from '../config/migrate/annotations.ts';
import { type FluxInput, migrateFlux } from '../config/migrate/flux/flux.ts';
import { type Application, applicationId } from '../core/applications/application.ts';
import type { Problem } from '../core/failure.ts';
import type { Migration, MigrationNote } from '../core/migration.ts';
import { redactProblem, withoutCredentials } from '../core/redact.ts';
import type { Applications } from '../ports/application-source.ts';

/**
 * The annotations of the input as ImageUpdaters; what is in the way of one Application stops no other. Pure.
 * @param name of the objects that are made
 */
export function migrateFromAnnotations(input: Applications, name: string): Migration {
  const { free, notes } = withoutClaimed(input);
  const annotated = free.filter(({ annotations }) => firstOurKey(annotations) !== undefined);
  const { applications, failures } = withoutTaken(annotated, input, name);
  const made = migrateAnnotations(applications, name);
  return finished(input, {
    ...made,
    failures: [...failures, ...made.failures],
    notes: [...notes, ...made.notes, ...nothingAnnotated(input.applications)],
  });
}

/** As `migrateFromAnnotations`, of Flux's image automation: its objects, and the files that it marks. */
export function migrateFromFlux(input: Applications, given: Omit<FluxInput, 'applications'>, name: string): Migration {
  const { applications, failures } = withoutTaken(input.applications, input, name);
  const made = migrateFlux({ ...given, applications }, name);
  return finished(input, { ...made, failures: [...failures, ...made.failures] });
}

/** With what was said about the input itself; no URL's password is repeated. */
function finished({ failures, warnings }: Pick<Applications, 'failures' | 'warnings'>, made: Migration): Migration {
  const ofInput = warnings.filter(({ code }) => code !== 'SETTING_UNUSED');
  return {
    ...made,
    failures: [...failures, ...made.failures].map(redactProblem),
    notes: [...ofInput, ...made.notes, ...made.manifests.flatMap(noteOnSize)].map(({ object, message }) => {
      return { object: withoutCredentials(object), message: withoutCredentials(message) };
    }),
  };
}

/** Applications whose annotations do nothing, or only through a reference, are no matter of new objects. */
function withoutClaimed({ applications, imageUpdaters }: Applications): {
  readonly free: readonly Application[];
  readonly notes: readonly MigrationNote[];
} {
  const { updaters } = readImageUpdaters(imageUpdaters);
  const found = applications.map((application) => ({ application, claim: claimsOn(application, updaters)[0] }));
  return {
    free: found.filter(({ claim }) => claim === undefined).map(({ application }) => application),
    notes: found.flatMap(({ application, claim }) => {
      if (!claim || !hasImageList(application.annotations)) return [];
      const message = `is left out: ${describeClaim(claim)} selects it already; leave that object out to translate it`;
      return [{ object: applicationId(application), message }];
    }),
  };
}

/** Applications for which an object of the name can be made: where one is there already, it would be replaced. */
function withoutTaken(
  applications: readonly Application[],
  { imageUpdaters }: Applications,
  name: string,
): { readonly applications: readonly Application[]; readonly failures: readonly Problem[] } {
  const taken = new Set(imageUpdaters.filter((one) => one.name === name).map(({ namespace }) => namespace));
  const [inTheWay, free] = [
    applications.filter(({ namespace }) => taken.has(namespace)),
    applications.filter(({ namespace }) => !taken.has(namespace)),
  ];
  const namespaces = new Set(inTheWay.map(({ namespace }) => namespace));
  return { applications: free, failures: [...namespaces].map((namespace) => nameTaken(namespace, name)) };
}

function nameTaken(namespace: string, name: string): Problem {
  return {
    code: 'CONFIG_CONFLICT',
    object: `ImageUpdater ${namespace}/${name}`,
    message: 'there is an object of this name already, which the new one would replace',
    fix: 'give another name with --name',
  };
}

function nothingAnnotated(applications: readonly Application[]): readonly MigrationNote[] {
  if (applications.length === 0 || applications.some(({ annotations }) => hasImageList(annotations))) return [];
  return [{ object: '-f', message: 'no Application has an image-list, so there is nothing to translate' }];
}

/** What kubectl can keep of an object in an annotation of it is less than what the API server takes. */
const LARGEST_APPLIED_BYTES = 262_144;

function noteOnSize(manifest: object): readonly MigrationNote[] {
  if (Buffer.byteLength(JSON.stringify(manifest)) < LARGEST_APPLIED_BYTES) return [];
  return [{ object: 'kubectl', message: 'an object is too large for kubectl apply; use kubectl apply --server-side' }];
}
