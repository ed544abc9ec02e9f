import { createPrivateKey, type KeyObject } from 'node:crypto';
import { signJwt } from '../../../core/jwt.ts';
import { parsed, unparsable } from '../../../core/parsed.ts';
import { isLoopback } from '../../../core/registry-endpoint.ts';
import { accepted, answered, invalidStep, type Step, type TokenRequest } from '../ask.ts';
import type { CredentialKind, TokenSurroundings } from '../credential.ts';
import { isTrue, textOf } from '../secret-fields.ts';

/** A GitHub App: its key signs for an installation token, which opens the repositories it is installed on. */
export const githubApp: CredentialKind = {
  id: 'github-app',
  keys: ['githubAppPrivateKey'],
  opens: 'http',
  read({ data, source }, { hostname, path }) {
    const pem = textOf(data, 'githubAppPrivateKey');
    if (pem === undefined) return undefined;
    const appId = textOf(data, 'githubAppID') ?? '';
    const installationId = textOf(data, 'githubAppInstallationID') ?? '0';
    const enterprise = textOf(data, 'githubAppEnterpriseBaseUrl');
    if (!/^[1-9]\d*$/.test(appId)) return unparsable('githubAppID is no number above 0');
    if (!/^\d+$/.test(installationId)) return unparsable('githubAppInstallationID is no number');
    const key = readRsaKey(pem);
    if (key === undefined) return unparsable('githubAppPrivateKey is not an RSA key in PEM form');
    const mayBePlain = isTrue(data, 'insecure');
    if (enterprise !== undefined && readBase(enterprise, mayBePlain) === undefined) {
      return unparsable('githubAppEnterpriseBaseUrl is not an https:// URL');
    }
    // A token is good for all repositories of one owner, as far as the App is installed on them.
    const [owner = ''] = path.split('/');
    const app = { appId, installationId, key, owner, source };
    return parsed({
      kind: 'token',
      source,
      id: JSON.stringify(['github-app', appId, installationId, pem, enterprise, hostname, owner]),
      issue: async (around) => {
        const base = enterprise === undefined ? around.addresses.githubApi(hostname) : enterprise;
        const api = base === undefined ? undefined : readBase(base, mayBePlain);
        if (api === undefined) throw invalidStep(STEP(source), `${hostname} is not GitHub's own host`);
        return await installationToken(app, api, around);
      },
    });
  },
};

interface App {
  readonly appId: string;
  /** "0": to be found out. */
  readonly installationId: string;
  readonly key: KeyObject;
  readonly owner: string;
  readonly source: string;
}

const STEP = (source: string): Step => ({
  name: `GitHub App of ${source}`,
  fix: 'put githubAppEnterpriseBaseUrl (https://HOST/api/v3) into the Secret, or correct the repoURL',
});

// GitHub refuses tokens from the future, and those that live longer than ten minutes.
const CLOCK_SKEW_S = 60;
const JWT_LIFETIME_S = 9 * 60;
const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app */
async function installationToken(app: App, api: string, around: TokenSurroundings) {
  const nowS = Math.floor(around.now() / 1000);
  const claims = { iat: nowS - CLOCK_SKEW_S, exp: nowS + JWT_LIFETIME_S, iss: app.appId };
  const headers = { ...HEADERS, authorization: `Bearer ${signJwt({}, claims, app.key)}` };
  const installation =
    app.installationId === '0' ? await findInstallation(app, api, headers, around) : app.installationId;
  const step = {
    name: `GitHub, token for installation ${installation} of the App of ${app.source}`,
    fix: 'see that githubAppID, githubAppInstallationID and githubAppPrivateKey belong together, the App is not \
suspended, and this machine knows the time',
  };
  const url = new URL(`${api}/app/installations/${installation}/access_tokens`);
  const request = { method: 'POST', url, headers } as const;
  const json = accepted(step, request, await around.ask(step, request));
  const expiresMs = Date.parse(String(json['expires_at']));
  const shown = { kind: 'github-app', token: answered(step, json, 'token'), apiBase: api, source: app.source } as const;
  return { shown, expiresMs: Number.isNaN(expiresMs) ? around.now() + 3_600_000 : expiresMs };
}

/** The repository's owner is an organisation or a person; only GitHub knows which. */
async function findInstallation(
  { owner, source }: App,
  api: string,
  headers: TokenRequest['headers'],
  { ask }: TokenSurroundings,
): Promise<string> {
  const step = {
    name: `GitHub, installation of the App of ${source} for ${owner}`,
    fix: `install the App for ${owner}, or put githubAppInstallationID into the Secret`,
  };
  for (const kind of ['orgs', 'users']) {
    const url = new URL(`${api}/${kind}/${encodeURIComponent(owner)}/installation`);
    const request = { method: 'GET', url, headers } as const;
    const answer = await ask(step, request);
    if (answer.status === 404) continue;
    const id = accepted(step, request, answer)['id'];
    if (typeof id === 'number') return String(id);
    throw invalidStep(step, 'the answer holds no id');
  }
  throw invalidStep(step, 'there is none');
}

/** The API's address without final slash; that of a whole server is below /api/v3. */
function readBase(text: string, mayBePlain: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return undefined;
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && (mayBePlain || isLoopback(url.host)));
  if (!isSafe) return undefined;
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' && !/^api\./.test(url.hostname) ? '/api/v3' : path}`;
}

function readRsaKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined; // The message of the error can quote the key.
  }
}
