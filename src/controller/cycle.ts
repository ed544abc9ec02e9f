import { uniqueProblems } from '../core/failure.ts';
import { redactReport } from '../core/redact.ts';
import type { CycleReport, ItemReport } from '../core/report.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { Git, GitAccess } from '../ports/git.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { type PlannedChanges, planChanges } from './changes.ts';
import type { Fate } from './compose.ts';
import type { Configuration, Configured } from './configure.ts';
import { refuseConflicts } from './conflicts.ts';
import {
  type DecidedImage,
  type FailedImage,
  identify,
  isApplicationChange,
  isFileChange,
  itemObject,
  type PlacedChange,
} from './items.ts';
import { type Judging, judgeImages } from './judge-images.ts';
import { type Live, patchLive, refreshWritten } from './live.ts';
import type { Patched } from './patch-applications.ts';
import { traceChanges } from './provenance.ts';
import { type Proposals, proposeChanges } from './pull-requests/propose.ts';
import { isProposed, proposedImages } from './pull-requests/proposed-images.ts';
import type { Proposer } from './pull-requests/proposer.ts';

import { proposedAs, reportDecided, reportFailed } from './report.ts';
import { type Writer, type Written, writeBack } from './write-back.ts';

/** What a cycle is made of. */
export interface CycleParts extends Writer, Judging {
  readonly applications: ApplicationSource;
  readonly git: Git & GitAccess;
  readonly configure: (input: Applications) => Configuration;
  /** A fresh look at the registries, shared by all images of the cycle. */
  readonly scan: () => TagSource;
  readonly proposer: Proposer;
  /** Whether commits say where images come from, which costs a look at each that is chosen. */
  readonly readsProvenance: boolean;
  /** Where Applications can be reached themselves; not in files. */
  readonly live?: Live;
}

/** What is left of the parts once it is known what is to be done. */
export type CarryParts = Omit<CycleParts, 'applications' | 'configure'>;

/** What was loaded, and what it asks for. */
export interface ConfiguredInput {
  readonly input: Pick<Applications, 'applications' | 'failures' | 'warnings'>;
  readonly configuration: Configuration;
}

/** One pass from applications to report. Each step is one typed value; no image's failure stops another. */
export async function runCycle(parts: CycleParts, signal: AbortSignal): Promise<CycleReport> {
  const input = await parts.applications.load(signal);
  return await carryOut({ input, configuration: parts.configure(input) }, parts, signal);
}

/** The pass from what was loaded on, be it all or a part. */
export async function carryOut(
  { input, configuration: { configured, ...ofObjects } }: ConfiguredInput,
  parts: CarryParts,
  signal: AbortSignal,
): Promise<CycleReport> {
  const tracked = configured.flatMap(({ images }) => images);
  const { items, failed: late, warnings, ...written } = await carry(tracked, parts, signal);
  const failed = [...configured.flatMap(({ failedImages }) => failedImages), ...late];
  return redactReport({
    applications: input.applications.length,
    items: inOrder([...items, ...failed.map(reportFailed)], configured),
    ...written,
    failures: uniqueProblems([
      ...input.failures,
      ...ofObjects.failures,
      ...configured.flatMap(({ failures }) => failures),
      ...failed.map(({ problem }) => problem),
    ]),
    warnings: uniqueProblems([
      ...input.warnings,
      ...ofObjects.warnings,
      ...configured.flatMap(({ warnings }) => warnings),
      ...warnings,
    ]),
  });
}

/** What became of the images that could be configured. */
interface Carried extends Pick<CycleReport, 'files' | 'patches' | 'commits' | 'pullRequests' | 'warnings'> {
  readonly items: readonly ItemReport[];
  readonly failed: readonly FailedImage[];
}

/** From tracked images to pushed commits. What somebody else overtook on the way is decided afresh, once. */
async function carry(tracked: readonly TrackedImage[], parts: CarryParts, signal: AbortSignal): Promise<Carried> {
  const scan = parts.scan();
  const first = await look(tracked, parts, scan, signal);
  if (first.overtaken.length === 0) return first;
  const images = first.overtaken.map(({ image, fate }) => asItIsNow(image.tracked, fate));
  const second = await look(images, parts, scan, signal);
  return {
    items: [...first.items, ...second.items, ...second.overtaken.map(({ image, fate }) => reportDecided(image, fate))],
    failed: [...first.failed, ...second.failed],
    files: [...first.files, ...second.files],
    patches: [...first.patches, ...second.patches],
    commits: [...first.commits, ...second.commits],
    pullRequests: first.pullRequests,
    warnings: [...first.warnings, ...second.warnings],
  };
}

