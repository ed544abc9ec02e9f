import {
  type Application,
  type DirectoryBlock,
  type HelmBlock,
  type HelmParameter,
  type PluginVariable,
  type Source,
  type SourceType,
  sourceField,
} from '../applications/application.ts';
import { formatFieldPath } from '../field-path.ts';
import { type Parsed, parsed, unparsable } from '../parsed.ts';
import { resolveInRepository } from '../repository-path.ts';
import { asText, flagAt, isUntyped, listAt, mappingAt, textAt, textMapAt, textsAt, type Untyped } from '../untyped.ts';
import { parseObjectName } from './object-name.ts';

const SOURCE_TYPES: readonly SourceType[] = ['Helm', 'Kustomize', 'Directory', 'Plugin'];

/**
 * An `argoproj.io/v1alpha1` Application as Argo CD reads it.
 * @param object the manifest as plain data; numbers and booleans where texts belong are taken as their text
 * @param argocdNamespace the namespace of an Application that names none
 * @see Argo CD, "Application specification"
 */
export function parseApplication(object: unknown, argocdNamespace: string): Parsed<Application> {
  if (!isUntyped(object)) return unparsable('it is no mapping');
  const named = parseObjectName(object, argocdNamespace);
  if (!named.ok) return named;
  const spec = mappingAt(object, 'spec');
  const layout = sourceLayout(spec);
  const sources = parseSources(layout);
  if (!sources.ok) return sources;
  const metadata = mappingAt(object, 'metadata');
  return parsed({
    ...named.value,
    project: textAt(spec, 'project') || 'default',
    labels: textMapAt(metadata, 'labels'),
    annotations: textMapAt(metadata, 'annotations'),
    sources: sources.value,
    multiSource: layout.multiSource,
    ...(layout.isHydrated ? { isHydrated: true } : {}),
    status: parseStatus(mappingAt(object, 'status'), layout.multiSource),
  });
}

interface SourceLayout extends Pick<Application, 'multiSource' | 'isHydrated'> {
  readonly blocks: readonly unknown[];
}

/** The hydrator hides `sources`, and a list of sources hides `source`. */
function sourceLayout(spec: Untyped): SourceLayout {
  if (isUntyped(spec['sourceHydrator'])) {
    return { multiSource: false, isHydrated: true, blocks: [mappingAt(spec, 'sourceHydrator')['drySource']] };
  }
  const list = listAt(spec, 'sources');
  return list.length > 0 ? { multiSource: true, blocks: list } : { multiSource: false, blocks: [spec['source']] };
}

function parseSources(layout: SourceLayout): Parsed<readonly Source[]> {
  const sources: Source[] = [];
  for (const [index, block] of layout.blocks.entries()) {
    const at = formatFieldPath(sourceField(layout, index));
    if (!isUntyped(block)) return unparsable(`${at} is missing: the Application has no source`);
    const source = parseSource(block, layout.multiSource);
    if (!source.ok) return unparsable(`${at}: ${source.problem}`);
    sources.push(source.value);
  }
  return parsed(sources);
}

function parseSource(block: Untyped, multiSource: boolean): Parsed<Source> {
  const repoURL = textAt(block, 'repoURL')?.trim();
  if (!repoURL) return unparsable('repoURL is missing');
  const chart = textAt(block, 'chart');
  const ref = textAt(block, 'ref');
  const path = chart ? parsed(undefined) : parsePath(textAt(block, 'path'));
  if (!path.ok) return path;
  if (path.value === undefined && !chart && !(multiSource && ref)) {
    return unparsable(multiSource ? 'path, chart and ref are missing' : 'path and chart are missing');
  }
  const name = textAt(block, 'name');
  return parsed({
    repoURL,
    ...(path.value === undefined ? {} : { path: path.value }),
    ...(chart ? { chart } : {}),
    targetRevision: textAt(block, 'targetRevision')?.trim() ?? '',
    ...(name ? { name } : {}),
    ...(ref ? { ref } : {}),
    ...toolBlocks(block),
  });
}

