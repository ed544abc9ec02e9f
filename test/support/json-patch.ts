import { isDeepStrictEqual } from 'node:util';
import type { JsonPatchOperation } from '../../src/ports/cluster.ts';

/** Thrown when a test does not hold, or a path is not there. */
export class PatchFailed extends Error {
  override readonly name = 'PatchFailed';
}

/**
 * What RFC 6902 makes of a document, all or nothing; a test for null also holds for what is not there, as with the
 * library that the API servers of Kubernetes and Argo CD use.
 */
export function applyJsonPatch<T>(document: T, operations: readonly JsonPatchOperation[]): T {
  const after = structuredClone(document);
  for (const operation of operations) applyOne(after, operation);
  return after;
}

function applyOne(document: unknown, operation: JsonPatchOperation): void {
  const steps = operation.path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.pop() ?? '';
  const owner = steps.reduce<unknown>((at, step) => childOf(at, step), document);
  if (typeof owner !== 'object' || owner === null) throw new PatchFailed(`${operation.path} is nowhere`);
  if (Array.isArray(owner)) applyToList(owner, last, operation);
  else applyToMapping(new Map(Object.entries(owner)), owner, last, operation);
}

function childOf(at: unknown, step: string): unknown {
  if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) throw new PatchFailed(`there is no ${step}`);
  return Reflect.get(at, step);
}

function applyToList(list: unknown[], step: string, operation: JsonPatchOperation): void {
  const index = step === '-' ? list.length : Number(step);
  const end = operation.op === 'add' ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index > end) throw new PatchFailed(`there is no index ${step}`);
  if (operation.op === 'add') list.splice(index, 0, structuredClone(operation.value));
  else if (operation.op === 'remove') list.splice(index, 1);
  else if (operation.op === 'replace') list[index] = structuredClone(operation.value);
  else verify(list[index], operation);
}

function applyToMapping(fields: Map<string, unknown>, owner: object, step: string, operation: JsonPatchOperation) {
  if (operation.op === 'test') verify(fields.get(step), operation);
  else if (operation.op !== 'add' && !fields.has(step)) throw new PatchFailed(`there is no ${step}`);
  else if (operation.op === 'remove') Reflect.deleteProperty(owner, step);
  else Reflect.set(owner, step, structuredClone(operation.value));
}

function verify(found: unknown, operation: { readonly path: string; readonly value: unknown }): void {
  if (!isDeepStrictEqual(found ?? null, operation.value)) {
    throw new PatchFailed(`${operation.path} is ${JSON.stringify(found)}, not ${JSON.stringify(operation.value)}`);
  }
}
