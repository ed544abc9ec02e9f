import type { Verdict } from '../../core/deciding/decision.ts';
import type { Problem } from '../../core/failure.ts';
import type {
  CycleReport,
  FileReport,
  ItemReport,
  PatchReport,
  PullRequestReport,
  Sighting,
  TargetReport,
} from '../../core/report.ts';
import { formatInstant } from '../../core/timestamp.ts';
import type { PolicyOrigin } from '../../core/tracked-image.ts';
import { hasUnsafeCharacters, printableInQuotes } from '../printable.ts';

export const API_VERSION = 'tiphys.dev/v1alpha1';

/** The plan as scripts read it. Keys and their order are a contract; new ones are added at the end. */
export function planDocument(report: CycleReport): object {
  return {
    apiVersion: API_VERSION,
    kind: 'Plan',
    items: report.items.map(planItem),
    files: report.files.map(planFile),
    failures: report.failures.map(problemFields),
    warnings: report.warnings.map(problemFields),
    pullRequests: report.pullRequests.map(planPullRequest),
    patches: report.patches.map(planPatch),
  };
}

/** The explanation as scripts read it: every candidate, never grouped. */
export function explanationDocument(items: readonly ItemReport[]): object {
  return { apiVersion: API_VERSION, kind: 'Explanation', items: items.map(explanationItem) };
}

export function renderJson(document: object): string {
  return `${printableInQuotes(JSON.stringify(document, null, 2))}\n`;
}

export async function renderYaml(document: object): Promise<string> {
  const { Document, Scalar, visit } = await import('yaml');
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  visit(yaml, {
    // Only a double-quoted scalar can hold escapes and keeps carriage returns; and the library's block scalars lose
    // blanks at the start of text that has nothing else.
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      if (/^\s/.test(node.value) || hasUnsafeCharacters(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return printableInQuotes(yaml.toString({ lineWidth: 0 }));
}

function planItem(item: ItemReport) {
  const { application, alias, image, strategy, from, to, outcome, rule, reason, target, pullRequest } = item;
  return {
    application,
    alias,
    image,
    strategy,
    from,
    to,
    outcome,
    rule,
    reason,
    target: target && planTarget(target),
    pullRequest: pullRequest ? planPullRequest(pullRequest) : null,
  };
}

function planPullRequest({ forge, repoURL, head, base, title, url, state, remarks }: PullRequestReport) {
  return { forge, repoURL, head, base, title, url, state, remarks: [...remarks] };
}

function planTarget(target: TargetReport) {
  if (target.kind === 'application') return { kind: target.kind, application: target.application, path: target.path };
  const { kind, repoURL, branch, path, credential, writeBranch } = target;
  return { kind, repoURL, branch, path, credential, writeBranch };
}

function planPatch({ application, path, diff }: PatchReport) {
  return { application, path, diff };
}

function planFile({ repoURL, branch, path, diff }: FileReport) {
  return { repoURL, branch, path, diff };
}

export function problemFields({ code, object, message, fix }: Problem) {
  return { code, object, message, fix };
}

function explanationPolicy({ rule, passedOver }: PolicyOrigin) {
  return { rule, passedOver: passedOver.map((other) => ({ rule: other.rule, reason: other.reason })) };
}

function explanationItem(item: ItemReport) {
  const { application, alias, image, from, to, outcome, rule, reason, candidates, policy, sightings } = item;
  return {
    application,
    alias,
    image,
    current: from,
    chosen: to,
    outcome,
    rule,
    reason,
    candidates: candidates.map(candidateFields),
    policy: policy ? explanationPolicy(policy) : null,
    sightings: sightings.map(explanationSighting),
  };
}

function explanationSighting({ where, says }: Sighting) {
  return { where, says: [...says] };
}

/** `firstSeen` and `digestFirstSeen` are left out where they are not known. */
export function candidateFields({ tag, verdict, rule, reason, firstSeenMs, digestFirstSeenMs }: Verdict) {
  return {
    tag,
    verdict,
    rule,
    reason,
    ...(firstSeenMs === undefined ? {} : { firstSeen: formatInstant(firstSeenMs) }),
    ...(digestFirstSeenMs === undefined ? {} : { digestFirstSeen: formatInstant(digestFirstSeenMs) }),
  };
}
