import { type BuildOrder, countedOrder, githubWorkflow } from '../build-order.ts';
import { asText, type Untyped } from '../untyped.ts';

/** Whose tokens are understood; `generic` is anybody else, whose claims have no meaning of their own here. */
export const ISSUER_KINDS = ['gitlab', 'github', 'generic'] as const;
export type IssuerKind = (typeof ISSUER_KINDS)[number];

/** What a pipeline's verified token says; lists and mappings are left out. */
export type Claims = Readonly<Record<string, string>>;

/** One kind of issuer: what its claims mean. */
interface IssuerWords {
  /** The claim that names the project for good; a name could be given to another one. */
  readonly project: string | undefined;
  /** Whether the code that runs comes from a request that nobody has merged. */
  isPullRequest(claims: Claims): boolean;
  order(claims: Claims, host: string): BuildOrder | undefined;
}

const WORDS: Readonly<Record<IssuerKind, IssuerWords>> = {
  // https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
  gitlab: {
    project: 'project_id',
    isPullRequest: ({ pipeline_source = '' }) =>
      /^(?:merge_request|external_pull_request)_event$/.test(pipeline_source),
    // Grows over all projects of an instance; the number within a project is in no claim.
    order: ({ project_id, pipeline_id }, host) => countedOrder('gitlab-id', [host, project_id], pipeline_id),
  },
  // https://docs.github.com/en/actions/reference/security/oidc
  github: {
    project: 'repository_id',
    isPullRequest: ({ event_name = '', ref = '' }) =>
      event_name.startsWith('pull_request') || event_name === 'merge_group' || ref.startsWith('refs/pull/'),
    // The scope is the one that GITHUB_RUN_NUMBER has inside the job.
    order: ({ repository_id, repository, workflow_ref, run_number }, host) =>
      countedOrder('github-run', [host, repository_id, githubWorkflow(workflow_ref, repository)], run_number),
  },
  generic: { project: undefined, isPullRequest: () => false, order: () => undefined },
};

/** The claims that can be compared: texts, numbers and booleans. */
export function readClaims(claims: Untyped): Claims {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, value]) => {
      const text = asText(value);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

/** The claim that a rule has to name; undefined where any will do. */
export function projectClaim(kind: IssuerKind): string | undefined {
  return WORDS[kind].project;
}

export function isPullRequest(kind: IssuerKind, claims: Claims): boolean {
  return WORDS[kind].isPullRequest(claims);
}

/** How the issuer numbers the pipeline; undefined where no claim does. */
export function orderInClaims(kind: IssuerKind, issuer: string, claims: Claims): BuildOrder | undefined {
  return WORDS[kind].order(claims, hostOf(issuer));
}

/** The host that an issuer speaks for: GitHub's issuers have hosts of their own. */
export function hostOf(issuer: string): string {
  return (URL.parse(issuer)?.host ?? '')
    .replace(/^token\.actions\./, '')
    .replace(/^githubusercontent\.com$/, 'github.com');
}
