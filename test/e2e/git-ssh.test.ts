import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KeyValueObject } from '../../src/core/objects/key-value-object.ts';
import { startProxy } from '../support/connect-proxy.ts';
import { LAB_ENV, openLab } from '../support/git-lab.ts';
import { startSocksProxy } from '../support/socks-proxy.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { findTool, missing } from './tools.ts';

const signal = AbortSignal.timeout(600_000);
const program = findTool('sshd');
const skipped = program === undefined ? ` (${missing('sshd')})` : '';
const compose = async () => [{ message: 'm\n', files: new Map([['values.yaml', Buffer.from('tag: 2\n')]]) }];
const place = { namespace: 'argocd', labels: {} };
const known = (lines: string): KeyValueObject => ({
  ...place,
  name: 'argocd-ssh-known-hosts-cm',
  data: { ssh_known_hosts: lines },
});

async function openSsh() {
  if (program === undefined) throw new Error('there is no sshd');
  const lab = await openLab();
  const repository = await lab.createRepository('team/r.git', { files: new Map([['values.yaml', 'tag: 1\n']]) });
  const sshd = await startSshd(program, join(lab.folder, 'served'));
  const url = `${sshd.url}/team/r.git`;
  const open = (
    data: Readonly<Record<string, string>>,
    configMaps: readonly KeyValueObject[] = [known(sshd.knownHosts)],
    env: Readonly<Record<string, string>> = {},
  ) => {
    const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
    const secrets = [{ ...place, labels, name: 'repo', data: { url, ...data } }];
    return lab.openGit({ secrets: () => secrets, configMaps: () => configMaps, env: { ...LAB_ENV, ...env } });
  };
  return {
    lab,
    repository,
    sshd,
    open,
    ref: { repoURL: url, branch: 'main', project: 'default' },
    [Symbol.asyncDispose]: async () => {
      await sshd[Symbol.asyncDispose]();
      await lab[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(program === undefined)(`git over ssh${skipped}`, () => {
  test('fetches and pushes with the key of the Secret, whose file goes away', async () => {
    await using ssh = await openSsh();
    const hook = join(ssh.repository.path, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\nsleep 1\n', { mode: 0o755 });
    const git = ssh.open({ sshPrivateKey: ssh.sshd.key });
    const leftByOthers = new Set(await readdir(tmpdir()));
    const isOurs = (name: string) => name.startsWith('tiphys-private-') && !leftByOthers.has(name);
    const pushing = git.push(ssh.ref, compose, signal);
    const modes = new Map<string, number>();
    const commandLines = new Set<string>();
    let isOver = false;
    pushing.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const folder of (await readdir(tmpdir())).filter(isOurs)) {
        const path = join(tmpdir(), folder, 'key');
        const found = await stat(path).catch(() => undefined);
        if (found !== undefined) modes.set(path, found.mode & 0o777);
      }
      for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
        commandLines.add(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
      }
    }
    expect((await pushing).kind).toBe('pushed');
    expect(await ssh.lab.show(ssh.repository, 'values.yaml')).toBe('tag: 2');
    expect(new Set(modes.values())).toEqual(new Set([0o600]));
    for (const path of modes.keys()) await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
    const lines = [...commandLines].join('\n');
    expect(lines).toContain('StrictHostKeyChecking=yes');
    expect(lines).not.toContain('PRIVATE KEY');
  });

  for (const [what, tell] of [
    ['a key with Windows line ends and without its last one', ({ key }: Sshd) => key.trim().replaceAll('\n', '\r\n')],
    ['a key with blanks around it', ({ key }: Sshd) => `\n ${key}\n`],
  ] as const) {
    test(`takes ${what}`, async () => {
      await using ssh = await openSsh();
      const tree = await ssh.open({ sshPrivateKey: tell(ssh.sshd) }).open(ssh.ref, signal);
      expect(tree.paths).toEqual(['values.yaml']);
    });
  }

  test('refuses a host that shows another key than the known one', async () => {
    await using ssh = await openSsh();
    await using other = await openSsh();
    const [, ...key] = other.sshd.knownHosts.split(' ');
    const [name] = ssh.sshd.knownHosts.split(' ');
    const git = ssh.open({ sshPrivateKey: ssh.sshd.key }, [known([name, ...key].join(' '))]);
    await expect(git.open(ssh.ref, signal)).rejects.toMatchObject({
      code: 'GIT_UNAUTHORIZED',
      message: expect.stringContaining('host key'),
    });
  });

  test('refuses a host that nobody knows, whatever the user’s own ssh trusts', async () => {
    await using ssh = await openSsh();
    const git = ssh.open({ sshPrivateKey: ssh.sshd.key }, [known('')], {
      GIT_SSH_COMMAND: 'ssh -o StrictHostKeyChecking=no',
    });
    await expect(git.open(ssh.ref, signal)).rejects.toMatchObject({
      code: 'GIT_UNAUTHORIZED',
      fix: expect.stringContaining('argocd-ssh-known-hosts-cm'),
    });
  });

  for (const key of ['insecure', 'insecureIgnoreHostKey']) {
    test(`asks no host for its key where the Secret says ${key}`, async () => {
      await using ssh = await openSsh();
      const git = ssh.open({ sshPrivateKey: ssh.sshd.key, [key]: 'true' }, [known('')]);
      expect((await git.open(ssh.ref, signal)).paths).toEqual(['values.yaml']);
    });
  }

  test('takes the user’s own known_hosts where no ConfigMap is given, and fails where there is none either', async () => {
    await using ssh = await openSsh();
    const home = join(ssh.lab.folder, 'home');
    const env = { HOME: home };
    const data = { sshPrivateKey: ssh.sshd.key };
    await expect(ssh.open(data, [], env).open(ssh.ref, signal)).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      fix: expect.stringContaining('ConfigMap argocd/argocd-ssh-known-hosts-cm'),
    });
    await mkdir(join(home, '.ssh'), { recursive: true });
    await writeFile(join(home, '.ssh', 'known_hosts'), ssh.sshd.knownHosts);
    expect((await ssh.open(data, [], env).open(ssh.ref, signal)).paths).toEqual(['values.yaml']);
  });

  for (const [what, tell, expected] of [
    ['a key that the server does not know', ({ strangeKey }: Sshd) => strangeKey, { code: 'GIT_UNAUTHORIZED' }],
    [
      'a key with a passphrase',
      ({ lockedKey }: Sshd) => lockedKey,
      { code: 'CREDENTIALS_INVALID', message: expect.stringContaining('sshPrivateKey has a passphrase') },
    ],
    [
      'a key that is cut off',
      ({ key }: Sshd) => key.replace(/\n[^\n]+\n(?=-----END)/, '\n'),
      { code: 'CREDENTIALS_INVALID', message: expect.stringContaining('the Secret argocd/repo') },
    ],
  ] as const) {
    test(`${what} is told, and asks nobody`, async () => {
      await using ssh = await openSsh();
      await expect(ssh.open({ sshPrivateKey: tell(ssh.sshd) }).open(ssh.ref, signal)).rejects.toMatchObject(expected);
    });
  }

  describe('through a proxy that the Secret names', () => {
    const LOGIN = 'peter:pr0xy-pass';
    /** Names that only the proxy can look up. */
    const behindProxy = async () => {
      const ssh = await openSsh();
      const elsewhere = (text: string) => text.replace('127.0.0.1', 'git.example');
      const url = elsewhere(ssh.ref.repoURL);
      const open = (proxy: string, hosts = elsewhere(ssh.sshd.knownHosts)) =>
        ssh.open({ url, sshPrivateKey: ssh.sshd.key, proxy }, [known(hosts)]);
      return { ...ssh, open, ref: { ...ssh.ref, repoURL: url }, place: new URL(url).host };
    };

    for (const [kind, start] of [
      ['CONNECT', startProxy],
      ['SOCKS5', startSocksProxy],
    ] as const) {
      test(`by ${kind}, with its password in no process list`, async () => {
        await using ssh = await behindProxy();
        await using proxy = await start({ login: LOGIN });
        const git = ssh.open(proxy.url.replace('//', `//${LOGIN}@`));
        const [pushed, lines] = await commandLinesDuring(git.push(ssh.ref, compose, signal));
        expect(pushed.kind).toBe('pushed');
        expect(await ssh.lab.show(ssh.repository, 'values.yaml')).toBe('tag: 2');
        expect(new Set(proxy.seen.map((line) => line.replace('CONNECT ', '')))).toEqual(new Set([ssh.place]));
        expect(lines).toContain(`HostKeyAlias=[git.example]:${ssh.place.split(':')[1]}`);
        expect(lines).not.toContain('pr0xy-pass');
      });
    }

    test('the host key is that of the host, and is checked', async () => {
      await using ssh = await behindProxy();
      await using proxy = await startProxy();
      const git = ssh.open(proxy.url, ssh.sshd.knownHosts);
      await expect(git.open(ssh.ref, signal)).rejects.toMatchObject({
        code: 'GIT_UNAUTHORIZED',
        message: expect.stringContaining('host key'),
      });
    });

    test('that refuses its password is told, without the password', async () => {
      await using ssh = await behindProxy();
      await using proxy = await startProxy({ login: LOGIN });
      const git = ssh.open(proxy.url.replace('//', '//peter:wr0ng-pass@'));
      const failure = await git.open(ssh.ref, signal).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'GIT_UNAUTHORIZED', message: expect.stringContaining('proxy') });
      expect(`${failure}${JSON.stringify(failure)}`).not.toContain('wr0ng-pass');
    });
  });

  test('no Secret’s proxy is put before the user’s own ssh, and it says so', async () => {
    await using ssh = await openSsh();
    const failure = await ssh
      .open({ proxy: 'http://u:pr0xy-pass@127.0.0.1:9' })
      .open(ssh.ref, signal)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CREDENTIALS_INVALID', message: expect.stringContaining('sshPrivateKey') });
    expect(`${failure}`).not.toContain('pr0xy-pass');
  });
});

/** What a promise comes to, and all command lines of this machine meanwhile. */
async function commandLinesDuring<T>(promise: Promise<T>): Promise<readonly [T, string]> {
  const lines = new Set<string>();
  let isOver = false;
  const noted = promise.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      lines.add(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
    }
  }
  return [await noted, [...lines].join('\n')];
}
