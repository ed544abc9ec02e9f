import type { Application } from '../applications/application.ts';
import { applicationId } from '../applications/application.ts';
import { type LabelRequirement, meetsRequirement } from '../applications/label-selector.ts';
import type { BuildOrder } from '../build-order.ts';
import { type Claims, hostOf, type IssuerKind, isPullRequest, orderInClaims, projectClaim } from './claims.ts';

/** Somebody whose tokens are believed. */
export interface HandoffIssuer {
  /** What its tokens call it, https. */
  readonly url: string;
  readonly kind: IssuerKind;
  /** What tokens must be made for: a name of our own. */
  readonly audience: string;
  /** A file with its public keys, which are fetched otherwise. */
  readonly keysFile?: string;
  /** A file with the certificates that are trusted instead of the usual ones. */
  readonly caFile?: string;
}

/** Which pipelines may move which Applications. */
export interface HandoffRule {
  /** `url` of one of the issuers. */
  readonly issuer: string;
  /** All of these must be in the token. */
  readonly claims: Claims;
  /** Whether code that nobody has merged may do so too. */
  readonly pullRequests: boolean;
  /** Whether the pipeline may say itself which build is the newer one. */
  readonly bodyOrder: boolean;
  /** By "namespace/name"; any when empty. */
  readonly names: readonly { matches(id: string): boolean }[];
  /** All must hold. */
  readonly labels: readonly LabelRequirement[];
}

export interface HandoffRules {
  readonly issuers: readonly HandoffIssuer[];
  readonly rules: readonly HandoffRule[];
}

/** A pipeline whose token was verified. */
export interface Pipeline {
  readonly issuer: Pick<HandoffIssuer, 'url' | 'kind'>;
  readonly claims: Claims;
}

/** What a pipeline may do. */
export interface Grant {
  /** The rules that name it; it may do nothing when there are none. */
  readonly rules: readonly HandoffRule[];
  /** Which of its builds this is; undefined where nobody says. */
  readonly order: BuildOrder | undefined;
}

/**
 * What the rules let a pipeline do.
 * @param bodyOrder the number that the pipeline itself gives; then only rules count that allow it
 */
export function grantTo({ issuer, claims }: Pipeline, rules: readonly HandoffRule[], bodyOrder?: number): Grant {
  const isUnmerged = isPullRequest(issuer.kind, claims);
  const granting = rules.filter(
    (rule) =>
      rule.issuer === issuer.url &&
      (rule.pullRequests || !isUnmerged) &&
      (rule.bodyOrder || bodyOrder === undefined) &&
      Object.entries(rule.claims).every(([name, value]) => Object.hasOwn(claims, name) && claims[name] === value),
  );
  const [first] = granting;
  if (bodyOrder === undefined) return { rules: granting, order: orderInClaims(issuer.kind, issuer.url, claims) };
  return { rules: granting, order: first && { scope: ownScope(first, issuer, claims), number: bodyOrder } };
}

/** Whether any of the rules names an Application. */
export function mayMove(
  rules: readonly HandoffRule[],
  application: Pick<Application, 'namespace' | 'name' | 'labels'>,
) {
  const id = applicationId(application);
  return rules.some(
    ({ names, labels }) =>
      (names.length === 0 || names.some((name) => name.matches(id))) &&
      labels.every((requirement) => meetsRequirement(application.labels, requirement)),
  );
}

/** Numbers that a project gives its own builds are compared within the project, or what else the rule knows it by. */
function ownScope(rule: HandoffRule, { kind, url }: Pipeline['issuer'], claims: Claims): string {
  const project = projectClaim(kind);
  const known = project === undefined ? Object.keys(rule.claims) : [project];
  return `handoff:${[hostOf(url), ...known.map((name) => claims[name])].join('/')}`;
}
