import { createReadStream } from 'node:fs';
import type { Problem } from '../core/failure.ts';
import { type FoundFile, findFiles } from './find-files.ts';
import { unreadable } from './unreadable.ts';

/** A text that was given with -f. */
export interface Input {
  /** The file as a person knows it; "standard input" for "-". */
  readonly place: string;
  readonly text: string;
}

export interface Inputs {
  readonly inputs: readonly Input[];
  readonly failures: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const MIB = 1024 * 1024;
/** A cluster with 2,000 Applications prints some 50 MB; beyond these limits somebody gave us the wrong folder. */
export interface InputLimits {
  readonly fileBytes: number;
  readonly totalBytes: number;
  readonly files: number;
}
const LIMITS: InputLimits = { fileBytes: 64 * MIB, totalBytes: 256 * MIB, files: 20_000 };

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
  for await (const found of findInputs(paths, cwd)) {
    signal.throwIfAborted();
    if (found.kind === 'failure') failures.push(found.problem);
    else if (found.kind === 'warning') warnings.push(found.problem);
    else if (inputs.length === limits.files || room <= 0) {
      failures.push(tooMuch(found.place, limits));
      break;
    } else {
      try {
        const text =
          found.kind === 'stdin'
            ? await orAborted(readStdin(), signal)
            : await readFile(found, limits.fileBytes, signal);
        inputs.push({ place: found.place, text });
        room -= text.length;
      } catch (error) {
        signal.throwIfAborted();
        failures.push(unreadable(found.place, error, 'give a text file in UTF-8'));
      }
    }
  }
  return { inputs, failures, warnings };
}

async function* findInputs(paths: readonly string[], cwd: string) {
  const seen = new Set<string>();
  for (const path of new Set(paths)) {
    if (path === '-') yield { kind: 'stdin', place: 'standard input' } as const;
    else yield* findFiles(path, cwd, seen);
  }
}

/** Streams, because a path may be a pipe: `-f <(kubectl get applications -A -o yaml)`. */
function readFile(file: FoundFile, maxBytes: number, signal: AbortSignal): Promise<string> {
  return readText(createReadStream(file.real, { signal }), maxBytes);
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
    if (bytes > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    parts.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    throw new Error('it is not UTF-8 text', { cause });
  }
}

/** Nobody may ever end standard input; an abort must not wait for that. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
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
