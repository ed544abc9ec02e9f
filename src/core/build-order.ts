import { decodeField, encodeField } from './commits/trailer-field.ts';

/** Which build a version comes from, as a number that grows from build to build. */
export interface BuildOrder {
  /** What numbers the builds, "gitlab-iid:gitlab.example.com/42": only numbers of one scope can be compared. */
  readonly scope: string;
  /** A whole number of 0 or more. */
  readonly number: number;
}

/** One field of one file, as it was set. */
export interface OrderedField {
  /** From the repository's root. */
  readonly path: string;
  /** What was set in the file; any text that stays the same from build to build. */
  readonly field: string;
}

/** A field that a commit or pull request says was set by a build. */
export type RecordedOrder = BuildOrder & OrderedField;

/** `Tiphys-Order: <scope> <number> <path>#<field>` and a line end, each part percent-encoded. `readOrders` reads it. */
export function orderTrailer({ scope, number, path, field }: RecordedOrder): string {
  return `Tiphys-Order: ${encodeField(scope)} ${number} ${orderKey({ path, field })}\n`;
}

/** The same text for the same field of the same file. */
export function orderKey({ path, field }: OrderedField): string {
  return `${encodeField(path)}#${encodeField(field)}`;
}

const TRAILER = /^Tiphys-Order:[ \t]+(\S+) (\d{1,16}) ([^\s#]+)#(\S+)[ \t\r]*$/gim;

/**
 * What a commit's message or a pull request's body records. A squash merge makes one message of several, or of a body,
 * so that a trailer counts wherever it begins a line. What cannot be read is left out: whoever can push can write
 * anything.
 */
export function readOrders(text: string): readonly RecordedOrder[] {
  return [...text.matchAll(TRAILER)].flatMap(([, ...fields]) => {
    const [scope, digits, path, field] = fields.map((one = '') => decodeField(one));
    const number = Number(digits);
    return scope && path && field && Number.isSafeInteger(number) ? [{ scope, number, path, field }] : [];
  });
}

/** @param text  decimal digits; undefined when it is anything else, or more than can be compared exactly */
export function parseOrderNumber(text: string): number | undefined {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * A build's number with what counts it. A pipeline's variables and its token have to come to the same scope.
 * @param where  names of ever smaller parts of the world in which the number is counted
 * @returns undefined where one of them, or the number, is not known
 */
export function countedOrder(
  unit: string,
  where: readonly (string | undefined)[],
  digits: string | undefined,
): BuildOrder | undefined {
  const number = parseOrderNumber(digits ?? '');
  if (number === undefined || !where.every((part) => part)) return undefined;
  return { scope: `${unit}:${where.join('/')}`, number };
}

/**
 * What GitHub counts runs by: the workflow's file, without its repository where that is its own, and without the ref.
 * @param workflowRef  "acme/shop/.github/workflows/deploy.yml@refs/heads/main"
 */
export function githubWorkflow(workflowRef: string | undefined, repository: string | undefined): string | undefined {
  const [file] = workflowRef?.split('@') ?? [];
  const own = `${repository}/`;
  return file?.startsWith(own) ? file.slice(own.length) : file;
}

/** `retry`: the same build again, which may write again. `superseded`: a newer build has written. */
export type Precedence = 'first' | 'newer' | 'retry' | 'superseded';

/** @param before  the newest number of the same scope for the same field; undefined where none was found */
export function precedenceOf(number: number, before: number | undefined): Precedence {
  if (before === undefined) return 'first';
  if (number === before) return 'retry';
  return number > before ? 'newer' : 'superseded';
}

// Beyond this a build is no longer late but forgotten. It is what two questions to a Git server bring.
const MOST_COMMITS = 2_000;

/**
 * The newest recorded number for each field, by `orderKey`. The newest commit that says anything about a field tells:
 * a later one that was forced counts, and a person's revert, which has no trailers, takes nothing back. Reads on only
 * until all fields are found, and no further than the newest 2,000 commits.
 * @param commits  newest first
 */
export async function newestOrders(
  commits: AsyncIterable<{ readonly message: string }>,
  scope: string,
  fields: readonly OrderedField[],
): Promise<ReadonlyMap<string, number>> {
  const missing = new Set(fields.map(orderKey));
  const found = new Map<string, number>();
  let count = 0;
  if (missing.size === 0) return found;
  for await (const { message } of commits) {
    for (const [key, number] of ordersOf(message, scope)) {
      if (missing.delete(key)) found.set(key, number);
    }
    count += 1;
    if (missing.size === 0 || count >= MOST_COMMITS) break;
  }
  return found;
}

/** By `orderKey`; the greatest of a field that one text records several times, as a squash merge does. */
export function ordersOf(text: string, scope: string): ReadonlyMap<string, number> {
  const greatest = new Map<string, number>();
  for (const order of readOrders(text).filter((one) => one.scope === scope)) {
    const key = orderKey(order);
    greatest.set(key, Math.max(order.number, greatest.get(key) ?? 0));
  }
  return greatest;
}
