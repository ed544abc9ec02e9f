import { isMap, isSeq } from 'yaml';
import { effectiveValue, type YamlFile, type YamlMapping } from '../../../core/edits/yaml-file.ts';
import { emptyPlan, type FileKind, hasKeys, joinPlans, type PathRequest, refusedPlan } from '../file-plan.ts';
import { type ManifestObject, manifestObjects } from './manifest-objects.ts';
import { type SourceBlock, sourceImages } from './source-images.ts';

/** The sources of all Applications and ApplicationSets in a file. */
export const applicationImages: FileKind = (yaml, request, matches) => {
  const plans = sourceBlocks(yaml).map((block) => sourceImages(yaml, block, request, matches));
  const holders = plans.filter(({ found }) => found.size > 0);
  if (hasKeys(request) && holders.length > 1) return severalSources(request, holders.length);
  return plans.length === 0 ? emptyPlan([]) : joinPlans(plans);
};

export function isApplication({ apiVersion, kind }: ManifestObject): boolean {
  return apiVersion.startsWith('argoproj.io/') && (kind === 'Application' || kind === 'ApplicationSet');
}

function sourceBlocks(yaml: YamlFile): readonly SourceBlock[] {
  return manifestObjects(yaml).flatMap((object, index) => {
    if (!isApplication(object)) return [];
    return sourcesOf(yaml, object).map(({ path }, at) => ({
      prefix: `${object.name}:${path}.`,
      find: (other: YamlFile) => {
        const same = manifestObjects(other)[index];
        return same && sourcesOf(other, same)[at]?.source;
      },
    }));
  });
}

interface Source {
  readonly path: string;
  readonly source: YamlMapping;
}

function sourcesOf(yaml: YamlFile, { kind, mapping }: ManifestObject): readonly Source[] {
  const way = kind === 'ApplicationSet' ? ['spec', 'template', 'spec'] : ['spec'];
  let spec: YamlMapping = mapping;
  for (const key of way) {
    const below = effectiveValue(yaml, spec, key);
    if (!isMap(below)) return [];
    spec = below;
  }
  const prefix = way.join('.');
  const source = effectiveValue(yaml, spec, 'source');
  const hydrator = effectiveValue(yaml, spec, 'sourceHydrator');
  const drySource = isMap(hydrator) ? effectiveValue(yaml, hydrator, 'drySource') : undefined;
  const sources = effectiveValue(yaml, spec, 'sources');
  return [
    ...(isMap(source) ? [{ path: `${prefix}.source`, source }] : []),
    ...(isMap(drySource) ? [{ path: `${prefix}.sourceHydrator.drySource`, source: drySource }] : []),
    ...(isSeq(sources) ? sources.items : []).flatMap((item, index) => {
      const one = yaml.resolve(item);
      return isMap(one) ? [{ path: `${prefix}.sources[${index}]`, source: one }] : [];
    }),
  ];
}

function severalSources({ keys }: PathRequest, count: number) {
  const names = Object.values(keys).join(', ');
  return refusedPlan({
    code: 'TARGET_REFUSED',
    message: `${count} sources have ${names}`,
    fix: "give --name-key, too, to tell the image's source from the others, or a file with one Application",
  });
}
