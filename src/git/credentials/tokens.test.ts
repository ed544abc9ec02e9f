import { createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CloudRequest, startCloud } from '../../../test/support/clouds.ts';
import { startProxy } from '../../../test/support/connect-proxy.ts';
import { startSocksProxy } from '../../../test/support/socks-proxy.ts';
import { parseRemote } from '../remote-url.ts';
import { asker } from './ask.ts';
import { chooseCredential } from './choose.ts';
import type { TokenAddresses } from './credential.ts';
import { openTokens } from './tokens.ts';

const signal = AbortSignal.timeout(600_000);
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const NOW_MS = Date.parse('2026-05-06T07:08:09Z');
const NOW_S = NOW_MS / 1000;
const nowhere: TokenAddresses = {
  google: 'http://127.0.0.1:9/',
  azureAuthority: 'http://127.0.0.1:9',
  githubApi: () => undefined,
};

/** What a token says, when the signature is ours. */
function verified(token: string): { readonly header: unknown; readonly claims: unknown } {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const isOurs = createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(publicKey, signature, 'base64url');
  if (!isOurs) throw new Error('the signature is not ours');
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(header), claims: read(claims) };
}

interface Given {
  readonly data: Readonly<Record<string, string>>;
  readonly repoURL?: string;
  readonly addresses?: Partial<TokenAddresses>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Shows the credential of a repository Secret, and again as often as asked. */
function shower({ data, repoURL = 'https://git.example.com/acme/shop.git', addresses = {}, env = {} }: Given) {
  const remote = parseRemote(repoURL);
  if (!remote.ok) throw new Error(remote.problem);
  const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
  const secrets = [{ namespace: 'argocd', name: 'repo', labels, data: { url: repoURL, ...data } }];
  const sources = { secrets, argocdNamespace: 'argocd', env };
  const { credential, connection } = chooseCredential(remote.value, { repoURL, project: 'default' }, sources);
  const tokens = openTokens();
  const ask = asker({ env, connection, authorityOf: async () => undefined, isOwnHost: () => true });
  let nowMs = NOW_MS;
  return {
    show: (until = signal) =>
      tokens.show(credential, { env, addresses: { ...nowhere, ...addresses }, now: () => nowMs, ask }, until),
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('a GitHub App', () => {
  const app = { githubAppID: '7', githubAppInstallationID: '42', githubAppPrivateKey: PEM };
  const token = { token: 'ghs_1', expires_at: new Date(NOW_MS + 3_600_000).toISOString() };
  const jwtOf = ({ headers }: CloudRequest) => String(headers.authorization).replace(/^Bearer /, '');
  const at = (url: string) => ({ githubAppEnterpriseBaseUrl: `${url}/api/v3/` });

  test('signs for ten minutes at most, from a minute ago, and asks for no more rights than it has', async () => {
    await using github = await startCloud(() => token);
    const shown = await shower({ data: { ...app, ...at(github.url) } }).show();
    const apiBase = `${github.url}/api/v3`;
    expect(shown).toEqual({ kind: 'github-app', token: 'ghs_1', apiBase, source: 'the Secret argocd/repo' });
    const [request] = github.seen;
    expect(`${request?.method} ${request?.url.pathname}`).toBe('POST /api/v3/app/installations/42/access_tokens');
    expect(request?.body).toBe('');
    expect(request && verified(jwtOf(request))).toEqual({
      header: { alg: 'RS256', typ: 'JWT' },
      claims: { iss: '7', iat: NOW_S - 60, exp: NOW_S + 540 },
    });
  });

  for (const [kind, paths] of [
    ['an organisation', ['/api/v3/orgs/acme/installation']],
    ['a person', ['/api/v3/orgs/acme/installation', '/api/v3/users/acme/installation']],
  ] as const) {
    test(`without an installation id finds that of ${kind}`, async () => {
      const answers = (path: string) =>
        path.endsWith('/access_tokens') ? token : path === paths.at(-1) ? { id: 99 } : 404;
      await using github = await startCloud(({ url }) => answers(url.pathname));
      const { githubAppInstallationID: _, ...rest } = app;
      expect(await shower({ data: { ...rest, ...at(github.url) } }).show()).toMatchObject({ token: 'ghs_1' });
      const asked = github.seen.map(({ url }) => url.pathname);
      expect(asked).toEqual([...paths, '/api/v3/app/installations/99/access_tokens']);
    });
  }

  test('is asked once by everybody, and again five minutes before the token ends', async () => {
    let count = 0;
    await using github = await startCloud(() => {
      count += 1;
      return { token: `ghs_${count}`, expires_at: new Date(NOW_MS + count * 3_600_000).toISOString() };
    });
    const { show, wait } = shower({ data: { ...app, ...at(github.url) } });
    await Promise.all([show(), show(), show()]);
    wait(54 * 60_000);
    expect(await show()).toMatchObject({ token: 'ghs_1' });
    wait(2 * 60_000);
    expect(await show()).toMatchObject({ token: 'ghs_2' });
    expect(github.seen.length).toBe(2);
  });

  test('whoever goes away does not take it from the others', async () => {
    await using github = await startCloud(() => token);
    const { show } = shower({ data: { ...app, ...at(github.url) } });
    const leaving = new AbortController();
    const first = show(leaving.signal);
    const second = show();
    leaving.abort();
    await expect(first).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await second).toMatchObject({ token: 'ghs_1' });
  });

  test.each([
    ['http', startProxy],
    ['socks5h', startSocksProxy],
  ])('is asked through the %s proxy of the Secret', async (scheme, start) => {
    await using github = await startCloud(() => token);
    await using proxy = await start({ login: 'user:p@ss' });
    const through = { proxy: proxy.url.replace(/^\w+:\/\//, `${scheme}://user:p%40ss@`) };
    const { show } = shower({ data: { ...app, ...at(github.url), ...through } });
    expect(await show()).toMatchObject({ token: 'ghs_1' });
    expect(proxy.seen.join()).toContain(new URL(github.url).host);
  });

  test('a refusal is told without the key, and is not kept', async () => {
    let answer: number | object = 401;
    await using github = await startCloud(() => answer);
    const { show } = shower({ data: { ...app, ...at(github.url) } });
    const failure = await show().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'CREDENTIALS_INVALID',
      message: expect.stringMatching(/^GitHub, token for installation 42 .*answered 401 \(refused\)$/),
    });
    expect(`${failure}`).not.toMatch(/eyJ|PRIVATE/);
    answer = token;
    expect(await show()).toMatchObject({ token: 'ghs_1' });
  });

  test('a redirect is not followed', async () => {
    await using github = await startCloud(() => 302);
    await expect(shower({ data: { ...app, ...at(github.url) } }).show()).rejects.toMatchObject({
      message: expect.stringContaining('answered 302'),
    });
  });

  for (const [repoURL, expected] of [
    ['https://github.com/acme/shop', 'https://api.github.com'],
    ['https://acme.ghe.com/acme/shop', 'https://api.acme.ghe.com'],
    ['https://git.example.com/acme/shop', undefined],
  ] as const) {
    test(`for ${repoURL} asks ${expected ?? 'nobody, because nobody is named'}`, async () => {
      const asked: string[] = [];
      const { TOKEN_ADDRESSES } = await import('./token-addresses.ts');
      const ask = async (_: unknown, { url }: { readonly url: URL }) => {
        asked.push(url.origin);
        return { status: 201, json: token };
      };
      const remote = parseRemote(repoURL);
      if (!remote.ok) throw new Error(remote.problem);
      const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
      const secrets = [{ namespace: 'argocd', name: 'repo', labels, data: { url: repoURL, ...app } }];
      const ref = { repoURL, project: 'default' };
      const { credential } = chooseCredential(remote.value, ref, { secrets, argocdNamespace: 'argocd', env: {} });
      const around = { env: {}, addresses: TOKEN_ADDRESSES, now: () => NOW_MS, ask };
      const shown = await openTokens()
        .show(credential, around, signal)
        .catch((error: unknown) => error);
      if (expected === undefined) {
        expect(shown).toMatchObject({ code: 'CREDENTIALS_INVALID', fix: expect.stringContaining('EnterpriseBaseUrl') });
      } else expect(shown).toMatchObject({ apiBase: expected });
      expect(asked).toEqual(expected === undefined ? [] : [expected]);
    });
  }
});

describe('a Google service account', () => {
  test('signs for a token, which is the password of its address', async () => {
    await using google = await startCloud(() => ({ access_token: 'ya29.x', expires_in: 3599 }));
    const email = 'bot@acme.iam.gserviceaccount.com';
    // Where tokens are given out is fixed: a key file cannot send the signature elsewhere.
    const elsewhere = { token_uri: 'http://127.0.0.1:9/evil' };
    const key = { type: 'service_account', client_email: email, private_key: PEM, private_key_id: 'k1', ...elsewhere };
    const data = { gcpServiceAccountKey: JSON.stringify(key) };
    const shown = await shower({ data, addresses: { google: `${google.url}/token` } }).show();
    expect(shown).toMatchObject({ kind: 'password', username: email, password: 'ya29.x' });
    const form = google.seen[0]?.form ?? {};
    expect(form['grant_type']).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    expect(verified(form['assertion'] ?? '')).toEqual({
      header: { alg: 'RS256', typ: 'JWT', kid: 'k1' },
      claims: {
        iss: email,
        scope: 'https://www.googleapis.com/auth/cloud-platform',
        aud: `${google.url}/token`,
        iat: NOW_S,
        exp: NOW_S + 3600,
      },
    });
  });
});

describe('Azure DevOps', () => {
  const SCOPE = '499b84ac-1321-427f-aa17-267ca6975798/.default';
  const repoURL = 'https://dev.azure.com/acme/shop/_git/deploy';

  test('is opened by workload identity', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tiphys-azure-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'token'), 'federated.jwt\n');
    await using entra = await startCloud(() => ({ access_token: 'entra', expires_in: 3599 }));
    const env = {
      AZURE_CLIENT_ID: 'client',
      AZURE_TENANT_ID: 'tenant-1',
      AZURE_FEDERATED_TOKEN_FILE: join(folder, 'token'),
      AZURE_AUTHORITY_HOST: `${entra.url}/`,
    };
    const { show } = shower({ data: { useAzureWorkloadIdentity: 'true' }, repoURL, env });
    expect(await show()).toEqual({ kind: 'bearer', token: 'entra', source: 'the Secret argocd/repo' });
    expect(entra.seen[0]?.url.pathname).toBe('/tenant-1/oauth2/v2.0/token');
    expect(entra.seen[0]?.form).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      scope: SCOPE,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'federated.jwt',
    });
  });

  test('and by a service principal, in both spellings', async () => {
    await using entra = await startCloud(() => ({ access_token: 'entra' }));
    for (const id of ['Id', 'ID']) {
      const data = {
        [`azureServicePrincipalClient${id}`]: 'client',
        [`azureServicePrincipalTenant${id}`]: 'tenant-1',
        azureServicePrincipalClientSecret: 's3cret',
      };
      const { show } = shower({ data, repoURL, addresses: { azureAuthority: entra.url } });
      expect(await show()).toMatchObject({ kind: 'bearer', token: 'entra' });
      expect(entra.seen.at(-1)?.form).toEqual({
        grant_type: 'client_credentials',
        client_id: 'client',
        scope: SCOPE,
        client_secret: 's3cret',
      });
    }
  });

  for (const [what, env, endpoint, message] of [
    ['a process without an identity', {}, undefined, /this process has none/],
    ['an authority by plain HTTP', {}, 'http://login.example.com', /authority is not an https/],
    ['an authority on the own link', {}, 'https://169.254.169.254', /own link/],
  ] as const) {
    test(`${what} is told`, async () => {
      const principal = {
        azureServicePrincipalClientId: 'c',
        azureServicePrincipalTenantId: 't',
        azureServicePrincipalClientSecret: 's',
      };
      const data: Record<string, string> =
        endpoint === undefined
          ? { useAzureWorkloadIdentity: 'true' }
          : { ...principal, azureActiveDirectoryEndpoint: endpoint };
      await expect(shower({ data, repoURL, env }).show()).rejects.toMatchObject({
        code: 'CREDENTIALS_INVALID',
        message: expect.stringMatching(message),
      });
    });
  }
});
