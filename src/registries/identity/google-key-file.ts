import { createPrivateKey, type KeyObject } from 'node:crypto';
import { signJwt } from '../../core/jwt.ts';
import { isUntyped, mappingAt, textMapAt, type Untyped } from '../../core/untyped.ts';
import { invalid } from '../credentials/invalid.ts';
import { ask, askJson, formRequest, type Step, textOf } from './ask.ts';
import { GOOGLE_SCOPE, type GoogleToken, readGoogleToken } from './google-token.ts';
import type { IdentitySurroundings } from './identity-kind.ts';
import { readIdentityFile } from './read-file.ts';

const VARIABLE = 'GOOGLE_APPLICATION_CREDENTIALS';
const PLACE = `the file that ${VARIABLE} names`;
const FILE: Step = { name: PLACE, fix: 'create it anew with gcloud iam' };
const JWT_LIFETIME_S = 3600;
const FORM_TYPES = {
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  assertion: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
} as const;

/**
 * A token for what the file describes: a service account's key, or an account of another identity provider (workload
 * identity federation). Where tokens are given out is fixed; the file has no say in it.
 * @throws {Failure} CREDENTIALS_INVALID
 */
export async function keyFileToken(
  path: string,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const file = parseFile(await readIdentityFile(path, VARIABLE));
  switch (file['type']) {
    case 'service_account':
      return serviceAccountToken(file, around, signal);
    case 'external_account':
      return federatedToken(file, around, signal);
    default:
      throw invalid(
        PLACE,
        'its type is neither service_account nor external_account',
        'use one of these, or the Docker credential helper of gcloud',
      );
  }
}

function parseFile(text: string): Untyped {
  try {
    const file: unknown = JSON.parse(text);
    if (isUntyped(file)) return file;
  } catch {
    // The message of a JSON error quotes the text, which holds a key.
  }
  throw invalid(PLACE, 'it is not a JSON object', FILE.fix);
}

/** RFC 7523: a claim signed by the account's key, for a token. */
async function serviceAccountToken(
  file: Untyped,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const issuer = textOf(file, 'client_email', FILE);
  const key = readKey(textOf(file, 'private_key', FILE));
  const audience = around.addresses.googleToken;
  const issuedS = Math.floor(around.now() / 1000);
  const claims = { iss: issuer, scope: GOOGLE_SCOPE, aud: audience, iat: issuedS, exp: issuedS + JWT_LIFETIME_S };
  const keyId = file['private_key_id'];
  const header = typeof keyId === 'string' ? { kid: keyId } : {};
  const step = {
    name: 'Google OAuth2, token for a service account',
    fix: 'see that the service account and its key still exist, and that this machine knows the time',
  };
  const form = formRequest(audience, { grant_type: FORM_TYPES.assertion, assertion: signJwt(header, claims, key) });
  return readGoogleToken(await askJson(step, form, around, signal), step, around.now());
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw invalid(PLACE, 'its private_key cannot be read', FILE.fix);
  }
}

/** RFC 8693: another provider's token for one of Google's, and with it one of a service account where that is wanted. */
async function federatedToken(file: Untyped, around: IdentitySurroundings, signal: AbortSignal): Promise<GoogleToken> {
  const step = {
    name: 'Google STS, token exchange',
    fix: 'let the workload identity pool accept the token: its issuer, audience and attribute condition',
  };
  const form = formRequest(around.addresses.googleSts, {
    grant_type: FORM_TYPES.exchange,
    audience: textOf(file, 'audience', FILE),
    scope: GOOGLE_SCOPE,
    requested_token_type: FORM_TYPES.accessToken,
    subject_token_type: textOf(file, 'subject_token_type', FILE),
    subject_token: await subjectToken(mappingAt(file, 'credential_source'), around, signal),
  });
  const federated = readGoogleToken(await askJson(step, form, around, signal), step, around.now());
  const impersonation = file['service_account_impersonation_url'];
  if (impersonation === undefined) return federated;
  return impersonatedToken(String(impersonation), federated, around, signal);
}

/** The other provider's token: from a file, or from an address that is asked for it. */
async function subjectToken(source: Untyped, around: IdentitySurroundings, signal: AbortSignal): Promise<string> {
  const format = mappingAt(source, 'format');
  const step = { name: 'token of the other identity provider', fix: `correct credential_source in ${PLACE}` };
  const text = await subjectText(source, step, around, signal);
  if (format['type'] !== 'json') return text;
  const field = textOf(format, 'subject_token_field_name', FILE);
  const value = parseField(text, field);
  if (value !== undefined) return value;
  throw invalid(step.name, `it is not JSON with the field ${field}`, step.fix);
}

async function subjectText(
  source: Untyped,
  step: Step,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<string> {
  const { file, url } = source;
  if (typeof file === 'string') return readIdentityFile(file, `credential_source in ${VARIABLE}`);
  const isUrl = typeof url === 'string' && URL.canParse(url) && /^https?:/.test(url) && !('environment_id' in source);
  if (!isUrl) throw invalid(step.name, 'it comes neither from a file nor from a URL', step.fix);
  const request = { method: 'GET', url: new URL(url), headers: textMapAt(source, 'headers') } as const;
  return Buffer.from((await ask(step, request, around, signal)).body)
    .toString()
    .trim();
}

function parseField(text: string, field: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const value = isUntyped(json) ? json[field] : undefined;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The file names the account by a URL; only the account is taken from it. */
async function impersonatedToken(
  impersonation: string,
  federated: GoogleToken,
  around: IdentitySurroundings,
  signal: AbortSignal,
): Promise<GoogleToken> {
  const [, account] = /\/serviceAccounts\/([\w.@-]+):generateAccessToken$/.exec(impersonation) ?? [];
  if (account === undefined) throw invalid(PLACE, 'its service_account_impersonation_url names no account', FILE.fix);
  const step = {
    name: `Google IAM, generateAccessToken for ${account}`,
    fix: 'grant the workload roles/iam.workloadIdentityUser on that service account',
  };
  const url = new URL(
    `/v1/projects/-/serviceAccounts/${account}:generateAccessToken`,
    around.addresses.googleIamCredentials,
  );
  const body = JSON.stringify({ scope: [GOOGLE_SCOPE], lifetime: '3600s' });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${federated.text}` };
  const answer = await askJson(step, { method: 'POST', url, headers, body }, around, signal);
  const expiresMs = Date.parse(String(answer['expireTime']));
  return {
    text: textOf(answer, 'accessToken', step),
    expiresMs: Number.isNaN(expiresMs) ? federated.expiresMs : expiresMs,
  };
}
