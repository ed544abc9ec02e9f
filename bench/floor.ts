// The least that any tool must do for the 500 applications: list 50 repositories at once, fetch, change one line in
// 500 files, commit, push; the bare git commands, with nothing decided and nothing checked.
// node bench/floor.ts REGISTRY REPOSITORIES REPO_URL FOLDER
import { spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { request } from 'undici';

const [registry = '', repositories = '0', repoURL = '', folder = ''] = process.argv.slice(2);

async function git(args: readonly string[], input?: string): Promise<Buffer> {
  const child = spawn('git', args, { cwd: folder, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'ignore'] });
  child.stdin?.end(input);
  const [output, status] = await Promise.all([
    child.stdout ? buffer(child.stdout) : Buffer.alloc(0),
    new Promise((resolve) => child.once('close', resolve)),
  ]);
  if (status !== 0) throw new Error(`git ${args[0]} left with ${status}`);
  return output;
}

async function listTags(): Promise<string> {
  const lists = Array.from({ length: Number(repositories) }, async (_, n) => {
    const { body } = await request(`http://${registry}/v2/acme/app-${n}/tags/list`);
    return body.json();
  });
  const [first] = await Promise.all(lists);
  const tags = first !== null && typeof first === 'object' && 'tags' in first ? first.tags : [];
  return Array.isArray(tags) ? String(tags.at(-1)) : '';
}

async function fetchBlobs(): Promise<{ head: string; files: readonly { path: string; text: string }[] }> {
  await git(['init', '--quiet', '--bare', '.']);
  await appendFile(
    join(folder, 'config'),
    `[remote "origin"]\n\turl = ${repoURL}\n\tpromisor = true\n\tpartialclonefilter = blob:none\n`,
  );
  await git([
    'fetch',
    '--quiet',
    '--no-tags',
    '--depth=1',
    '--filter=blob:none',
    'origin',
    '+main:refs/remotes/origin/main',
  ]);
  const entries = (await git(['ls-tree', '-z', '-r', 'refs/remotes/origin/main']))
    .toString()
    .split('\0')
    .filter((entry) => entry.endsWith('kustomization.yaml'))
    .map((entry) => ({ blob: entry.slice(12, 52), path: entry.slice(53) }));
  const blobs = [...new Set(entries.map(({ blob }) => blob))].map((blob) => `${blob}\n`).join('');
  await git(
    [
      '-c',
      'fetch.negotiationAlgorithm=noop',
      'fetch',
      '--quiet',
      'origin',
      '--no-tags',
      '--no-write-fetch-head',
      '--recurse-submodules=no',
      '--filter=blob:none',
      '--stdin',
    ],
    blobs,
  );
  const contents = await git(['cat-file', '--batch'], entries.map(({ blob }) => `${blob}\n`).join(''));
  const files = [];
  let at = 0;
  for (const { path } of entries) {
    const line = contents.indexOf('\n', at);
    const size = Number(contents.toString('utf8', at, line).split(' ')[2]);
    files.push({ path, text: contents.toString('utf8', line + 1, line + 1 + size) });
    at = line + size + 2;
  }
  return { head: (await git(['rev-parse', 'refs/remotes/origin/main'])).toString().trim(), files };
}

const [tag, { head, files }] = await Promise.all([listTags(), fetchBlobs()]);
const stream = files.map(({ path, text }) => {
  const changed = text.replace(/newTag: .*/, `newTag: ${tag}`);
  return `M 100644 inline ${path}\ndata ${Buffer.byteLength(changed)}\n${changed}\n`;
});
await git(
  ['fast-import', '--quiet', '--force', '--date-format=raw'],
  `feature done\ncommit refs/heads/_w\ncommitter bench <bench@localhost> 1760000000 +0000\ndata 6\nupdate\nfrom ${head}\n${stream.join('')}done\n`,
);
await git([
  'push',
  '--quiet',
  '--porcelain',
  `--force-with-lease=refs/heads/main:${head}`,
  'origin',
  'refs/heads/_w:refs/heads/main',
]);
