import { uniqueProblems } from '../core/failure.ts';
import { redactReport } from '../core/redact.ts';
import type { CycleReport, ItemReport } from '../core/report.ts';
import type { ApplicationSource, Applications } from '../ports/application-source.ts';
import type { Git } from '../ports/git.ts';
import type { TagSource } from '../ports/tag-source.ts';
import { type PlannedChanges, planChanges } from './changes.ts';
import type { Configuration, Configured } from './configure.ts';
import { refuseConflicts } from './conflicts.ts';
import { decideImages } from './decisions.ts';
import { type FailedImage, identify, itemObject } from './items.ts';
import { locateImages } from './locate.ts';
import { reportDecided, reportFailed } from './report.ts';
import { type Writer, type Written, writeBack } from './write-back.ts';

/** What a cycle is made of. */
export interface CycleParts extends Writer {
  readonly applications: ApplicationSource;
  readonly git: Git;
  readonly configure: (input: Applications) => Configuration;
  /** A fresh look at the registries, shared by all images of the cycle. */
  readonly scan: () => TagSource;
  readonly argocdNamespace: string;
}

/** One pass from applications to report. Each step is one typed value; no image's failure stops another. */
export async function runCycle(parts: CycleParts, signal: AbortSignal): Promise<CycleReport> {
  const input = await parts.applications.load(signal);
  const { configured, ...ofObjects } = parts.configure(input);
  const tracked = configured.flatMap(({ images }) => images);
  const located = await locateImages(tracked, parts, signal);
  const decided = await decideImages(located.images, parts.scan(), signal);
  const admitted = refuseConflicts(decided.images);
  const planned = planChanges(admitted.images);
  const written = await writeBack([...planned.changes.values()], parts, signal);
  const settled = settle(planned, written);

  const early = configured.flatMap(({ failedImages }) => failedImages);
  const failed = [
    ...early,
    ...located.failed,
    ...decided.failed,
    ...admitted.failed,
    ...planned.failed,
    ...settled.failed,
  ];
  return redactReport({
    applications: input.applications.length,
    items: inOrder([...settled.items, ...failed.map(reportFailed)], configured),
    files: written.files,
    commits: written.commits,
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
      ...written.warnings,
    ]),
  });
}

/** What became of each decided image: its item, or why its change could not be written. */
function settle({ images, changes }: PlannedChanges, written: Written): { items: ItemReport[]; failed: FailedImage[] } {
  const items: ItemReport[] = [];
  const failed: FailedImage[] = [];
  for (const image of images) {
    const change = changes.get(image);
    const fate = change && written.fates.get(change);
    const identity = identify(image.tracked);
    const object = itemObject(identity);
    const problem = fate?.kind === 'refused' ? { object, ...fate.problem } : change && written.failed.get(change);
    if (problem) failed.push({ identity, problem, place: image.place, decision: image.decision });
    else items.push(reportDecided(image, fate));
  }
  return { items, failed };
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
