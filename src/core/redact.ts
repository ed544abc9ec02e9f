import type { Problem } from './failure.ts';
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

/** A report fit for showing: a repoURL may be written with a password, and messages repeat it. */
export function redactReport(report: CycleReport): CycleReport {
  const redactPlace = <T extends { readonly repoURL: string }>(place: T): T => {
    return { ...place, repoURL: withoutCredentials(place.repoURL) };
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
