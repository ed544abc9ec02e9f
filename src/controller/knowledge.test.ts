import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../test/support/memory-tree.ts';
import { targetImage, versionFrom } from '../../test/support/target-images.ts';
import { trackedImage } from '../../test/support/tracked.ts';
import type { Source, SourceType } from '../core/applications/application.ts';
import type { Tool } from '../core/target.ts';
import { searchImage } from './knowledge.ts';

const WEB = 'registry.example/acme/web';
const MANIFEST = `kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: ${WEB}:1.3}]}}}}}\n`;

interface Case {
  readonly why: string;
  readonly type?: SourceType;
  readonly tool?: Tool;
  readonly source?: Partial<Source>;
  readonly applied?: readonly string[];
  readonly running?: readonly string[];
  /** What the target says, when it is a file. */
  readonly file?: string | null;
  readonly tree?: Readonly<Record<string, string>>;
  /** Version, and where it was found; undefined for an image that nothing names. */
  readonly found?: readonly [version: string, statedIn: string];
  /** False for one that is named without being used. */
  readonly used?: false;
  readonly looksIntoFiles?: boolean;
}

const APPLIED = 'status.operationState.syncResult';
const RUNNING = 'status.summary.images';

const CASES: readonly Case[] = [
  { why: 'what Pods run', running: ['acme/db:9', `${WEB}:1.3`], found: ['1.3', RUNNING] },
  {
    why: 'a CronJob, or no replicas: what the last sync applied',
    applied: [`${WEB}:1.3`],
    found: ['1.3', APPLIED],
  },
  {
    why: 'a roll-out: what was applied, not what the old Pods run',
    applied: [`${WEB}:1.4`],
    running: [`${WEB}:1.3`, `${WEB}:1.4`],
    found: ['1.4', APPLIED],
  },
  {
    why: 'an empty status: a manifest in the tree',
    tree: { 'apps/web/job.yaml': MANIFEST },
    found: ['1.3', 'apps/web/job.yaml'],
    looksIntoFiles: true,
  },
  {
    why: "a custom resource: the Application's own images name it",
    source: { kustomize: { images: [`${WEB}:1.2`] } },
    running: ['acme/operator:1'],
    found: ['1.2', "the Application's kustomize.images"],
  },
  { why: 'nothing names it', tree: {}, running: ['acme/db:9'], looksIntoFiles: true },
  {
    why: 'a target that is a file says it: nothing else is asked',
    file: '1.1',
    running: [`${WEB}:1.3`],
    found: ['1.1', 'kustomization.yaml'],
  },
  {
    why: 'the files count more than the status where they are what is written',
    file: null,
    tree: { 'apps/web/job.yaml': MANIFEST },
    running: [`${WEB}:1.2`],
    found: ['1.3', 'apps/web/job.yaml'],
    looksIntoFiles: true,
  },
  {
    why: 'the status is the last thing that is believed there',
    file: null,
    tree: {},
    running: [`${WEB}:1.2`],
    found: ['1.2', RUNNING],
    looksIntoFiles: true,
  },
  {
    why: 'a values file that is written: nothing says what the chart makes of it',
    type: 'Helm',
    tool: 'Helm',
    file: '1.1',
    found: ['1.1', 'kustomization.yaml'],
  },
  {
    why: '... Argo CD tells of others: the chart does not ask for it',
    type: 'Helm',
    tool: 'Helm',
    file: '1.1',
    running: ['acme/db:9'],
    found: ['1.1', 'kustomization.yaml'],
    used: false,
  },
  {
    why: '... a CronJob of the chart',
    type: 'Helm',
    tool: 'Helm',
    file: '1.1',
    running: ['acme/db:9'],
    applied: [`${WEB}:1.0`],
    found: ['1.1', 'kustomization.yaml'],
  },
  {
    why: 'values in the tree, which nobody renders',
    type: 'Helm',
    tool: 'Helm',
    tree: { 'apps/web/values.yaml': `image: {name: ${WEB}, tag: '1.1'}\n` },
    running: ['acme/db:9'],
    found: ['1.1', 'apps/web/values.yaml'],
    used: false,
    looksIntoFiles: true,
  },
  {
    why: "the Application's own parameters",
    type: 'Helm',
    tool: 'Helm',
    source: { helm: { valueFiles: [], parameters: [{ name: 'image.tag', value: '1.1', forceString: true }] } },
    running: ['acme/db:9'],
    found: ['1.1', "the Application's helm.parameters"],
    used: false,
  },
  {
    why: 'a value in a source whose manifests can be read: they name it',
    type: 'Directory',
    tool: 'Helm',
    file: '1.1',
    tree: { 'apps/web/job.yaml': MANIFEST },
    running: ['acme/db:9'],
    found: ['1.1', 'kustomization.yaml'],
    looksIntoFiles: true,
  },
];

describe('where an image is looked for', () => {
  for (const { why, type = 'Directory', tool = 'Kustomize', source, applied, running = [], ...rest } of CASES) {
    const { file, tree, found, used = true, looksIntoFiles = false } = rest;
    test(why, async () => {
      const asked = targetImage(WEB, { tool });
      const image = { ...asked, source: { ...asked.source, ...source } };
      let hasLooked = false;
      const knowledge = await searchImage({
        application: {
          ...trackedImage('shop', 'web', image).application,
          status: { sourceTypes: [], images: running, ...(applied ? { appliedImages: applied } : {}) },
        },
        image,
        type,
        ...(file === undefined
          ? {}
          : { file: { path: 'kustomization.yaml', stated: file === null ? undefined : versionFrom(file) } }),
        files: async () => {
          hasLooked = true;
          const files = memoryTree(tree ?? {});
          return { tree: files, values: { tree: files, repoURL: image.source.repoURL } };
        },
      });
      expect(hasLooked).toBe(looksIntoFiles);
      if (found) {
        const [version, statedIn] = found;
        expect(knowledge).toMatchObject({ used, version: versionFrom(version), statedIn });
        expect(knowledge.sightings).toContainEqual({ where: statedIn, says: expect.arrayContaining([version]) });
      } else {
        expect(knowledge).toMatchObject({ used: false, reason: expect.stringContaining(WEB) });
        expect(knowledge.sightings.every(({ says }) => says.length === 0)).toBe(true);
      }
    });
  }

  test('every place is told of, also those that say nothing or something else', async () => {
    const image = targetImage(WEB);
    const knowledge = await searchImage({
      application: {
        ...trackedImage('shop', 'web', image).application,
        status: { sourceTypes: [], images: [`${WEB}:1.3`, `${WEB}:1.4`, WEB] },
      },
      image,
      type: 'Kustomize',
      files: async () => ({ tree: undefined, values: undefined }),
    });
    expect(knowledge.sightings).toEqual([
      { where: "the Application's kustomize.images", says: [] },
      { where: APPLIED, says: [] },
      { where: RUNNING, says: ['1.3', '1.4', null] },
    ]);
  });
});
