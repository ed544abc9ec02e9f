/**
 * Bundles the program into dist/ (or the folder that is named): a small entry, chunks that are loaded when something
 * needs them, and the licences of what is bundled.
 */
import { chmod, glob, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RolldownOutput, rolldown } from 'rolldown';

/**
 * Lets a shell start Node with "--" before the program, and is nothing but a string and a comment to Node. Without it
 * Node takes our `--env-file` for its own, wherever it stands, and obeys a NODE_OPTIONS in that file: whoever writes a
 * build's results could run code beside the credentials of the deployment. Not every `env` knows -S.
 * https://github.com/nodejs/node/issues/54232
 */
const START = `#!/usr/bin/env sh
":" //; exec node -- "$0" "$@"`;

const root = import.meta.dirname;
const dist = resolve(process.argv[2] ?? `${root}/dist`);

await rm(dist, { recursive: true, force: true });
const output = await writeBundle(await neededNodeMajor());
await writeFile(`${dist}/NOTICES.txt`, await notices(packagesIn(output)));
await chmod(`${dist}/tiphys.js`, 0o755);

/** The oldest major version of Node that "engines" in package.json allows. */
async function neededNodeMajor(): Promise<string> {
  const { engines } = JSON.parse(await readFile(`${root}/package.json`, 'utf8'));
  const [major] = /\d+/.exec(engines.node) ?? [];
  if (major === undefined) throw new Error('"engines" in package.json names no version of Node');
  return major;
}

async function writeBundle(nodeMajor: string): Promise<RolldownOutput> {
  await using bundle = await rolldown({
    cwd: root,
    input: { tiphys: fileURLToPath(import.meta.resolve('./launcher.ts')) },
    platform: 'node',
    transform: { define: { NEEDED_NODE_MAJOR: nodeMajor } },
  });
  return await bundle.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    banner: ({ isEntry }) => (isEntry ? START : ''),
    // Names and lines stay, so that the stack trace in a report of a bug can be read.
    minify: false,
    sourcemap: false,
  });
}

/** Names of the npm packages whose code is in the bundle. */
function packagesIn({ output }: RolldownOutput): string[] {
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const names = modules.map((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/** The licences of these packages, which ask to go with every copy. */
async function notices(packages: readonly string[]): Promise<string> {
  const parts = packages.map(async (name) => {
    const folder = `${root}/node_modules/${name}`;
    const { license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    if (license === 'Unlicense') return `${name}\n\nIn the public domain (https://unlicense.org).\n`;
    const [file] = await Array.fromAsync(glob('LICEN[CS]E*', { cwd: folder }));
    if (file === undefined) throw new Error(`${name} comes without a licence file, which its bundled copy needs`);
    return `${name}\n\n${(await readFile(`${folder}/${file}`, 'utf8')).trim()}\n`;
  });
  return (await Promise.all(parts)).join(`\n${'-'.repeat(80)}\n\n`);
}
