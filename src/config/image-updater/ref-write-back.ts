import type { WriteBack } from '../../core/tracked-image.ts';
import { type Checked, refused, remarksOf } from '../remark.ts';
import { readWriteBack, type WriteBackContext, type WrittenWriteBack } from '../write-back.ts';
import { remarkOn } from '../written.ts';
import type { ImageUpdaterSpec } from './definition.ts';
import { deepest, refPath, trimmed } from './merge.ts';

/** Where a reference's images are written; what is asked for and cannot be done yet is a problem. */
export function readRefWriteBack(spec: ImageUpdaterSpec, index: number, context: WriteBackContext): Checked<WriteBack> {
  const writeBack = readWriteBack(findRefWriteBack(spec, index), context);
  const pullRequest = deepest(gitLevels(spec, index), 'pullRequest');
  if (!pullRequest) return writeBack;
  const fix = 'until then remove the block, which pushes to the branch';
  const remark = remarkOn(pullRequest, 'WRITE_BACK_UNSUPPORTED', 'pull requests come with step 4', fix);
  return refused(...remarksOf([writeBack]), remark);
}

export function findRefWriteBack(spec: ImageUpdaterSpec, index: number): WrittenWriteBack {
  const git = gitLevels(spec, index);
  return {
    methodKey: 'writeBackConfig.method',
    method: trimmed(deepest(levels(spec, index), 'method')),
    target: trimmed(deepest(git, 'writeBackTarget')),
    branch: trimmed(deepest(git, 'branch')),
    repository: trimmed(deepest(git, 'repository')),
  };
}

function levels(spec: ImageUpdaterSpec, index: number) {
  return [
    { block: spec.writeBackConfig, path: ['spec', 'writeBackConfig'] },
    { block: spec.applicationRefs[index]?.writeBackConfig, path: [...refPath(index), 'writeBackConfig'] },
  ];
}

function gitLevels(spec: ImageUpdaterSpec, index: number) {
  return levels(spec, index).map(({ block, path }) => ({ block: block?.gitConfig, path: [...path, 'gitConfig'] }));
}
