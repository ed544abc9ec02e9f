import type { YamlBounds } from '../bounded-yaml.ts';
import { type Parsed, parsed } from '../parsed.ts';
import type { Edited, EditProblem } from '../target.ts';
import { type Draft, draftOf, type Operation } from './draft.ts';
import { depthOf, fileStyle, insertEntry } from './insert-entry.ts';
import { outline, sameOutline } from './outline.ts';
import { removeEntries } from './remove-entry.ts';
import { setValue } from './set-value.ts';
import { applySplices, type Splice } from './splice.ts';
import { openYaml, type YamlFile } from './yaml-file.ts';

/** The operations that an edit needs, none when the text says it already; or what stands in its way. */
export type Planned =
  | { readonly ok: true; readonly operations: readonly Operation[] }
  | { readonly ok: false; readonly problem: EditProblem };

export function planned(operations: readonly Operation[]): Planned {
  return { ok: true, operations };
}

export function refused(message: string, fix: string): Planned {
  return { ok: false, problem: { code: 'TARGET_REFUSED', message, fix } };
}

/** All operations together, or the first problem. */
export function allOf(plans: readonly Planned[]): Planned {
  const problem = plans.find((plan) => !plan.ok);
  return problem ?? planned(plans.flatMap((plan) => (plan.ok ? plan.operations : [])));
}

/** How one kind of file is read and edited; `File` is the parsed text with what the kind makes of it. */
export interface Editor<File extends { readonly yaml: YamlFile }, Wanted> {
  parse(text: string): Parsed<File>;
  plan(file: File, wanted: Wanted): Planned;
  /** Whether the file says what was wanted. */
  says(file: File, wanted: Wanted): boolean;
  /** Whether the edit changes more than it should, in ways that the text alone does not show; a sentence, or nothing. */
  objection?(file: File, operations: readonly Operation[]): EditProblem | undefined;
}

/** `parse` of a kind that makes nothing more of the text. */
export function parseForEdit(text: string, bounds?: YamlBounds): Parsed<{ readonly yaml: YamlFile }> {
  const yaml = openYaml(text, bounds);
  return yaml.ok ? parsed({ yaml: yaml.value }) : yaml;
}

/**
 * Carries out all edits at once and reads the new text again: it must say what was wanted, and all else as before.
 * When it does not, halves are tried, so that only the edits that cannot be made are refused.
 */
export function editText<File extends { readonly yaml: YamlFile }, Wanted>(
  editor: Editor<File, Wanted>,
  file: File,
  wanted: readonly Wanted[],
): Edited {
  const problems = new Map<number, EditProblem>();
  const done = editSome(editor, file, [...wanted.entries()], [], problems);
  return { text: done.yaml.text, problems };
}

type Numbered<Wanted> = readonly [number, Wanted];

function editSome<File extends { readonly yaml: YamlFile }, Wanted>(
  editor: Editor<File, Wanted>,
  file: File,
  batch: readonly Numbered<Wanted>[],
  accepted: readonly Numbered<Wanted>[],
  problems: Map<number, EditProblem>,
): File {
  const plans = batch.map(([index, wanted]) => ({ index, wanted, plan: editor.plan(file, wanted) }));
  const operations = plans.flatMap(({ plan }) => (plan.ok ? plan.operations : []));
  const kept = plans.filter(({ plan }) => plan.ok);
  const outcome = carryOut(editor, file, operations, [
    ...accepted.map(([, wanted]) => wanted),
    ...kept.map(({ wanted }) => wanted),
  ]);
  if (outcome.ok) {
    for (const { index, plan } of plans) if (!plan.ok) problems.set(index, plan.problem);
    return outcome.file;
  }
  const [only, ...others] = batch;
  if (!only) return file;
  if (others.length === 0) {
    problems.set(only[0], outcome.problem);
    return file;
  }
  const half = batch.slice(0, batch.length >> 1);
  const after = editSome(editor, file, half, accepted, problems);
  const held = half.filter(([index]) => !problems.has(index));
  return editSome(editor, after, batch.slice(half.length), [...accepted, ...held], problems);
}

type Outcome<File> = { readonly ok: true; readonly file: File } | { readonly ok: false; readonly problem: EditProblem };

function carryOut<File extends { readonly yaml: YamlFile }, Wanted>(
  editor: Editor<File, Wanted>,
  file: File,
  operations: readonly Operation[],
  wanted: readonly Wanted[],
): Outcome<File> {
  const said = (after: File) => wanted.every((one) => editor.says(after, one));
  if (operations.length === 0) return said(file) ? { ok: true, file } : { ok: false, problem: NOT_SAID };
  const objection = editor.objection?.(file, operations);
  if (objection) return { ok: false, problem: objection };
  const draft = draftOf(operations);
  const text = applyDraft(file.yaml, draft);
  if (text === undefined) return { ok: false, problem: NO_PLACE };
  const after = editor.parse(text);
  if (!after.ok || !sameOutline(outline(file.yaml, draft), outline(after.value.yaml))) {
    return { ok: false, problem: NO_PLACE };
  }
  return said(after.value) ? { ok: true, file: after.value } : { ok: false, problem: NOT_SAID };
}

const NO_PLACE: EditProblem = {
  code: 'TARGET_REFUSED',
  message: 'the value cannot be changed without changing something else in the file',
  fix: 'write the value on the line of its key, without YAML tags, anchors or block text',
};

const NOT_SAID: EditProblem = {
  code: 'TARGET_CONFLICT',
  message: 'after the edit the file would not say the wanted version: another image or entry decides the same place',
  fix: 'give each image a place of its own, and remove entries that override it',
};

/** Undefined when an operation has no place in the text, or two have the same. */
function applyDraft(file: YamlFile, draft: Draft): string | undefined {
  const splices: Splice[] = [];
  for (const { slot, value } of draft.values.values()) {
    const set = setValue(file, slot, value);
    if (!set) return undefined;
    splices.push(...set);
  }
  for (const mapping of new Set(draft.removed.values())) splices.push(...removeEntries(file, mapping, draft.removed));
  const growths = [...draft.growths.values()].sort((a, b) => depthOf(file, b.soil) - depthOf(file, a.soil));
  const style = growths.length > 0 ? fileStyle(file) : { step: 2, dashIndent: 0 };
  for (const { soil, content } of growths) {
    splices.push(...insertEntry(file, soil, content, style, draft.removed));
  }
  return applySplices(file.text, splices);
}
