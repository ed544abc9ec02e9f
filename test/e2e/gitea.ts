import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startServerProgram } from './server-program.ts';
import { giteaStatic } from './tools.ts';

export interface Gitea extends AsyncDisposable {
  /** "http://127.0.0.1:3000" */
  readonly url: string;
  /** "127.0.0.1:3000", also as a registry: images are HOST/OWNER/NAME. */
  readonly host: string;
  /** The administrator. */
  readonly user: string;
  /** Of the administrator, for everything. */
  readonly token: string;
  /**
   * One call of the REST API, as the administrator unless another token is given.
   * @param path  below /api/v1, with its leading slash
   * @returns  the document; undefined when the answer has no body
   * @throws {Error}  with status and message when the answer is no success
   */
  api(method: string, path: string, body?: object, token?: string): Promise<unknown>;
  /** Adds a user. @param scopes  of the token: "write:repository", "read:package" @returns  the token */
  createUser(name: string, scopes: readonly string[]): Promise<string>;
  /** Adds a repository of the administrator, with a README on branch main. @returns  its clone URL, without credentials */
  createRepository(name: string): Promise<string>;
}

const ADMIN = 'admin-user'; // "admin" is a reserved name

/** Gitea with SQLite on a free loopback port, with all it keeps in a temporary folder. Takes about two seconds. */
export async function startGitea(program: string): Promise<Gitea> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-gitea-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const [host, config] = [`127.0.0.1:${port}`, join(folder, 'app.ini')];
  const url = `http://${host}`;
  await writeFile(config, appIni(folder, port));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, GITEA_WORK_DIR: folder };
  const isReady = async () => (await fetch(`${url}/api/healthz`)).ok;
  stack.use(await startServerProgram({ program, args: ['--config', config, 'web'], env, isReady }));

  const password = randomBytes(12).toString('hex');
  const admin = ['--username', ADMIN, '--password', password, '--email', 'admin@e2e.example', '--admin'];
  const create = ['--config', config, 'admin', 'user', 'create', '--must-change-password=false', ...admin];
  await promisify(execFile)(program, create, { env });
  const tokenOf = async (user: string, scopes: readonly string[]) => {
    const authorization = `Basic ${btoa(`${user}:${password}`)}`;
    const body = { name: 'e2e', scopes };
    return textField(await callApi(url, authorization, 'POST', `/users/${user}/tokens`, body), 'sha1');
  };
  const token = await tokenOf(ADMIN, ['all']);
  const api: Gitea['api'] = (method, path, body, by = token) => callApi(url, `token ${by}`, method, path, body);
  const owned = stack.move();
  return {
    ...{ url, host, user: ADMIN, token, api },
    async createUser(name, scopes) {
      const user = { username: name, email: `${name}@e2e.example`, password, must_change_password: false };
      await api('POST', '/admin/users', user);
      return await tokenOf(name, scopes);
    },
    async createRepository(name) {
      const made = await api('POST', '/user/repos', { name, auto_init: true, default_branch: 'main' });
      return textField(made, 'clone_url');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function callApi(url: string, authorization: string, method: string, path: string, body?: object) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Gitea answered ${response.status} to ${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

function textField(document: unknown, name: string): string {
  const value: unknown = Object.entries(document ?? {}).find(([key]) => key === name)?.[1];
  if (typeof value !== 'string') throw new Error(`Gitea's answer has no ${name}`);
  return value;
}

function appIni(folder: string, port: number): string {
  return `RUN_USER = ${userInfo().username}
RUN_MODE = prod
WORK_PATH = ${folder}
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
STATIC_ROOT_PATH = ${giteaStatic}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}
[security]
INSTALL_LOCK = true
SECRET_KEY = ${randomBytes(32).toString('hex')}
[repository]
DEFAULT_BRANCH = main
[indexer]
ISSUE_INDEXER_TYPE = db
[webhook]
ALLOWED_HOST_LIST = loopback
[actions]
ENABLED = false
[log]
LEVEL = Warn
`;
}
