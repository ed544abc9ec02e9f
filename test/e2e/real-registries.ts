import { CANARY } from '../support/canary.ts';
import { startDistribution } from './distribution-registry.ts';
import { startGitea } from './gitea.ts';
import type { Tool } from './tools.ts';

/** A real registry over plain HTTP. */
export interface RealRegistry extends AsyncDisposable {
  readonly host: string;
  /** The first part of every repository's name. */
  readonly owner: string;
  /** "user:password" of who may write; absent where everybody may. */
  readonly writer?: string;
  /** The same of who may read. */
  readonly reader?: string;
}

interface RealRegistryKind {
  readonly name: string;
  readonly program: Tool;
  /** What it asks of clients, in the words of a check. */
  readonly demand: RegExp;
  /** How many requests the list of this many tags takes. */
  readonly listRequests: (tags: number, pageSize: number) => number;
  start(program: string): Promise<RealRegistry>;
}

export const HTPASSWD_LOGIN = `bot:${CANARY}`;
// bcrypt of the canary, which opens nothing but the registries of these tests.
export const HTPASSWD = 'bot:$2y$05$abcdefghijklmnopqrstuuXoCH1m8b3UMpBFkNdv.h0s.7jrBYXiq\n';

export const realRegistries: readonly RealRegistryKind[] = [
  {
    name: 'distribution 2.8',
    program: 'docker-registry',
    demand: /^no authentication is demanded$/,
    listRequests: () => 1, // it looks at no page size
    async start(program) {
      return { owner: 'acme', ...(await startDistribution(program)) };
    },
  },
  {
    name: 'distribution 3',
    program: 'registry',
    demand: /^basic$/,
    listRequests: (tags, pageSize) => Math.floor(tags / pageSize) + 1, // a full page leads to one more
    async start(program) {
      const started = await startDistribution(program, { htpasswd: HTPASSWD });
      return { owner: 'acme', writer: HTPASSWD_LOGIN, reader: HTPASSWD_LOGIN, ...started };
    },
  },
  {
    name: 'Gitea',
    program: 'gitea',
    demand: /^Bearer, tokens from http:\/\/127\.0\.0\.1:\d+\/v2\/token$/,
    listRequests: (tags, pageSize) => Math.ceil(tags / pageSize) + 1, // the last page leads to an empty one
    async start(program) {
      const gitea = await startGitea(program);
      const reader = `reader:${await gitea.createUser('reader', ['read:package'])}`;
      return { ...gitea, owner: gitea.user, writer: `${gitea.user}:${gitea.token}`, reader };
    },
  },
];
