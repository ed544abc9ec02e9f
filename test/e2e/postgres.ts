import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresAddress } from '../../src/core/postgres-address.ts';
import { freePort, startServerProgram } from './server-program.ts';

const exec = promisify(execFile);

export interface Postgres extends AsyncDisposable {
  /** An empty database, by its address. */
  createDatabase(): Promise<PostgresAddress>;
  /** Stops the server at once, as an outage does, and starts it again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** One statement in one of its databases; the first column of every row. */
  ask(database: string, statement: string): Promise<readonly string[]>;
}

const USER = 'e2e';

/** For --store; nobody asks for a password. */
export function postgresUrl({ user, host, port, database }: PostgresAddress): string {
  return `postgres://${user}@${host}:${port}/${database}?sslmode=disable`;
}

/**
 * PostgreSQL on a free loopback port, with all it keeps in a temporary folder.
 * @param initdb  beside it lie the other programs
 */
export async function startPostgres(initdb: string): Promise<Postgres> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'tiphys-postgres-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const [programs, data, port] = [dirname(await realpath(initdb)), join(folder, 'data'), await freePort()];
  await mkdir(data, { mode: 0o700 });
  const owner = await serverUser(data, folder);
  const env = { PATH: process.env['PATH'] ?? '', HOME: data, ...(owner && { LC_ALL: 'C' }) };
  const made = ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale', 'C', '--no-sync'];
  const [command = initdb, ...before] = asServerUser(owner, initdb);
  await exec(command, [...before, ...made], { cwd: data, env });
  const ask = async (database: string, statement: string) => {
    const login = ['-h', '127.0.0.1', '-p', String(port), '-U', USER, '-d', database, '-X', '-A', '-t'];
    const { stdout } = await exec(join(programs, 'psql'), [...login, '-c', statement], { cwd: '/', env });
    return stdout.split('\n').filter((line) => line !== '');
  };
  let server: AsyncDisposable | undefined;
  const start = async () => {
    const options = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      full_page_writes: 'off',
    };
    const settings = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const [program = '', ...args] = asServerUser(owner, join(programs, 'postgres'));
    const isReady = async () => (await ask('postgres', 'SELECT 1')).length > 0;
    server = await startServerProgram({
      ...{ program, env, isReady },
      args: [...args, '-D', data, '-p', String(port), ...settings],
      // SIGTERM would wait for every client to leave.
      signal: 'SIGINT',
    });
  };
  const stop = async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  };
  stack.defer(stop);
  await start();
  let databases = 0;
  const owned = stack.move();
  return {
    ...{ ask, start, stop },
    async createDatabase() {
      databases += 1;
      const database = `tiphys_${databases}`;
      await ask('postgres', `CREATE DATABASE ${database}`);
      return {
        ...{ host: '127.0.0.1', port, database, user: USER, password: undefined },
        ...{ tls: 'disable', rootCertificates: undefined },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface ServerUser {
  readonly uid: string;
  readonly gid: string;
}

/** PostgreSQL refuses to run as root; then it runs as the user that Debian made for it, which gets the data folder. */
async function serverUser(data: string, folder: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid = '', gid = ''] = await Promise.all(
    ['-u', '-g'].map(async (option) => (await exec('id', [option, 'postgres'])).stdout.trim()),
  );
  await chmod(folder, 0o711);
  await chown(data, Number(uid), Number(gid));
  return { uid, gid };
}

/** setpriv becomes the program. A change of the user forgets which signal the parent's death sends, so it is said again. */
function asServerUser(user: ServerUser | undefined, program: string): readonly string[] {
  if (user === undefined) return [program];
  return [
    '/usr/bin/setpriv',
    '--reuid',
    user.uid,
    '--regid',
    user.gid,
    '--clear-groups',
    ...['--pdeathsig', 'INT'],
    '--',
    program,
  ];
}
