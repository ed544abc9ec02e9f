import { allOf } from '../../../core/edits/edit-text.ts';
import { setPath } from '../../../core/edits/key-path.ts';
import { emptyPlan, type FileKind, refusedPlan } from '../file-plan.ts';
import { keyEdits } from './key-edits.ts';
import { imageKeys, missingKey, statedAt } from './value-places.ts';

/** The keys of a Helm values file that state an image. A key that is not there is not made. */
export const valuesImages: FileKind = (yaml, request, matches) => {
  const result = keyEdits(request, (key) => statedAt(yaml, key), matches);
  switch (result.kind) {
    case 'refused':
      return refusedPlan(result.problem);
    case 'missing':
      return emptyPlan([], missingKey(result, imageKeys(yaml)));
    case 'edits': {
      const plan = allOf(result.edits.map(({ key, to }) => setPath(yaml, key, to)));
      if (!plan.ok) return refusedPlan(plan.problem);
      return {
        ...emptyPlan([]),
        operations: plan.operations,
        fields: result.edits.map(({ key, from, to }) => ({ field: key, from, to })),
        found: new Set(request.images),
        remarks: result.remarks,
        says: (after) => result.edits.every(({ key, to }) => statedAt(after, key) === to),
      };
    }
    default:
      return result satisfies never;
  }
};