function asItIsNow(tracked: TrackedImage, fate: Fate): TrackedImage {
  const application = fate.kind === 'superseded' ? fate.application : undefined;
  return application ? { ...tracked, application } : tracked;
}

interface Look extends Carried {
  /** Those whose target says something else by now; in none of the others. */
  readonly overtaken: readonly { readonly image: DecidedImage; readonly fate: Fate }[];
}

async function look(
  tracked: readonly TrackedImage[],
  parts: CarryParts,
  scan: TagSource,
  signal: AbortSignal,
): Promise<Look> {
  const { located, decided } = await judgeImages(tracked, parts, scan, signal);
  const admitted = refuseConflicts(decided.images);
  const isRead = (change: PlacedChange) => isProposed(change) || (parts.readsProvenance && isFileChange(change));
  const planned = await traceChanges(planChanges(admitted.images), scan, isRead, signal);
  const changes = [...planned.changes.values()];
  const pushed = changes.filter(isFileChange).filter((change) => !isProposed(change));
  const [written, patched, proposals] = await Promise.all([
    writeBack(pushed, parts, signal),
    patchLive(changes.filter(isApplicationChange), parts, signal),
    proposeChanges(proposedImages(located, planned), parts.proposer, parts, signal),
  ]);
  const unrefreshed = await refreshWritten(written, parts, signal);
  const settled = settle(planned, { written, patched, proposals });
  return {
    ...settled,
    failed: [located, decided, admitted, planned, settled].flatMap(({ failed }) => failed),
    files: [...written.files, ...proposals.files],
    patches: patched.patches,
    commits: [...written.commits, ...proposals.commits],
    pullRequests: proposals.pullRequests,
    warnings: [...written.warnings, ...proposals.warnings, ...unrefreshed],
  };
}

/** What became of all changes, by the way that they were written. */
interface Outcomes {
  readonly written: Written;
  readonly patched: Patched;
  readonly proposals: Proposals;
}

function wayOf(change: PlacedChange, { written, patched, proposals }: Outcomes): Written | Patched {
  if (isProposed(change)) return proposals;
  return isFileChange(change) ? written : patched;
}

/** What became of each decided image: its item, why its change could not be written, or that it must be looked at again. */
function settle({ images, changes }: PlannedChanges, outcomes: Outcomes): Pick<Look, 'items' | 'failed' | 'overtaken'> {
  const { proposals } = outcomes;
  const items: ItemReport[] = [];
  const failed: FailedImage[] = [];
  const overtaken: Look['overtaken'][number][] = [];
  for (const image of images) {
    const change = changes.get(image);
    const by = change && wayOf(change, outcomes);
    const fate = change && by?.fates.get(change);
    const identity = identify(image.tracked);
    const object = itemObject(identity);
    const refused = fate?.kind === 'refused' ? { object, ...fate.problem } : change && by?.failed.get(change);
    const problem = refused ?? proposals.ungrouped.get(image.tracked);
    if (problem) failed.push({ identity, problem, place: image.place, decision: image.decision });
    // A request holds what all of its group move to: the next cycle composes them together.
    else if (fate?.kind === 'superseded' && by !== proposals) overtaken.push({ image, fate });
    else items.push({ ...reportDecided(image, fate), ...(change ? proposedAs(change, proposals) : {}) });
  }
  return { items, failed, overtaken };
}

/** Items in the order of the Applications and of their image lists, whatever became of them. */
function inOrder(items: readonly ItemReport[], configured: readonly Configured[]): readonly ItemReport[] {
  const listed = configured.flatMap(({ images, failedImages }) => [
    ...images.map(identify),
    ...failedImages.map(({ identity }) => identity),
  ]);
  const rank = new Map(listed.map((identity, index) => [itemObject(identity), index]));
  const rankOf = (item: ItemReport) => rank.get(itemObject(item)) ?? 0;
  return items.toSorted((a, b) => rankOf(a) - rankOf(b));
}
