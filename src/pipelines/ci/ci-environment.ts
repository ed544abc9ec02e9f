import { type BuildOrder, countedOrder, githubWorkflow } from '../../core/build-order.ts';
import type { Author } from '../../core/commits/commit-author.ts';

type CiKind = 'gitlab' | 'github' | 'azure' | 'bitbucket' | 'jenkins';

/** What a pipeline's variables say about it. */
export interface CiEnvironment {
  readonly kind: CiKind;
  /** The repository that the pipeline is for, without credentials; undefined where nothing says. */
  readonly repoURL: string | undefined;
  /** undefined for a tag, and for a pull request, whose result belongs to no branch. */
  readonly branch: string | undefined;
  /** Object id of what is built. */
  readonly commit: string | undefined;
  /** How this CI numbers its builds; undefined where it does so in no order that a deployment could rely on. */
  readonly order: BuildOrder | undefined;
  /** Whoever the pipeline runs for. */
  readonly author: Author | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;
/** A variable's value; undefined also when it is empty. */
type Read = (name: string) => string | undefined;

/** What runs this pipeline; undefined outside of every CI that is known. */
export function readCiEnvironment(env: Variables): CiEnvironment | undefined {
  const read: Read = (name) => env[name]?.trim() || undefined;
  return CIS.find(({ isHere }) => isHere(read))?.describe(read);
}

interface Ci {
  isHere(read: Read): boolean;
  describe(read: Read): CiEnvironment;
}

// https://docs.gitlab.com/ci/variables/predefined_variables/
const gitlab: Ci = {
  isHere: (read) => read('GITLAB_CI') === 'true',
  describe: (read) => ({
    kind: 'gitlab',
    repoURL: withSuffix(read('CI_PROJECT_URL'), '.git'),
    branch: read('CI_COMMIT_BRANCH'),
    commit: read('CI_COMMIT_SHA'),
    // The project's id: a name can be given to another project, which counts from 1.
    order: countedOrder('gitlab-iid', [read('CI_SERVER_HOST'), read('CI_PROJECT_ID')], read('CI_PIPELINE_IID')),
    author: authorOf(read('GITLAB_USER_NAME'), read('GITLAB_USER_EMAIL')),
  }),
};

// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
const github: Ci = {
  isHere: (read) => read('GITHUB_ACTIONS') === 'true',
  describe: (read) => {
    const [server, repository] = [read('GITHUB_SERVER_URL'), read('GITHUB_REPOSITORY')];
    const host = hostOf(server);
    const identity = read('GITHUB_REPOSITORY_ID') ?? repository;
    // Gitea knows only the workflow's name.
    const workflow = githubWorkflow(read('GITHUB_WORKFLOW_REF'), repository) || read('GITHUB_WORKFLOW');
    return {
      kind: 'github',
      repoURL: server && repository && `${server}/${repository}.git`,
      branch: branchOf(read('GITHUB_REF')),
      commit: read('GITHUB_SHA'),
      // Runs are counted for each workflow; a run that is done again keeps its number.
      order: countedOrder('github-run', [host, identity, workflow], read('GITHUB_RUN_NUMBER')),
      author: authorOf(read('GITHUB_ACTOR'), actorAddress(read, host)),
    };
  },
};

function actorAddress(read: Read, host = 'github.com'): string | undefined {
  const [actor, id] = [read('GITHUB_ACTOR'), read('GITHUB_ACTOR_ID')];
  return actor && `${id === undefined ? '' : `${id}+`}${actor}@users.noreply.${host}`;
}

// https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
const azure: Ci = {
  isHere: (read) => read('TF_BUILD') === 'True',
  describe: (read) => ({
    kind: 'azure',
    repoURL: withoutUser(read('BUILD_REPOSITORY_URI')),
    branch: branchOf(read('BUILD_SOURCEBRANCH')),
    commit: read('BUILD_SOURCEVERSION'),
    order: undefined,
    author: authorOf(read('BUILD_REQUESTEDFOR'), read('BUILD_REQUESTEDFOREMAIL')),
  }),
};

// https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
const bitbucket: Ci = {
  isHere: (read) => read('BITBUCKET_BUILD_NUMBER') !== undefined,
  describe: (read) => ({
    kind: 'bitbucket',
    repoURL: withoutUser(read('BITBUCKET_GIT_HTTP_ORIGIN')),
    branch: read('BITBUCKET_PR_ID') === undefined ? read('BITBUCKET_BRANCH') : undefined,
    commit: read('BITBUCKET_COMMIT'),
    order: undefined,
    author: undefined,
  }),
};

// https://www.jenkins.io/doc/book/pipeline/jenkinsfile/, https://plugins.jenkins.io/git/, and for the user
// https://plugins.jenkins.io/build-user-vars-plugin/
const jenkins: Ci = {
  isHere: (read) => read('JENKINS_URL') !== undefined,
  describe: (read) => ({
    kind: 'jenkins',
    repoURL: withoutUser(read('GIT_URL')),
    branch: read('CHANGE_ID') === undefined ? (read('BRANCH_NAME') ?? jenkinsBranch(read)) : undefined,
    commit: read('GIT_COMMIT'),
    order: undefined,
    author: authorOf(read('BUILD_USER'), read('BUILD_USER_EMAIL')),
  }),
};

/** "origin/main" is a branch of the remote. */
function jenkinsBranch(read: Read): string | undefined {
  return read('GIT_BRANCH')?.replace(/^(?:refs\/remotes\/)?origin\//, '');
}

const CIS: readonly Ci[] = [gitlab, github, azure, bitbucket, jenkins];

/** Both, or nobody. */
function authorOf(name: string | undefined, email: string | undefined): Author | undefined {
  return name === undefined || email === undefined ? undefined : { name, email };
}

function branchOf(ref: string | undefined): string | undefined {
  return ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.host;
}

function withSuffix(text: string | undefined, suffix: string): string | undefined {
  return text === undefined || text.endsWith(suffix) ? text : text + suffix;
}

/** Some CIs put a user, or a token, into the URL. */
function withoutUser(repoURL: string | undefined): string | undefined {
  return repoURL?.replace(/^(https?:\/\/)[^/@]*@/, '$1');
}
