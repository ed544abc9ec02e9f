import { readJudge } from '../../config/policy.ts';
import { problemIn } from '../../config/problem.ts';
import type { WrittenImage } from '../../config/read-images.ts';
import type { Remark } from '../../config/remark.ts';
import type { Judge } from '../../core/deciding/strategy.ts';
import type { Problem } from '../../core/failure.ts';

/** The strategy and constraint of an image; undefined where they cannot be read, which is reported already. */
export function judgeOf({ policy }: WrittenImage): Judge | undefined {
  const judge = readJudge(policy);
  return judge.ok ? judge.value : undefined;
}

/** What is wrong with one of an image's settings; the settings of a whole Application are the Application's. */
export function problemOf({ object, owner, origin }: WrittenImage, remark: Remark): Problem {
  return problemIn(remark.scope === 'image' ? object : owner, origin, remark);
}
