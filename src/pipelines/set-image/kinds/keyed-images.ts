import type { YamlFile } from '../../../core/edits/yaml-file.ts';
import { emptyPlan, type FilePlan, type PathRequest, refusedPlan } from '../file-plan.ts';
import type { NameMatch } from '../name-match.ts';
import type { HelmLayer } from './helm-layers.ts';
import { keyEdits } from './key-edits.ts';
import { missingKey } from './value-places.ts';

/** Where keys of Helm values stand in a file. */
export interface KeyedPlace {
  /** The layers in any text of the file, strongest first. */
  layersOf(yaml: YamlFile): readonly HelmLayer[];
  /** What reports call a key of a layer. */
  fieldOf(layer: HelmLayer, key: string): string;
}

/** The keys that state an image, each set in the strongest layer that has it. One that is not there is not made. */
export function keyedImages(yaml: YamlFile, place: KeyedPlace, request: PathRequest, matches: NameMatch): FilePlan {
  const layers = place.layersOf(yaml);
  const layerOf = (key: string, among = layers) => among.find((layer) => layer.stated(key) !== undefined);
  const result = keyEdits(request, (key) => layerOf(key)?.stated(key), matches);
  if (result.kind === 'refused') return refusedPlan(result.problem);
  if (result.kind === 'missing') {
    const present = layers.flatMap((layer) => layer.present);
    return emptyPlan([], missingKey(result, present));
  }
  const edits = result.edits.flatMap((edit) => {
    const layer = layerOf(edit.key);
    return layer ? [{ ...edit, layer }] : [];
  });
  const plans = layers.map((layer) => layer.set(edits.filter((edit) => edit.layer === layer)));
  const stopped = plans.find((plan) => !plan.ok);
  if (stopped) return refusedPlan(stopped.problem);
  return {
    ...emptyPlan([]),
    operations: plans.flatMap((plan) => (plan.ok ? plan.operations : [])),
    fields: edits.map(({ layer, key, from, to }) => ({ field: place.fieldOf(layer, key), from, to })),
    found: new Set(request.images),
    remarks: result.remarks,
    says(after) {
      const now = place.layersOf(after);
      return edits.every(({ key, to }) => layerOf(key, now)?.stated(key) === to);
    },
  };
}
