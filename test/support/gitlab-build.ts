const GITLAB = {
  GITLAB_CI: 'true',
  CI_SERVER_HOST: 'gitlab.example.com',
  CI_PROJECT_ID: '42',
  CI_COMMIT_BRANCH: 'main',
  GITLAB_USER_NAME: 'Jane Doe',
  GITLAB_USER_EMAIL: 'jane@example.com',
};

/** What GitLab tells the job of a build by variables. */
export const build = (iid: number) => ({ ...GITLAB, CI_PIPELINE_IID: String(iid) });
