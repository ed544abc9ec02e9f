import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'tiphys-build-'));
const dist = join(folder, 'dist');
const tiphys = join(dist, 'tiphys.js');

beforeAll(() => {
  // As the real one does, it makes modules of .js files; an old Node does not see it by itself.
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const built = spawnSync(process.execPath, [join(root, 'build.ts'), dist], { encoding: 'utf8' });
  expect(built).toMatchObject({ status: 0, stderr: '' });
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, ...args: readonly string[]) {
  const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;
  const env = { ...process.env, PATH, NODE_COMPILE_CACHE: join(dist, 'cache') };
  return spawnSync(program, args, { encoding: 'utf8', env });
}

describe('the built program', () => {
  test('starts by itself and knows its version', () => {
    expect(() => accessSync(tiphys, constants.X_OK)).not.toThrow();
    expect(run(tiphys, 'version').stdout).toMatch(`tiphys ${version} (Node `);
    expect(run(process.execPath, tiphys, 'version').stdout).toMatch(`tiphys ${version} (Node `);
  });

  test('reads --env-file itself, where Node would obey the NODE_OPTIONS in it', () => {
    const envFile = join(folder, 'build.env');
    const intruder = join(folder, 'intruder.cjs');
    const kustomization = join(folder, 'kustomization.yaml');
    writeFileSync(intruder, 'console.log("an intruder");');
    writeFileSync(envFile, `IMAGE_NAME=acme/web\nIMAGE_TAG=1.5\nNODE_OPTIONS=--require=${intruder}\n`);
    writeFileSync(kustomization, 'images: [{name: acme/web, newTag: "1.4"}]\n');
    const { status, stdout } = run(tiphys, 'set-image', kustomization, '--env-file', envFile);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^diff .*newTag: "1\.5"}\]\n$/s) });
    const missing = run(tiphys, 'set-image', kustomization, `--env-file=${envFile}.gone`);
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining('build.env.gone') });
  });

  test('loads nothing that serves or traces for it', () => {
    const hook = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
    const { stderr } = run(
      process.execPath,
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      tiphys,
      'version',
    );
    const loaded = stderr.split('\n').filter((url) => url.startsWith('file:'));
    const texts = loaded.map((url) => readFileSync(new URL(url), 'utf8'));
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) expect(text).not.toMatch(/tiphys_cycles_total|opentelemetry\.js\.api|WebhookServer/);
  });

  test('holds no path of the machine that built it', () => {
    for (const file of globSync('**/*.js', { cwd: dist })) {
      expect(readFileSync(join(dist, file), 'utf8')).not.toContain(`${root}/`);
    }
  });

  test('carries the licences of what is bundled', () => {
    expect(readFileSync(join(dist, 'NOTICES.txt'), 'utf8')).toMatch(
      /^@opentelemetry\/api\n[\s\S]*\ncommander\n[\s\S]*\nyaml\n/,
    );
  });

  test('answers an old Node in one line, with the remedy', () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "25.9.0" } })';
    const { status, stdout, stderr } = run(process.execPath, '--import', `data:text/javascript,${pretend}`, tiphys);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^tiphys: this is Node 25\.9\.0, but Node 26 or later is needed: run "npm ci" .*\n$/);
  });

  const old = olderNode();
  test.skipIf(old === undefined)('is read far enough by a Node that is really old (needs one on the PATH)', () => {
    expect(run(old ?? '', tiphys, 'version')).toMatchObject({ status: 2, stdout: '' });
  });
});

function olderNode(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return places.find((node) => {
    const found = existsSync(node) ? spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout : '';
    return Number.parseInt(found.slice(1), 10) < 26;
  });
}
