import { type BuildOrder, type OrderedField, orderKey, precedenceOf } from '../../../core/build-order.ts';
import type { FieldChange, SupersededField } from '../../../core/set-image-report.ts';
import type { FileTree } from '../../../ports/file-tree.ts';
import type { PathRequest } from '../file-plan.ts';
import { type PlannedFile, planSetImage, type SetImagePlan, type SetImageRequest } from '../set-image.ts';

export interface OrderedPlan extends SetImagePlan {
  /** What would have been set. */
  readonly superseded: readonly SupersededField[];
}

/** The newest recorded number for each of these fields, by `orderKey`; as `newestOrders` finds them. */
export type RecordedOrders = (fields: readonly OrderedField[]) => Promise<ReadonlyMap<string, number>>;

/**
 * A plan without the fields that newer builds have set; an image goes on in the paths where nothing of it is theirs.
 * Orders are asked for only where something would change.
 * @param order  undefined where builds are not compared
 * @throws {Failure} what `planSetImage` and `recorded` throw
 */
export async function planInOrder(
  request: SetImageRequest,
  tree: FileTree,
  order: BuildOrder | undefined,
  recorded: RecordedOrders,
): Promise<OrderedPlan> {
  const whole = await planSetImage(request, tree);
  const fields = changedFields(whole);
  if (order === undefined || fields.length === 0) return { ...whole, superseded: [] };
  const superseded = supersededFields(fields, order, await recorded(fields));
  if (superseded.length === 0) return { ...whole, superseded };
  const left = await withoutFields(request, tree, new Set(superseded.map(orderKey)));
  return { ...(await planSetImage(left, tree)), superseded };
}

/** @param before  by `orderKey` */
export function supersededFields(
  fields: readonly OrderedField[],
  { number }: BuildOrder,
  before: ReadonlyMap<string, number>,
): readonly SupersededField[] {
  return fields.flatMap(({ path, field }) => {
    const by = before.get(orderKey({ path, field }));
    return by !== undefined && precedenceOf(number, by) === 'superseded' ? [{ path, field, by }] : [];
  });
}

/** A field that changes, where it is, and the images that its file was to say. */
export type ChangedField = FieldChange & OrderedField & Pick<PlannedFile, 'images'>;

export function changedFields({ files }: SetImagePlan): readonly ChangedField[] {
  return files.flatMap(({ path, changes, images }) => changes.map((change) => ({ ...change, path, images })));
}

/** What is left of a request when no image may be set in a path where that would touch one of these fields. */
async function withoutFields(
  request: SetImageRequest,
  tree: FileTree,
  held: ReadonlySet<string>,
): Promise<SetImageRequest> {
  const paths: PathRequest[] = [];
  for (const path of request.paths) {
    const images = [];
    for (const image of path.images) {
      const alone = await planSetImage({ paths: [{ ...path, images: [image] }], allowMissing: true }, tree);
      if (changedFields(alone).every((field) => !held.has(orderKey(field)))) images.push(image);
    }
    if (images.length > 0) paths.push({ ...path, images });
  }
  return { paths, allowMissing: true };
}
