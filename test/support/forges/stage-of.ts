import type { HttpAccess } from '../../../src/ports/git.ts';
import type { ForgeStage } from '../forge-stage.ts';
import type { FakeRepository, FakeRequest } from './fake-repository.ts';
import type { ForgeServer } from './forge-server.ts';

export interface StageAccess {
  readonly username: string;
  /** What lets in those who may write, and those who may read alone. */
  readonly password: string;
  readonly readerPassword: string;
  /** Of the repository below the server. Default: "/acme/deploy.git". */
  readonly path?: string;
}

/** The people of a double: they change what it holds. */
export function stageOf(repository: FakeRepository, server: ForgeServer, access: StageAccess): ForgeStage {
  const { username, path = '/acme/deploy.git' } = access;
  const as = (source: string, password: string): HttpAccess => ({
    source,
    isInsecure: false,
    authorization: { kind: 'basic', username, password },
  });
  const repoURL = `${server.url}${path}`;
  const of = (id: string): FakeRequest => {
    const request = repository.request(id);
    if (request === undefined) throw new Error(`the double has no request ${id}`);
    return request;
  };
  repository.push('release/1.0');
  return {
    repoURL,
    absentURL: repoURL.replace('deploy', 'absent'),
    access: as('the Secret argocd/deploy', access.password),
    reader: as('the Secret argocd/reader', access.readerPassword),
    server,
    push: async (branch) => repository.push(branch),
    check: async (commit, state) => repository.check(commit, state),
    look: async (id) => structuredClone(of(id)),
    async close(id) {
      of(id).state = 'closed';
    },
    async reopen(id) {
      of(id).state = 'open';
    },
    async merge(id) {
      repository.merge(of(id));
    },
    async makeConflict(id) {
      of(id).hasConflicts = true;
    },
    async protect(branch, protection) {
      repository.protections.set(branch, protection);
    },
    async needChecks() {
      repository.needsChecks = true;
    },
    async proposeFromFork(head, base) {
      repository.open({ head, base, title: 'Mine', isFromFork: true });
    },
    async fill(count) {
      for (let made = 0; made < count; made++) {
        repository.open({ head: `feature-${made}`, base: 'main', title: `Feature ${made}`, state: 'closed' });
      }
    },
    async forbidNewLabels() {
      repository.mayMakeLabels = false;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
