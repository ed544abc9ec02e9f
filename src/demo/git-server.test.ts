import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import type { FileContent } from './bare-repository.ts';
import { type GitServerOptions, startGitServer } from './git-server.ts';

const folders: string[] = [];
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tiphys-git-server-'));
  folders.push(path);
  return path;
}
afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true, force: true });
});

const run = promisify(execFile);
const env = {
  PATH: process.env['PATH'] ?? '',
  LC_ALL: 'C',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};
const git = async (cwd: string, ...args: string[]) => (await run('git', args, { cwd, env })).stdout;
const files = new Map([['a/hello.txt', 'hello\n']]);
const start = async (options: Partial<GitServerOptions> = {}) => startGitServer({ root: await folder(), ...options });

/** The status of a plain request, by a path that no client would tidy first. */
function statusOf(url: string, path: string): Promise<number | undefined> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('startGitServer', () => {
  test('serves what createRepository made: files, scripts and links', async () => {
    await using server = await start();
    const content = new Map<string, FileContent>([
      ['a/hello.txt', 'hello\n'],
      ['run.sh', { executable: '#!/bin/sh\n' }],
      ['link', { link: 'a/hello.txt' }],
    ]);
    const repository = await server.createRepository('team/demo.git', { files: content, branch: 'trunk' });
    const work = await folder();
    await git(work, 'clone', '--quiet', repository.url, '.');
    expect(await readFile(join(work, 'link'), 'utf8')).toBe('hello\n');
    expect(await git(work, 'ls-files', '--stage')).toMatch(/100755 .*run\.sh/);
    expect((await git(work, 'branch', '--show-current')).trim()).toBe('trunk');
  });

  test('takes pushes, also those that are too large to be sent in one piece', async () => {
    await using server = await start();
    const repository = await server.createRepository('demo.git', { files });
    const work = await folder();
    await git(work, 'clone', '--quiet', repository.url, '.');
    await writeFile(join(work, 'big'), Buffer.from(Array.from({ length: 3_000_000 }, () => Math.random() * 256)));
    await git(work, 'add', '.');
    await git(work, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit', '--quiet', '--message', 'big');
    await git(work, 'push', '--quiet', 'origin', 'main');
    const pushed = await git(repository.path, 'rev-parse', 'main');
    expect(pushed).toBe(await git(work, 'rev-parse', 'HEAD'));
  });

  test('lets blobs be left out, unless the repository is made without', async () => {
    await using server = await start();
    const { url: partial } = await server.createRepository('partial.git', { files });
    const { url: whole } = await server.createRepository('whole.git', { files, allowFilter: false });
    const missing = async (url: string) => {
      const work = await folder();
      await git(work, 'clone', '--quiet', '--bare', '--filter=blob:none', url, '.');
      return await git(work, 'rev-list', '--all', '--objects', '--missing=print');
    };
    expect(await missing(partial)).toContain('?');
    expect(await missing(whole)).not.toContain('?');
  });

  test('asks for a password when it has one', async () => {
    await using server = await start({ auth: { username: 'bot', password: 'p w:1' } });
    const { url } = await server.createRepository('demo.git', { files });
    await expect(git('/', 'ls-remote', url)).rejects.toThrow(/could not read Username/);
    const wrong = url.replace('//', '//bot:nope@');
    await expect(git('/', 'ls-remote', wrong)).rejects.toThrow(/Authentication failed/);
    expect(await git('/', 'ls-remote', url.replace('//', '//bot:p%20w%3A1@'))).toContain('refs/heads/main');
  });

  test('serves nothing outside its folder', async () => {
    await using server = await start();
    await server.createRepository('demo.git', { files });
    const tail = 'info/refs?service=git-upload-pack';
    expect(await statusOf(server.url, `/demo.git/${tail}`)).toBe(200);
    for (const path of ['/../x.git', '/%2e%2e/x.git', '//etc', '/demo.git/../demo.git', '/%00', '/%zz', '/nope.git']) {
      expect(await statusOf(server.url, `${path}/${tail}`), path).toBe(404);
    }
  });

  test('remembers requests and lets a test step in', async () => {
    await using server = await start({
      intercept: ({ path }, response) => {
        if (!path.includes('broken')) return false;
        response.writeHead(500).end();
        return true;
      },
    });
    const { url } = await server.createRepository('demo.git', { files });
    await git('/', 'ls-remote', url);
    await expect(git('/', 'ls-remote', `${server.url}/broken.git`)).rejects.toThrow(/500/);
    expect(server.requests.map(({ path }) => path)).toContain('/demo.git/info/refs?service=git-upload-pack');
  });

  test('stops at once although a client is still waiting', async () => {
    const server = await start({ intercept: () => true });
    const waiting = git('/', 'ls-remote', `${server.url}/demo.git`).then(
      () => 'answered',
      () => 'cut off',
    );
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await server[Symbol.asyncDispose]();
    expect(await waiting).toBe('cut off');
  });
});
