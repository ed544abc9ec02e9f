import { isUntyped } from '../../core/untyped.ts';
import type { Credential, Lease } from './credential.ts';
import { invalid } from './invalid.ts';
import { runProgram } from './run-program.ts';
import { secretsOf, withoutSecrets } from './without-secrets.ts';

const TIMEOUT_MS = 20_000;
/** Helpers do not say how long what they give is good; most give out tokens of an hour and more. */
const LIFETIME_MS = 10 * 60_000;
/** What a helper says instead of credentials; it is part of the protocol. */
const NOT_FOUND = 'credentials not found in native keychain';
/** The user name beside an identity token. */
const TOKEN_USER = '<token>';

/** A name that can be part of a program's name: no path, no option. */
export function isHelperName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{0,63}$/i.test(name);
}

/**
 * What `docker-credential-NAME get` has for a server.
 * @param server  as the helper knows it: a host, or "https://index.docker.io/v1/" for Docker Hub
 * @returns undefined when it has nothing
 * @throws {Failure} CREDENTIALS_INVALID
 * @see https://github.com/docker/docker-credential-helpers, "Development"
 */
export async function askHelper(
  name: string,
  server: string,
  { env, now }: { readonly env: Readonly<Record<string, string | undefined>>; readonly now: () => number },
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const file = `docker-credential-${name}`;
  const place = `credential helper ${file}`;
  const end = await runProgram({ file, args: ['get'], env, input: server, timeoutMs: TIMEOUT_MS }, signal);
  if (end.kind === 'not-started') {
    throw invalid(place, `it cannot be started (${end.reason})`, `put ${file} on the PATH, or docker login without it`);
  }
  if (end.kind !== 'exited') {
    throw invalid(place, 'it gave no answer in time, or one without end', `try: echo ${server} | ${file} get`);
  }
  if (end.code !== 0) {
    if (`${end.stdout}${end.stderr}`.includes(NOT_FOUND)) return undefined;
    const last = `${end.stdout}\n${end.stderr}`.trim().split('\n').at(-1) ?? '';
    const line = withoutSecrets(last, secretsOf(env));
    throw invalid(place, `it ended with ${end.code}: ${line}`, `try: echo ${server} | ${file} get`);
  }
  const credential = readAnswer(end.stdout);
  if (credential === undefined) throw invalid(place, 'its answer holds no Username and Secret', `update ${file}`);
  return { credential, expiresMs: now() + LIFETIME_MS };
}

function readAnswer(stdout: string): Credential | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    // The message of a JSON error quotes the text, which holds the secret.
    return undefined;
  }
  if (!isUntyped(answer)) return undefined;
  const { Username: user, Secret: secret } = answer;
  if (typeof user !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
  if (user === TOKEN_USER) return { kind: 'identity-token', token: secret };
  return user === '' ? undefined : { kind: 'password', user, password: secret };
}
