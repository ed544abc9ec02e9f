import type { Source } from '../../src/core/applications/application.ts';
import type { WantedImage } from '../../src/core/target.ts';
import { targetImage, wantedImage } from './target-images.ts';

/** A case of `argocdsource.jsonl` or `kustomizewrite.jsonl`, as far as the tests read it. */
export interface GoldenWrite {
  readonly application: {
    readonly spec: { readonly source?: GoldenSource; readonly sources?: readonly GoldenSource[] };
  };
  readonly images: readonly GoldenImage[];
  readonly updates: readonly { readonly alias: string; readonly tag: string; readonly digest?: string }[];
  readonly writeBackConfig: { readonly gitConfig?: { readonly writeBackTarget?: string } };
  readonly before: string | null;
  readonly after: string | null;
  readonly note: string;
  readonly defect?: string;
}

interface GoldenSource {
  readonly helm?: { readonly parameters?: readonly { readonly name: string; readonly value: string }[] };
  readonly kustomize?: { readonly images?: readonly string[] };
  readonly plugin?: unknown;
}

interface GoldenImage {
  readonly alias: string;
  readonly imageName: string;
  readonly manifestTargets?: {
    readonly helm?: { readonly name?: string; readonly tag?: string; readonly spec?: string };
    readonly kustomize?: { readonly name?: string };
  };
}

/** The updates of a case as a target is asked for them. */
export function wantedIn({ images, updates, application, after }: GoldenWrite): readonly WantedImage[] {
  const source = sourceOf(application.spec.source);
  const tool = after?.includes('helm:') ? 'Helm' : 'Kustomize';
  return updates.flatMap(({ alias, tag, digest }) =>
    images
      .filter((image) => image.alias === alias)
      .map((image) =>
        wantedImage(image.imageName, digest ? `${tag}@${digest}` : tag, { keys: keysOf(image), tool, source }),
      ),
  );
}

function sourceOf(source: GoldenSource | undefined): Source {
  const parameters = (source?.helm?.parameters ?? []).map((parameter) => ({ ...parameter, forceString: false }));
  return {
    ...targetImage('any').source,
    helm: { parameters, valueFiles: [] },
    kustomize: { images: source?.kustomize?.images ?? [] },
  };
}

function keysOf({ manifestTargets: { helm, kustomize } = {} }: GoldenImage): WantedImage['keys'] {
  return {
    ...(helm?.name ? { helmName: helm.name } : {}),
    ...(helm?.tag ? { helmTag: helm.tag } : {}),
    ...(helm?.spec ? { helmSpec: helm.spec } : {}),
    ...(kustomize?.name ? { kustomizeName: kustomize.name } : {}),
  };
}
