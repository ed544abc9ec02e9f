import type { Problem } from './failure.ts';
import { hasStrayPassword } from './repo-url.ts';
import type { CycleReport } from './report.ts';

// Everything between "://" and the last "@" before the path. Over HTTP a user name alone is often a token; over SSH
// the name is part of the address. Schemes are short; looked for at any length, a long word would take its square.
const HTTP_USERINFO = /(https?:\/\/)[^\s/?#]*@/gi;
const PASSWORD = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#:@]*):[^\s/?#]*@/gi;
// What some hosts take in a query, and links to storage carry.
const IN_QUERY = /([?&](?:[\w-]*(?:token|secret|password|signature|credential)|sig)=)[^\s&#"')]+/gi;

/** The text with the credentials of every URL in it left out. */
export function withoutCredentials(text: string): string {
  return text.replace(HTTP_USERINFO, '$1').replace(PASSWORD, '$1@').replace(IN_QUERY, '$1***');
}

/**
 * A repoURL as messages may show it, also one that is none: without credentials, query and fragment, and without what a
 * remote helper of git is given. It dares to take away what may be a name elsewhere: "web:1.0@sha256:...".
 */
export function shownRepoURL(repoURL: string): string {
  const address = repoURL.trim();
  const [scheme] = /^[a-z][a-z0-9+.-]{0,30}:(?:\/\/|:)/i.exec(address) ?? [];
  if (scheme === undefined) return hasStrayPassword(address) ? address.replace(/^.*@/s, '***@') : address;
  if (scheme.endsWith('::')) return `${scheme}***`;
  // In what is no URL, nobody knows where a password ends.
  const isClear = URL.canParse(address) && !/\s|^[^?#]*[?#].*@/s.test(address);
  const clear = isClear ? address : scheme + address.slice(Math.max(scheme.length, address.lastIndexOf('@') + 1));
  return withoutCredentials(clear).replace(/[?#].*$/s, '');
}

/** A branch of a repository as messages name it: "https://git.example.com/shop.git (main)". */
export function describeBranch(repoURL: string, branch: string): string {
  return `${shownRepoURL(repoURL)} (${branch})`;
}

/** A report fit for showing: a repoURL may be written with a password, and messages repeat it. */
export function redactReport(report: CycleReport): CycleReport {
  const redactPlace = <T extends { readonly repoURL: string }>(place: T): T => {
    return { ...place, repoURL: shownRepoURL(place.repoURL) };
  };
  return {
    ...report,
    items: report.items.map((item) => ({
      ...item,
      reason: withoutCredentials(item.reason),
      target: item.target?.kind === 'application' ? item.target : item.target && redactPlace(item.target),
      ...(item.pullRequest ? { pullRequest: redactPlace(item.pullRequest) } : {}),
    })),
    files: report.files.map(redactPlace),
    commits: report.commits.map(redactPlace),
    pullRequests: report.pullRequests.map(redactPlace),
    failures: report.failures.map(redactProblem),
    warnings: report.warnings.map(redactProblem),
  };
}

export function redactProblem({ code, object, message, fix }: Problem): Problem {
  return {
    code,
    object: withoutCredentials(object),
    message: withoutCredentials(message),
    fix: withoutCredentials(fix),
  };
}
