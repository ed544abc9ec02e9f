import { blotOut } from '../../core/blot-out.ts';
import { withoutCredentials } from '../../core/redact.ts';

const CUT = '***';
const LONGEST_LINE = 300;
/** Half a secret is one, too: what is told ends well before what is read. */
const LONGEST_READ = 3_000;
const SHORTEST_SECRET = 4;

// "password=...", "--token ...", "Authorization: Basic ...".
const LABELLED =
  /((?:password|passwd|secret|token|credential|authorization|bearer|basic|api-?key|access-?key)[\w-]*["']?(?:\s*[=:]\s*|\s+)["']?)(?:(?:basic|bearer)\s+)?[^\s"']+/gi;
/** Runs of characters as tokens, hashes and base64 have them. */
const RUN = /[A-Za-z0-9+/=_-]{16,}/g;
const SECRET_NAME = /secret|token|passw|credential|_key|auth/i;

/**
 * A line of what a program said, without anything that is or looks like a secret: rather too much is cut than too
 * little, since nobody knows what a script prints when it fails.
 * @param secrets  what it must not hold in any case
 */
export function withoutSecrets(line: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return withoutCredentials(blotOut(line.slice(0, LONGEST_READ), known))
    .replace(LABELLED, `$1${CUT}`)
    .replace(RUN, (run) => (looksRandom(run) ? CUT : run))
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, LONGEST_LINE);
}

/** The values of the variables whose names say that they are secret. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value = '']) => (SECRET_NAME.test(name) ? [value] : []));
}

/** Words and paths are of letters in one case, with a number perhaps; tokens mix, or are long numbers. */
function looksRandom(run: string): boolean {
  if (/^[0-9a-f]{16,}$/i.test(run)) return true;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(run)).length;
  return kinds === 3 || (kinds === 2 && !run.includes('/') && !run.includes('-') && run.length >= 24);
}
