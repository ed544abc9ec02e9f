import type { Remark } from '../remark.ts';
import { remarkOn } from '../written.ts';
import type { ImageUpdaterSpec, VerificationSettings } from './definition.ts';
import { deepest, type Level, refPath } from './merge.ts';

/**
 * That an image is held as long as nothing can verify it; empty when no verification is wanted. A reference
 * that takes its images from annotations inherits the object's own block too; upstream leaves that one out, and writes
 * unverified (reference part 1, defect 1).
 * @param image the index of the image in its reference; undefined for images from annotations
 */
export function remarkUnverified(spec: ImageUpdaterSpec, index: number, image?: number): readonly Remark[] {
  const ref = spec.applicationRefs[index];
  const path = refPath(index);
  const levels: Level<VerificationSettings>[] = [
    { block: spec.imagesVerification, path: ['spec', 'imagesVerification'] },
    { block: ref?.imagesVerification, path: [...path, 'imagesVerification'] },
  ];
  if (image !== undefined) {
    const block = ref?.images?.[image]?.imagesVerification;
    levels.push({ block, path: [...path, 'images', image, 'imagesVerification'] });
  }
  const enabled = deepest(levels, 'enabled');
  if (!enabled?.value) return [];
  const problem = 'signatures cannot be verified yet, and until then the image is held';
  return [remarkOn(enabled, 'VERIFICATION_UNSUPPORTED', problem, 'wait for that release, or set enabled: false')];
}
