import { Failure } from '../core/failure.ts';
import { nearest } from '../core/nearest.ts';
import type { CycleReport } from '../core/report.ts';

/**
 * The one Application that "name" or "namespace/name" means.
 * @param ids "namespace/name" of every Application there is
 * @throws {Failure} SETTING_INVALID for none (with the nearest) and for several
 */
export function chooseApplication(ids: readonly string[], wanted: string): string {
  const qualified = wanted.includes('/');
  const matches = ids.filter((id) => (qualified ? id === wanted : nameOf(id) === wanted));
  const [match, ...others] = matches;
  if (match !== undefined && others.length === 0) return match;
  if (match !== undefined) {
    throw new Failure('SETTING_INVALID', `"${wanted}" is the name of ${matches.length} Applications`, {
      fix: `name one of ${matches.join(', ')}`,
    });
  }
  const meant = nearest(wanted, qualified ? ids : ids.map(nameOf));
  throw new Failure('SETTING_INVALID', `there is no Application "${wanted}"`, {
    fix: meant === undefined ? `name one of ${someOf(ids)}` : `did you mean ${meant}?`,
  });
}

/**
 * The part of one Application's report that speaks of one image.
 * @throws {Failure} SETTING_INVALID for an unknown alias (with the nearest)
 */
export function chooseAlias(report: CycleReport, alias: string): CycleReport {
  const items = report.items.filter((item) => item.alias === alias);
  const aliases = report.items.map((item) => item.alias).filter((other) => other !== alias);
  const others = new Set(report.items.filter((item) => item.alias !== alias).map(objectOf));
  // An Application that failed as a whole has no items, and its failure says more.
  const failedAsAWhole = report.items.length === 0 && report.failures.length > 0;
  if (items.length === 0 && !failedAsAWhole) {
    const meant = nearest(alias, aliases);
    throw new Failure('SETTING_INVALID', `the Application has no image with the alias "${alias}"`, {
      fix: meant === undefined ? `name one of ${someOf(aliases)}` : `did you mean ${meant}?`,
    });
  }
  return {
    ...report,
    items,
    failures: report.failures.filter(({ object }) => !others.has(object)),
    warnings: report.warnings.filter(({ object }) => !others.has(object)),
  };
}

/** How a problem names one image: "argocd/shop web". */
function objectOf({ application, alias }: { readonly application: string; readonly alias: string }): string {
  return `${application} ${alias}`;
}

function nameOf(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}

const NAMED_AT_MOST = 10;

function someOf(names: readonly string[]): string {
  if (names.length === 0) return 'the list, which is empty';
  const rest = names.length - NAMED_AT_MOST;
  return `${names.slice(0, NAMED_AT_MOST).join(', ')}${rest > 0 ? ` (and ${rest} more)` : ''}`;
}
