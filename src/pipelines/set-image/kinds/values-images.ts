import type { FileKind } from '../file-plan.ts';
import { valuesLayer } from './helm-layers.ts';
import { type KeyedPlace, keyedImages } from './keyed-images.ts';

/** The keys of a Helm values file that state an image. */
export const valuesImages: FileKind = (yaml, request, matches) => keyedImages(yaml, WHOLE_FILE, request, matches);

const WHOLE_FILE: KeyedPlace = {
  layersOf: (yaml) => [valuesLayer('', yaml)],
  fieldOf: (_layer, key) => key,
};
