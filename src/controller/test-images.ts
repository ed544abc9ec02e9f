import { decide } from '../core/deciding/decide.ts';
import type { ImageTest, ImageTestReport } from '../core/deciding/image-test.ts';
import type { Policy } from '../core/deciding/policy.ts';
import type { Scan } from '../core/deciding/scan.ts';
import { toProblem } from '../core/failure.ts';
import { redactProblem } from '../core/redact.ts';
import { formatImageName, type ImageName } from '../core/reference.ts';

/**
 * Which tag a policy would choose of each image where nothing is deployed yet. An image that fails does not stop the
 * others.
 * @param scan where the tags come from: a registry, or a list of somebody's
 */
export async function testImages(
  images: readonly ImageName[],
  policy: Policy,
  scan: (image: ImageName) => Promise<Scan>,
): Promise<Pick<ImageTestReport, 'tests' | 'failures'>> {
  const settled = await Promise.all(images.map((image) => testImage(image, policy, scan)));
  return {
    tests: settled.flatMap((one) => ('decision' in one ? [one] : [])),
    failures: settled.flatMap((one) => ('decision' in one ? [] : [redactProblem(one)])),
  };
}

async function testImage(image: ImageName, policy: Policy, scan: (image: ImageName) => Promise<Scan>) {
  const name = formatImageName(image);
  try {
    const found = await scan(image);
    const decision = decide({ policy, current: undefined, scan: found });
    const test: ImageTest = { image: name, strategy: policy.judge.strategy.id, found: found.tags.length, decision };
    return test;
  } catch (error) {
    return toProblem(name, error);
  }
}
