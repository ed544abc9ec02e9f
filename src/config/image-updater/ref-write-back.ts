import type { WrittenPullRequest } from '../pull-request.ts';
import type { WrittenWriteBack } from '../write-back.ts';
import { type Written, writtenAt } from '../written.ts';
import type { ImageUpdaterSpec } from './definition.ts';
import { deepest, refPath, trimmed } from './merge.ts';

/**
 * Where a reference's images are written.
 * @param pullRequest what the Application's annotations say, and what those of the object say
 */
export function findRefWriteBack(
  spec: ImageUpdaterSpec,
  index: number,
  [own, ofObject]: readonly [own: WrittenPullRequest, ofObject: WrittenPullRequest],
): WrittenWriteBack {
  const git = gitLevels(spec, index);
  return {
    methodKey: 'writeBackConfig.method',
    method: trimmed(deepest(levels(spec, index), 'method')),
    target: trimmed(deepest(git, 'writeBackTarget')),
    branch: trimmed(deepest(git, 'branch')),
    repository: trimmed(deepest(git, 'repository')),
    pullRequest: [own, pullRequestBlock(deepest(git, 'pullRequest')), ofObject],
  };
}

type Block = NonNullable<NonNullable<NonNullable<ImageUpdaterSpec['writeBackConfig']>['gitConfig']>['pullRequest']>;

/** Exactly one of the two forges is there; the schema says so. */
function pullRequestBlock(written: Written<Block> | undefined): WrittenPullRequest {
  if (!written) return {};
  const { path, value } = written;
  const forge = value.github ? 'github' : 'gitlab';
  return {
    forge: writtenAt([...path, forge], forge),
    ...(value.labels ? { labels: writtenAt([...path, 'labels'], value.labels) } : {}),
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
