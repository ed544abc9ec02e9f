import { setTimeout } from 'node:timers/promises';
import { isUntyped, listAt, mappingAt, textAt, type Untyped } from '../../src/core/untyped.ts';
import type { HttpAccess } from '../../src/ports/git.ts';
import type { ForgeStage, Seen } from '../support/forge-stage.ts';
import type { Gitea } from './gitea.ts';

/** The organisation acme on a real Gitea, with people who have a token each. */
export interface GiteaPeople {
  readonly gitea: Gitea;
  /** By user name. */
  readonly tokens: Readonly<Record<'ann' | 'bob' | 'tiphys-bot' | 'reader', string>>;
}

/** What a token of ours needs, and no more. */
const LEAST_SCOPES = ['write:repository', 'write:issue'] as const;

export async function invitePeople(gitea: Gitea): Promise<GiteaPeople> {
  await gitea.api('POST', '/orgs', { username: 'acme' });
  const person = (name: string) => gitea.createUser(name, LEAST_SCOPES);
  const tokens = {
    ann: await person('ann'),
    bob: await person('bob'),
    'tiphys-bot': await person('tiphys-bot'),
    reader: await gitea.createUser('reader', ['read:repository', 'read:issue']),
  };
  return { gitea, tokens };
}

let stages = 0;

/**
 * A repository of its own for each test.
 * @param permission  of the user tiphys-bot; only administrators are told of rules
 */
export async function giteaStage(
  { gitea, tokens }: GiteaPeople,
  permission: 'admin' | 'write' = 'admin',
): Promise<ForgeStage> {
  const name = `deploy-${++stages}`;
  const repo = `/repos/acme/${name}`;
  await gitea.api('POST', '/orgs/acme/repos', { name, auto_init: true, default_branch: 'main' });
  const rights = { ann: 'write', bob: 'write', 'tiphys-bot': permission, reader: 'read' };
  for (const [user, granted] of Object.entries(rights)) {
    await gitea.api('PUT', `${repo}/collaborators/${user}`, { permission: granted });
  }
  await gitea.api('POST', `${repo}/labels`, { name: 'ci', color: '#00aabb' });
  const branches = new Set(['main']);
  let files = 0;

  const write = async (branch: string, path: string, content: string, within = repo, token?: string) => {
    const on = branches.has(branch) ? { branch } : { branch: 'main', new_branch: branch };
    const body = { ...on, message: `Write ${path}`, content: btoa(content) };
    const answer = await gitea.api('POST', `${within}/contents/${path}`, body, token);
    if (within === repo) branches.add(branch);
    return textAt(mappingAt(object(answer), 'commit'), 'sha') ?? '';
  };
  const push = (branch: string) => write(branch, `file-${++files}.txt`, `${files}\n`);
  await push('release/1.0');
  const get = async (id: string) => object(await gitea.api('GET', `${repo}/pulls/${id}`));
  const access = (source: string, username: 'tiphys-bot' | 'reader'): HttpAccess => {
    const password = tokens[username];
    return { source, isInsecure: false, authorization: { kind: 'basic', username, password } };
  };
  return {
    repoURL: `${gitea.url}/acme/${name}.git`,
    absentURL: `${gitea.url}/acme/absent.git`,
    access: access('the Secret argocd/deploy', 'tiphys-bot'),
    reader: access('the Secret argocd/reader', 'reader'),
    server: undefined,
    push,
    async check(commit, state) {
      const states = { pending: 'pending', passed: 'success', failed: 'failure' };
      await gitea.api('POST', `${repo}/statuses/${commit}`, { state: states[state], context: 'build' });
    },
    async look(id) {
      return seen(await get(id), await gitea.api('GET', `${repo}/issues/${id}/comments`));
    },
    async close(id) {
      await gitea.api('PATCH', `${repo}/pulls/${id}`, { state: 'closed' }, tokens.ann);
    },
    async reopen(id) {
      await gitea.api('PATCH', `${repo}/pulls/${id}`, { state: 'open' }, tokens.ann);
    },
    async merge(id) {
      while ((await get(id))['mergeable'] !== true) await setTimeout(100);
      await gitea.api('POST', `${repo}/pulls/${id}/merge`, { Do: 'merge' });
    },
    async makeConflict(id) {
      const head = textAt(mappingAt(await get(id), 'head'), 'label') ?? '';
      await write(head, 'same.txt', 'one\n');
      await write('main', 'same.txt', 'other\n');
      // Gitea looks for conflicts some time after a push; until then it says what was true before, then nothing.
      for (let unmergeable = 0; unmergeable < 15; await setTimeout(100)) {
        unmergeable = (await get(id))['mergeable'] === true ? 0 : unmergeable + 1;
      }
    },
    async protect(branch, { needsSignature }) {
      const rule = { rule_name: branch, enable_push: false, require_signed_commits: needsSignature };
      await gitea.api('POST', `${repo}/branch_protections`, rule);
    },
    async needChecks() {
      const checks = { enable_status_check: true, status_check_contexts: ['build'] };
      await gitea.api('POST', `${repo}/branch_protections`, { rule_name: 'main', enable_push: true, ...checks });
    },
    async proposeFromFork(head, base) {
      await gitea.api('POST', `${repo}/forks`, {}, tokens.ann);
      const fork = `/repos/ann/${name}`;
      const body = { branch: head, message: 'Mine', content: btoa('mine\n') };
      await gitea.api('POST', `${fork}/contents/mine.txt`, body, tokens.ann);
      await gitea.api('POST', `${repo}/pulls`, { title: 'Mine', head: `ann:${head}`, base }, tokens.ann);
    },
    async fill(count) {
      await push('feature');
      for (let made = 0; made < count; made++) {
        const body = { title: `Feature ${made}`, head: 'feature', base: 'main' };
        const number = textAt(object(await gitea.api('POST', `${repo}/pulls`, body)), 'number');
        await gitea.api('PATCH', `${repo}/pulls/${number}`, { state: 'closed' });
      }
    },
    async forbidNewLabels() {
      throw new Error('whoever may write to a repository of Gitea may make labels');
    },
    async [Symbol.asyncDispose]() {
      await gitea.api('DELETE', repo);
    },
  };
}

function seen(json: Untyped, comments: unknown): Seen {
  const names = (list: string, key: string) =>
    listAt(json, list).flatMap((one) => (isUntyped(one) ? (textAt(one, key) ?? []) : []));
  return {
    title: textAt(json, 'title') ?? '',
    body: textAt(json, 'body') ?? '',
    state: json['merged'] === true ? 'merged' : json['state'] === 'open' ? 'open' : 'closed',
    labels: names('labels', 'name'),
    reviewers: names('requested_reviewers', 'login'),
    assignees: names('assignees', 'login'),
    comments: Array.isArray(comments) ? comments.flatMap((one) => textAt(object(one), 'body') ?? []) : [],
  };
}

function object(answer: unknown): Untyped {
  if (isUntyped(answer)) return answer;
  throw new Error('Gitea answered with something else than an object');
}
