import { Failure } from '../../core/failure.ts';
import { parseGoBoolean } from '../../core/go-boolean.ts';
import type { KeyValueObject } from '../../core/objects/key-value-object.ts';

type Data = Readonly<Record<string, string>>;

/** Every boolean that Argo CD reads from a Secret of a repository. */
const BOOLEANS = [
  'insecure',
  'insecureIgnoreHostKey',
  'enableLfs',
  'enableOCI',
  'insecureOCIForceHttp',
  'forceHttpBasicAuth',
  'useAzureWorkloadIdentity',
];

/** The Secret as messages name it. */
export function nameOf({ namespace, name }: Pick<KeyValueObject, 'namespace' | 'name'>): string {
  return `the Secret ${namespace}/${name}`;
}

/** The text under a key without blanks around it; undefined when it is empty. */
export function textOf(data: Data, key: string): string | undefined {
  const text = data[key]?.trim() ?? '';
  return text === '' ? undefined : text;
}

/** Whether a key says true; `checkBooleans` has made sure that it says anything. */
export function isTrue(data: Data, key: string): boolean {
  const read = parseGoBoolean(textOf(data, key) ?? 'false');
  return read.ok && read.value;
}

/** Whether a key says anything; a boolean, that it is true. */
export function isGiven(data: Data, key: string): boolean {
  return BOOLEANS.includes(key) ? isTrue(data, key) : (data[key] ?? '') !== '';
}

/** Argo CD refuses a whole Secret for one of them. @throws {Failure} CREDENTIALS_INVALID */
export function checkBooleans(secret: KeyValueObject): void {
  for (const key of BOOLEANS) {
    const read = parseGoBoolean(textOf(secret.data, key) ?? 'false');
    if (!read.ok) throw invalidSecret(nameOf(secret), `${key} is neither "true" nor "false"`);
  }
}

/** @param problem names the key, never its value */
export function invalidSecret(source: string, problem: string): Failure {
  return new Failure('CREDENTIALS_INVALID', `${source}: ${problem}`, { fix: `correct ${source}` });
}

/** Blanks and line breaks in what becomes a line of a header or a protocol. */
export function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
