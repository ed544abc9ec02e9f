import { readFile } from 'node:fs/promises';
import { type Inputs, readInputs, readText } from '../applications/read-inputs.ts';
import type { Setting } from '../config/settings/setting.ts';
import type { Settings } from '../config/settings/settings.ts';
import { Failure } from '../core/failure.ts';
import type { FieldPath } from '../core/field-path.ts';
import { isMissingFile } from '../core/missing-file.ts';
import type { Origin } from '../core/origin.ts';
import { yamlPositions } from '../core/yaml-positions.ts';

/** Files, folders and "-" for standard input. */
export async function readFiles(paths: readonly string[], signal: AbortSignal): Promise<Inputs> {
  return await readInputs(paths, process.cwd(), () => readText(process.stdin), signal);
}

/** @throws {Failure} INPUT_UNREADABLE */
export async function readOneFile(path: string, signal: AbortSignal): Promise<string> {
  const { inputs, failures } = await readFiles([path], signal);
  const [problem] = failures;
  if (problem) throw new Failure('INPUT_UNREADABLE', problem.message, { fix: problem.fix, object: problem.object });
  const [input] = inputs;
  if (input && inputs.length === 1) return input.text;
  const fix = 'give one file, or - for standard input';
  throw new Failure('INPUT_UNREADABLE', 'is not one file', { fix, object: path });
}

interface Content {
  /** The file or the key, as a person knows it. */
  readonly object: string;
  /** Undefined when there is no such file. */
  readonly text: string | undefined;
  /** False for a file that is read only if it happens to be there. */
  readonly isAskedFor: boolean;
}

/** The content of the file that a setting names, or what a ConfigMap holds in its place. */
export async function readContent(
  settings: Settings,
  setting: Setting<string> & { default: string },
): Promise<Content> {
  const given = settings.given(setting);
  if (given?.isContent) return { object: given.object, text: given.text, isAskedFor: true };
  const path = settings.valueOf(setting);
  return { object: path, text: await readIfThere(path), isAskedFor: given !== undefined };
}

/** The same with the places of its fields; inside a ConfigMap the whole text stands at its key. */
export async function findText(
  settings: Settings,
  setting: Setting<string> & { default: string },
): Promise<Omit<Content, 'object'> & { readonly origin: Origin }> {
  const { object, text, isAskedFor } = await readContent(settings, setting);
  const { origin, path: key = [] } = settings.given(setting)?.location ?? {};
  const positionOf = origin ? () => origin.positionOf(key) : (path: FieldPath) => yamlPositions(text ?? '')(0, path);
  return { text, isAskedFor, origin: { file: origin?.file ?? object, positionOf } };
}

/** @throws {Failure} INPUT_UNREADABLE for a file that is there but cannot be read */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure('INPUT_UNREADABLE', message, { fix: 'make the file readable', object: path, cause: error });
  }
}
