import type { ImageUpdaterSpec, UpdateSettings } from '../image-updater/definition.ts';
import { hoist } from './hoist.ts';

type RefSpec = ImageUpdaterSpec['applicationRefs'][number];
type WriteBackSpec = NonNullable<ImageUpdaterSpec['writeBackConfig']>;

/** Where versions are written, its two levels of fields as one. */
export interface FlatWriteBack {
  readonly method?: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly writeBackTarget?: string;
}

/** A reference to one Application by its exact name. */
export interface ExactRef {
  readonly name: string;
  readonly common: UpdateSettings;
  readonly writeBack: FlatWriteBack;
  readonly images: NonNullable<RefSpec['images']>;
}

/** An ImageUpdater of these references; what all of them say alike stands once, above them. */
function imageUpdaterManifest(namespace: string, name: string, refs: readonly ExactRef[]): object {
  const common = hoist(refs.map((ref) => ref.common));
  const writeBack = hoist(refs.map((ref) => ref.writeBack));
  return {
    apiVersion: 'argocd-image-updater.argoproj.io/v1alpha1',
    kind: 'ImageUpdater',
    metadata: { name, namespace },
    spec: {
      ...settingsBlock(common.common),
      ...writeBackBlock(writeBack.common),
      applicationRefs: refs.map((ref, index) => {
        return {
          namePattern: ref.name,
          ...settingsBlock(common.rest[index] ?? {}),
          ...writeBackBlock(writeBack.rest[index] ?? {}),
          images: ref.images,
        };
      }),
    } satisfies ImageUpdaterSpec,
  };
}

/** An ImageUpdater for each namespace that has anything to say. */
export function manifestsOf(
  refs: readonly { readonly application: { readonly namespace: string }; readonly ref: ExactRef }[],
  name: string,
): readonly object[] {
  const speaking = refs.filter(({ ref }) => ref.images.length > 0);
  const groups = Map.groupBy(speaking, ({ application }) => application.namespace);
  return [...groups].map(([namespace, group]) =>
    imageUpdaterManifest(
      namespace,
      name,
      group.map(({ ref }) => ref),
    ),
  );
}

/** The block under its key, unless it says nothing. */
export function settingsBlock(settings: UpdateSettings): { readonly commonUpdateSettings?: UpdateSettings } {
  return Object.keys(settings).length === 0 ? {} : { commonUpdateSettings: settings };
}

function writeBackBlock({ method, ...gitConfig }: FlatWriteBack): { readonly writeBackConfig?: WriteBackSpec } {
  const block = {
    ...(method === undefined ? {} : { method }),
    ...(Object.keys(gitConfig).length === 0 ? {} : { gitConfig }),
  };
  return Object.keys(block).length === 0 ? {} : { writeBackConfig: block };
}
