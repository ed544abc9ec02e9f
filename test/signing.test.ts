import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { makeSigningKeys } from './support/signing-keys.ts';
import { application, startWorld } from './support/world.ts';

const keys = await makeSigningKeys({ name: 'Bot', email: 'bot@example.com' });
afterAll(() => keys[Symbol.asyncDispose]());

for (const [method, key] of [
  ['ssh', keys.ssh],
  ['openpgp', keys.openpgp],
] as const) {
  const without = key ? '' : ' (SKIPPED: no program)';
  test.skipIf(!key)(`the whole program signs by ${method}, signs off, and fills in the author${without}`, async () => {
    if (!key) return;
    await using world = await startWorld();
    world.putTags('acme/web', '1.0.0', '1.1.0');
    const image = `${world.registry.host}/acme/web`;
    const kustomization = `images:\n  - name: ${image}\n    newTag: 1.0.0\n`;
    const { url, path } = await world.repository('deploy', new Map([['kustomization.yaml', kustomization]]));
    const settings = { 'image-list': `web=${image}:1.x`, 'write-back-target': 'kustomization' };
    await world.manifests('shop.yaml', application('shop', { repoURL: url }, settings));
    const { env } = keys;
    const { code, stderr } = await world.tiphys(
      ['run', '--once', '--git-commit-signing-key', key.key, '--git-commit-sign-off'],
      {
        GNUPGHOME: env['GNUPGHOME'] ?? '',
        GIT_COMMIT_SIGNING_METHOD: method,
        GIT_COMMIT_USER: 'Bot of {{.AppName}}',
        GIT_COMMIT_EMAIL: 'bot@example.com',
      },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const verified = await promisify(execFile)('git', [...key.verifying, 'verify-commit', 'main'], { cwd: path, env });
    expect(verified.stderr).toMatch(/Good .*signature/);
    const said = await world.gitIn(
      path,
      'log',
      '-1',
      '--format=%an|%cn|%(trailers:key=Signed-off-by,valueonly)',
      'main',
    );
    expect(said.trim()).toBe('Bot of shop|Bot of shop|Bot of shop <bot@example.com>');
  });
}
