import type { DecidedImage, FilePlace } from '../../src/controller/items.ts';
import type { Change } from '../../src/core/change.ts';
import type { Decision } from '../../src/core/deciding/decision.ts';
import type { ImageVersion } from '../../src/core/image-version.ts';
import type { FileTarget, TargetImage } from '../../src/core/target.ts';
import type { TrackedImage } from '../../src/core/tracked-image.ts';
import { kustomization } from '../../src/writeback/kustomization.ts';
import { policyOf } from '../policy.ts';
import { memoryTree } from './memory-tree.ts';
import { targetImage, versionFrom } from './target-images.ts';

export function trackedImage(application: string, alias: string, image: TargetImage): TrackedImage {
  return {
    application: {
      namespace: 'argocd',
      name: application,
      project: 'default',
      labels: {},
      annotations: {},
      sources: [image.source],
      multiSource: false,
      status: { sourceTypes: [], images: [] },
    },
    alias,
    image: image.image,
    policy: policyOf({}),
    keys: image.keys,
    writeBack: { method: 'git', target: { kind: 'kustomization' } },
  };
}

export interface ChangeInWords {
  readonly application?: string;
  readonly alias?: string;
  readonly image?: string;
  readonly path: string;
  readonly from?: string;
  readonly to: string;
}

/** A change of one image in one kustomization, decided on what the file said. */
export function change({
  application = 'web',
  alias = 'web',
  image = 'acme/web',
  path,
  from,
  to,
}: ChangeInWords): Change {
  const wanted = targetImage(image);
  const stated = from === undefined ? undefined : versionFrom(from);
  return {
    tracked: trackedImage(application, alias, wanted),
    target: target(path),
    wanted,
    from: stated,
    stated,
    to: versionFrom(to),
  };
}

/** An image on its way, after its decision. */
export function decided(
  words: {
    readonly application: string;
    readonly alias: string;
    readonly image: string;
    readonly path: string;
    readonly keys?: TargetImage['keys'];
  },
  decision: Decision,
): DecidedImage & { readonly place: FilePlace } {
  const wanted = targetImage(words.image, { keys: words.keys ?? {} });
  return {
    tracked: trackedImage(words.application, words.alias, wanted),
    decision,
    place: {
      branch: { repoURL: target(words.path).repoURL, branch: 'main', project: 'default' },
      tree: memoryTree({}),
      kind: kustomization,
      target: target(words.path),
      credential: 'your own git',
      wanted,
      stated: undefined,
      knowledge: { used: true, version: undefined, statedIn: words.path, sightings: [] },
    },
  };
}

export function decision(outcome: 'update' | 'current' | 'held', from: string, to: string): Decision {
  const versions: { from: ImageVersion; to: ImageVersion } = { from: versionFrom(from), to: versionFrom(to) };
  return { outcome, rule: 'newest', reason: 'because', candidates: [], notes: [], ...versions };
}

function target(path: string): FileTarget {
  return { kind: 'kustomization', repoURL: 'https://git.example.com/acme/deploy.git', branch: 'main', path };
}
