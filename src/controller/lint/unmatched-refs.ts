import { parseNamePattern } from '../../config/image-updater/name-pattern.ts';
import type { ApplicationRef, ImageUpdater } from '../../config/image-updater/read.ts';
import type { Application } from '../../core/applications/application.ts';
import type { Problem } from '../../core/failure.ts';
import { formatFieldPath } from '../../core/field-path.ts';
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
  { index, namePattern }: ApplicationRef,
  there: readonly Application[],
): Problem {
  const path = ['spec', 'applicationRefs', index];
  const names = there.map(({ name }) => name);
  const pattern = parseNamePattern(namePattern);
  const byName = pattern.ok ? names.filter((name) => pattern.value.matches(name)) : [];
  const field = byName.length > 0 ? 'labelSelectors' : 'namePattern';
  const what = byName.length > 0 ? `none of ${someOf(byName)} has the labels` : `"${namePattern}" fits no name`;
  const meant = byName.length > 0 || isGlob(namePattern) ? undefined : nearest(namePattern, names);
  return {
    code: 'CONFIG_UNMATCHED_SELECTOR',
    object: title,
    message: `${formatFieldPath([...path, field])}: ${what}, so that no Application given in ${namespace} is selected`,
    fix:
      meant === undefined ? 'correct it, give the missing Applications too, or remove the reference' : `write ${meant}`,
    location: { path: [...path, field], ...(origin ? { origin } : {}) },
  };
}

function isGlob(pattern: string): boolean {
  return /[*?[\\]/.test(pattern);
}

const NAMED = 3;

function someOf(names: readonly string[]): string {
  const more = names.length - NAMED;
  return `${names.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
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
