import type { ApplicationRef, ImageUpdater } from '../../config/image-updater/read.ts';
import type { Application } from '../../core/application.ts';
import type { Problem } from '../../core/failure.ts';
import { nearest } from '../../core/nearest.ts';

/** References that select no Application of their namespace. To be asked only when every Application is known. */
export function unmatchedRefs(
  updaters: readonly ImageUpdater[],
  applications: readonly Application[],
): readonly Problem[] {
  return updaters.flatMap((updater) => {
    const neighbours = applications.filter(({ namespace }) => namespace === updater.namespace);
    const idle = updater.refs.filter((ref) => !neighbours.some((application) => ref.selects(application)));
    if (neighbours.length === 0) return updater.refs.length === 0 ? [] : [strangeNamespace(updater, applications)];
    return idle.map((ref) => unmatched(updater, ref, neighbours));
  });
}

function unmatched(
  { title, namespace, origin }: ImageUpdater,
  ref: ApplicationRef,
  there: readonly Application[],
): Problem {
  const field = `spec.applicationRefs[${ref.index}].namePattern`;
  const names = there.map(({ name }) => name);
  const byName = names.includes(ref.namePattern);
  const meant = byName ? undefined : nearest(ref.namePattern, names);
  const fix = byName ? 'correct labelSelectors' : 'correct the pattern or labelSelectors, or remove the reference';
  return {
    code: 'CONFIG_UNMATCHED_SELECTOR',
    object: title,
    message: `${field}: "${ref.namePattern}" selects none of the ${there.length} Applications given in ${namespace}`,
    fix: meant === undefined ? fix : `write ${meant}`,
    location: { path: ['spec', 'applicationRefs', ref.index, 'namePattern'], ...(origin ? { origin } : {}) },
  };
}

/** An ImageUpdater selects in its own namespace and nowhere else. */
function strangeNamespace({ title, namespace, origin }: ImageUpdater, applications: readonly Application[]): Problem {
  const namespaces = [...new Set(applications.map((application) => application.namespace))].sort();
  return {
    code: 'CONFIG_UNMATCHED_SELECTOR',
    object: title,
    message: `no Application is given in ${namespace}, and an ImageUpdater selects in its own namespace only`,
    fix: `move it to the Applications: metadata.namespace: ${namespaces.join(' or ')}`,
    location: { path: ['metadata', 'namespace'], ...(origin ? { origin } : {}) },
  };
}
