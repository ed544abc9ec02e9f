import { open } from 'node:fs/promises';
import type { Problem } from '../core/failure.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { type Found, type FoundFile, findFiles } from './find-files.ts';
import { unreadable } from './unreadable.ts';

/** A text that was given with -f. */
export interface Input {
  /** The file as a person knows it; "standard input" for "-". */
  readonly place: string;
  readonly text: string;
  /** Whether it was given itself, as standard input is, and not a folder that it lies in. */
  readonly isNamed: boolean;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** A cluster with 2,000 Applications prints some 50 MB; beyond these limits somebody gave us the wrong folder. */
export interface InputLimits {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
}
const MIB = 1024 * 1024;
const LIMITS: InputLimits = { fileBytes: 64 * MIB, totalBytes: 256 * MIB, files: 20_000 };
const AT_ONCE = 8;

/**
 * Reads everything that was given, in the order given; each file once, however many ways lead to it. What cannot be
 * read is a failure beside the rest; beyond the limits reading ends, with a failure.
 * @param paths files, folders (read recursively) and "-" for standard input
 * @param readStdin the text of standard input, asked for at most once
 * @throws the reason of `signal` when it was aborted
 */
export async function readInputs(
  paths: readonly string[],
  cwd: string,
  readStdin: () => Promise<string>,
  signal: AbortSignal,
  limits: InputLimits = LIMITS,
): Promise<Inputs> {
  const inputs: Input[] = [];
  const failures: Problem[] = [];
  const warnings: Problem[] = [];
  let room = limits.totalBytes;
  const read = (found: Given) => readGiven(found, readStdin, limits.fileBytes, signal);
  for await (const batch of inBatches(findInputs(paths, cwd))) {
    for (const result of await Promise.all(batch.map(read))) {
      if (result.kind === 'failure') failures.push(result.problem);
      else if (result.kind === 'warning') warnings.push(result.problem);
      else if (inputs.length === limits.files || room <= 0) {
        return { inputs, failures: [...failures, tooMuch(result.input.place, limits)], warnings };
      } else {
        inputs.push(result.input);
        room -= result.input.text.length;
      }
    }
  }
  return { inputs, failures, warnings };
}

type Given = Found | { readonly kind: 'stdin'; readonly place: string; readonly isNamed: true };
type Read = { readonly kind: 'input'; readonly input: Input } | Exclude<Found, FoundFile>;

async function readGiven(
  given: Given,
  readStdin: () => Promise<string>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Read> {
  signal.throwIfAborted();
  if (given.kind === 'failure' || given.kind === 'warning') return given;
  const { place, isNamed } = given;
  try {
    // Nobody may ever end standard input; who is stopped must not wait for that.
    const stdin = () => unlessAborted(readStdin(), signal, () => signal.reason);
    const text = given.kind === 'stdin' ? stdin() : readFile(given, maxBytes, signal);
    return { kind: 'input', input: { place, text: await text, isNamed } };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'failure', problem: unreadable(place, error, 'give a text file in UTF-8') };
  }
}

async function* findInputs(paths: readonly string[], cwd: string): AsyncGenerator<Given> {
  const seen = new Set<string>();
  for (const path of new Set(paths)) {
    if (path === '-') yield { kind: 'stdin', place: 'standard input', isNamed: true };
    else yield* findFiles(path, cwd, seen);
  }
}

/** Waiting for one small file after the other would take several times as long. */
async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** A path may be a pipe, whose length nobody knows before its end: `-f <(kubectl get applications -A -o yaml)`. */
async function readFile(file: FoundFile, maxBytes: number, signal: AbortSignal): Promise<string> {
  await using handle = await open(file.real);
  const info = await handle.stat();
  if (!info.isFile()) return await readText(handle.createReadStream({ signal, autoClose: false }), maxBytes);
  if (info.size > maxBytes) throw tooLong(maxBytes);
  return decode(await handle.readFile({ signal }));
}

/**
 * The text of a stream of bytes, without its byte order mark.
 * @throws {Error} when it is longer than `maxBytes` or not UTF-8
 */
export async function readText(chunks: AsyncIterable<Uint8Array>, maxBytes = LIMITS.fileBytes): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of chunks) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLong(maxBytes);
    parts.push(part);
  }
  return decode(Buffer.concat(parts));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error('it is not UTF-8 text', { cause });
  }
}

function tooLong(maxBytes: number): Error {
  return new Error(`it is longer than ${maxBytes} bytes`);
}

function tooMuch(place: string, limits: InputLimits): Problem {
  const most = `${limits.files} files and ${limits.totalBytes} bytes`;
  return {
    code: 'INPUT_UNREADABLE',
    object: place,
    message: `neither this nor anything behind it is read: the inputs are more than ${most}`,
    fix: 'give the folder that holds the Applications instead of one above it',
  };
}