/** Cleaned, "" for the repository's root. Argo CD refuses absolute paths and those that lead out. */
function parsePath(text: string | undefined): Parsed<string | undefined> {
  if (!text) return parsed(undefined);
  if (text.startsWith('/')) return unparsable('path starts with a slash; it counts from the root anyway');
  return resolveInRepository('', text);
}

function toolBlocks(block: Untyped): Pick<Source, 'helm' | 'kustomize' | 'plugin' | 'pluginEnv' | 'directory'> {
  const pluginEnv = parsePluginEnv(mappingAt(block, 'plugin'));
  return {
    ...(isUntyped(block['helm']) ? { helm: parseHelm(block['helm']) } : {}),
    ...(isUntyped(block['kustomize']) ? { kustomize: { images: textsAt(block['kustomize'], 'images') } } : {}),
    plugin: isUntyped(block['plugin']),
    ...(pluginEnv.length > 0 ? { pluginEnv } : {}),
    directory: isUntyped(block['directory']) ? parseDirectory(block['directory']) : false,
  };
}

function parseHelm(block: Untyped): HelmBlock {
  const inline = isUntyped(block['valuesObject']) ? JSON.stringify(block['valuesObject']) : textAt(block, 'values');
  return {
    parameters: listAt(block, 'parameters').filter(isUntyped).map(parseParameter),
    valueFiles: textsAt(block, 'valueFiles'),
    ...(inline ? { values: inline } : {}),
  };
}

function parseParameter(parameter: Untyped): HelmParameter {
  return {
    name: textAt(parameter, 'name') ?? '',
    value: textAt(parameter, 'value') ?? '',
    forceString: flagAt(parameter, 'forceString'),
  };
}

function parsePluginEnv(plugin: Untyped): readonly PluginVariable[] {
  return listAt(plugin, 'env')
    .filter(isUntyped)
    .map((variable) => ({ name: textAt(variable, 'name') ?? '', value: textAt(variable, 'value') ?? '' }));
}

function parseDirectory(block: Untyped): DirectoryBlock {
  const include = textAt(block, 'include');
  const exclude = textAt(block, 'exclude');
  return { recurse: flagAt(block, 'recurse'), ...(include ? { include } : {}), ...(exclude ? { exclude } : {}) };
}

/** @param status  of an Application, as plain data */
export function parseStatus(status: Untyped, multiSource: boolean): Application['status'] {
  const types = multiSource ? listAt(status, 'sourceTypes') : [status['sourceType']];
  const sourceTypes = types.map((type) => SOURCE_TYPES.find((known) => known === asText(type)));
  const state = mappingAt(status, 'operationState');
  const applied = parseAppliedImages(state);
  return {
    // One unknown type would shift all others against the sources, so then none of them counts.
    sourceTypes: sourceTypes.every((type) => type !== undefined) ? sourceTypes : [],
    images: textsAt(mappingAt(status, 'summary'), 'images'),
    ...(applied.length > 0 ? { appliedImages: applied } : {}),
    ...(isInPart(mappingAt(mappingAt(state, 'operation'), 'sync')) ? { appliedInPart: true } : {}),
  };
}

/** Of each resource those of its Pod template, but not of its init containers. */
function parseAppliedImages(operationState: Untyped): readonly string[] {
  const images = listAt(mappingAt(operationState, 'syncResult'), 'resources')
    .filter(isUntyped)
    .filter((resource) => resource['status'] !== 'Pruned')
    .flatMap((resource) => textsAt(resource, 'images'));
  return [...new Set(images)];
}

/** Resources are named by who syncs by hand, and by Argo CD when it heals what somebody changed in the cluster. */
function isInPart(sync: Untyped): boolean {
  return listAt(sync, 'resources').length > 0 || textsAt(sync, 'syncOptions').includes('ApplyOutOfSyncOnly=true');
}
