import type { Source } from '../core/applications/application.ts';
import type { Sprout } from '../core/edits/draft.ts';
import { allOf, type Editor, editText, type Planned, planned } from '../core/edits/edit-text.ts';
import { sharedAnchor } from '../core/edits/shared-anchor.ts';
import { openYaml, type YamlFile, type YamlList } from '../core/edits/yaml-file.ts';
import { type FoundList, findList } from '../core/edits/yaml-path.ts';
import type { ImageVersion } from '../core/image-version.ts';
import { type Parsed, parsed, unparsable } from '../core/parsed.ts';
import type { Edited, EditProblem, TargetFile, TargetImage, WantedImage } from '../core/target.ts';

/** One of the lists that an override file can hold; `State` is its meaning, from the file or the Application. */
export interface OverrideList<State> {
  readonly path: readonly string[];
  ofSource(source: Source): State;
  ofFile(yaml: YamlFile, list: YamlList): State;
  version(state: State, image: TargetImage): ImageVersion | undefined;
  says(state: State, wanted: WantedImage): boolean;
  change(state: State, wanted: WantedImage): State;
  /** The items of a list that is made anew. */
  items(state: State): readonly Sprout[];
  /** What it takes that a list which is there says the wanted image. */
  plan(state: State, list: YamlList, wanted: WantedImage, append: (item: Sprout) => Planned): Planned;
}

interface OverrideFile<State> {
  readonly yaml: YamlFile;
  readonly found: FoundList;
  /** Undefined when the file does not have the list. */
  readonly state: State | undefined;
}

export function openList<State>(kind: OverrideList<State>, yaml: YamlFile): TargetFile {
  const file = withList(kind, yaml);
  return {
    read: (image) => (file.state === undefined ? undefined : kind.version(file.state, image)),
    edit: (wanted) => edit(kind, file, wanted),
  };
}

function withList<State>(kind: OverrideList<State>, yaml: YamlFile): OverrideFile<State> {
  const found = findList(yaml, kind.path);
  return { yaml, found, state: found.kind === 'list' ? kind.ofFile(yaml, found.list) : undefined };
}

function edit<State>(kind: OverrideList<State>, file: OverrideFile<State>, wanted: readonly WantedImage[]): Edited {
  if (file.found.kind === 'soil') return createList(kind, file, wanted);
  return editText(itemEditor(kind), file, wanted);
}

function parse<State>(kind: OverrideList<State>, text: string): Parsed<OverrideFile<State>> {
  const yaml = openYaml(text);
  return yaml.ok ? parsed(withList(kind, yaml.value)) : unparsable(yaml.problem);
}

function itemEditor<State>(kind: OverrideList<State>): Editor<OverrideFile<State>, WantedImage> {
  return {
    parse: (text) => parse(kind, text),
    plan: ({ found, state }, wanted) => {
      if (found.kind === 'blocked') return { ok: false, problem: refusal(found) };
      if (found.kind === 'soil' || state === undefined) return planned([]);
      const append = (item: Sprout) => planned([{ kind: 'append', soil: found.soil, path: [], item }]);
      return kind.plan(state, found.list, wanted, append);
    },
    says: ({ state }, wanted) => state !== undefined && kind.says(state, wanted),
    objection: ({ yaml }, operations) => sharedAnchor(yaml, operations),
  };
}

/** A list that is made takes the place of the Application's own, so it starts with what that holds. */
function createList<State>(
  kind: OverrideList<State>,
  file: OverrideFile<State>,
  wanted: readonly WantedImage[],
): Edited {
  const [first] = wanted;
  if (!first) return { text: file.yaml.text, problems: new Map() };
  const settled = settle(kind, kind.ofSource(first.source), [...wanted.entries()], []);
  const accepted = settled.accepted.map(([, one]) => one);
  const edited = editText(listEditor(kind, settled.state), file, [accepted]);
  const problem = edited.problems.get(0);
  const isAccepted = new Set(settled.accepted.map(([index]) => index));
  const problems = [...wanted.keys()].flatMap((index): [number, EditProblem][] => {
    if (problem) return [[index, problem]];
    return isAccepted.has(index) ? [] : [[index, CONFLICT]];
  });
  return { text: edited.text, problems: new Map(problems) };
}

function listEditor<State>(
  kind: OverrideList<State>,
  state: State,
): Editor<OverrideFile<State>, readonly WantedImage[]> {
  return {
    parse: (text) => parse(kind, text),
    plan: ({ found }) => {
      if (found.kind !== 'soil') return planned([]);
      const { soil, path } = found;
      return allOf(kind.items(state).map((item) => planned([{ kind: 'append', soil, path, item }])));
    },
    says: (after, wanted) => wanted.every((one) => after.state !== undefined && kind.says(after.state, one)),
  };
}

type Numbered = readonly [number, WantedImage];

interface Settled<State> {
  readonly state: State;
  readonly accepted: readonly Numbered[];
}

/** All changes that do not undo an earlier one: together when that goes well, else by halves. */
function settle<State>(
  kind: OverrideList<State>,
  initial: State,
  batch: readonly Numbered[],
  before: readonly Numbered[],
): Settled<State> {
  const state = batch.reduce((last, [, wanted]) => kind.change(last, wanted), initial);
  const accepted = [...before, ...batch];
  if (accepted.every(([, wanted]) => kind.says(state, wanted))) return { state, accepted };
  if (batch.length <= 1) return { state: initial, accepted: before };
  const half = batch.length >> 1;
  const first = settle(kind, initial, batch.slice(0, half), before);
  return settle(kind, first.state, batch.slice(half), first.accepted);
}

const CONFLICT: EditProblem = {
  code: 'TARGET_CONFLICT',
  message: 'another image is written to the same place of the override file',
  fix: 'give each image its own helm.image-tag and helm.image-name, or kustomize.image-name',
};

function refusal({ why, fix }: { readonly why: string; readonly fix: string }): EditProblem {
  return { code: 'TARGET_REFUSED', message: why, fix };
}
