import { existsSync } from 'node:fs';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificates } from '../../test/support/certificates.ts';
import { startProxy } from '../../test/support/connect-proxy.ts';
import { openLab, textBelow } from '../../test/support/git-lab.ts';
import { startTlsFront } from '../../test/support/tls-front.ts';
import { removeAbandonedFiles, writePrivateFiles } from './private-files.ts';

const signal = AbortSignal.timeout(600_000);
const TOKEN = 't0ken-of-the-bot';
const LOGIN = 'peter:pr0xy-pass';
const certificates = await makeCertificates();
const isLinux = process.platform === 'linux';
const lacks = [isLinux ? '' : 'needs /proc', certificates === undefined ? 'no openssl' : ''].filter(
  (one) => one !== '',
);

interface Glimpse {
  /** What is older is not ours. */
  readonly since: number;
  readonly commandLines: Set<string>;
  /** Mode bits of folders and files with secrets, by path. */
  readonly modes: Map<string, string>;
}

async function look({ since, commandLines, modes }: Glimpse): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    commandLines.add(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
  }
  for (const folder of (await readdir(tmpdir())).filter((name) => name.startsWith('tiphys-private-'))) {
    const names = await readdir(join(tmpdir(), folder)).catch(() => []);
    for (const path of ['', ...names].map((name) => join(tmpdir(), folder, name))) {
      const mode = await stat(path).catch(() => undefined);
      if (mode !== undefined && mode.birthtimeMs > since) modes.set(path, (mode.mode & 0o777).toString(8));
    }
  }
}

const skipped = lacks.length > 0 ? ` (SKIPPED: ${lacks.join(', ')})` : '';
test.skipIf(lacks.length > 0)(`a push shows nothing of what opens its way${skipped}`, async () => {
  if (certificates === undefined) return;
  const glimpse: Glimpse = { since: Date.now(), commandLines: new Set(), modes: new Map() };
  await using lab = await openLab({ auth: { username: 'bot', password: TOKEN } });
  await using front = await startTlsFront(lab.server.url, { certificates, asksForCertificate: true });
  await using proxy = await startProxy({ login: LOGIN });
  const repository = await lab.createRepository('r.git', { files: new Map([['values.yaml', 'tag: 1\n']]) });
  const hook = `#!/bin/sh\nsleep 1\necho 'thanks, ${TOKEN}' >&2\nexit 1\n`;
  await writeFile(join(repository.path, 'hooks', 'pre-receive'), hook, { mode: 0o755 });
  const url = `${front.url}/r.git`;
  const data = {
    url,
    username: 'bot',
    password: TOKEN,
    forceHttpBasicAuth: 'true',
    proxy: proxy.url.replace('//', `//${LOGIN}@`),
    tlsClientCertData: certificates.client.cert,
    tlsClientCertKey: certificates.client.key,
  };
  const place = { namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'repository' } };
  const git = lab.openGit({
    secrets: () => [{ ...place, name: 'repo', data }],
    configMaps: () => [{ ...place, name: 'argocd-tls-certs-cm', data: { localhost: certificates.ca } }],
  });
  const files = new Map([['values.yaml', Buffer.from('tag: 2\n')]]);
  const ref = { repoURL: url, branch: 'main', project: 'default' };
  const pushing = git.push(ref, async () => [{ message: 'm\n', files }], signal).catch((error: unknown) => error);
  let isOver = false;
  pushing.finally(() => {
    isOver = true;
  });
  while (!isOver) await look(glimpse);
  const failure = await pushing;
  expect(failure).toMatchObject({ code: 'GIT_PUSH_REFUSED', message: expect.stringContaining('thanks, ***') });

  const all = [...glimpse.commandLines].join('\n');
  expect(all).toContain('push\0--porcelain');
  const said = `${all}${failure}${JSON.stringify(failure)}${await textBelow(lab.stateDir)}`;
  for (const secret of [TOKEN, Buffer.from(`bot:${TOKEN}`).toString('base64'), 'pr0xy-pass']) {
    expect(said).not.toContain(secret);
  }
  const names = [...glimpse.modes.keys()].map((path) => path.split('/').at(-1));
  expect(names).toEqual(expect.arrayContaining(['authority.pem', 'certificate.pem', 'certificate.key']));
  for (const [path, mode] of glimpse.modes) {
    expect(`${path} ${mode}`).toBe(`${path} ${/tiphys-private-\w+\/?$/.test(path) ? '700' : '600'}`);
    await expect.poll(() => existsSync(path), { timeout: 10_000 }).toBe(false);
  }
});

test('what a process that was killed has left goes after an hour, and no sooner', async () => {
  await using fresh = await writePrivateFiles(new Map([['key', 'k']]));
  await using old = await writePrivateFiles(new Map([['key', 'k']]));
  const folderOf = ({ paths }: typeof old) => join(paths.get('key') ?? '', '..');
  const longAgo = new Date(Date.now() - 2 * 60 * 60_000);
  await utimes(folderOf(old), longAgo, longAgo);
  await removeAbandonedFiles();
  await expect(stat(folderOf(old))).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await stat(folderOf(fresh))).isDirectory()).toBe(true);
});
