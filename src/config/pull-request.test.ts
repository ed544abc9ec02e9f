import { describe, expect, test } from 'vitest';
import type { Application } from '../core/applications/application.ts';
import { readAnnotations } from './annotations/annotations.ts';
import { applyClaim } from './image-updater/apply.ts';
import { readImageUpdaters } from './image-updater/read.ts';
import { claimsOn } from './image-updater/select.ts';
import type { ReadImages } from './read-images.ts';

const UPSTREAM = 'argocd-image-updater.argoproj.io';
const SETTINGS = { defaultPlatforms: [], writeBackDefault: 'git' } as const;

type Annotations = Readonly<Record<string, string>>;

function application(annotations: Annotations): Application {
  return {
    namespace: 'argocd',
    name: 'shop',
    project: 'default',
    labels: {},
    annotations,
    sources: [{ repoURL: 'https://git.example.com/r', path: 'a', targetRevision: '', plugin: false, directory: false }],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

/** Our annotations without their prefix, upstream's with theirs. */
function annotated(named: Annotations): Annotations {
  return Object.fromEntries(
    Object.entries(named).map(([name, value]) => [name.includes('/') ? name : `tiphys.dev/${name}`, value]),
  );
}

function byAnnotations(named: Annotations): ReadImages {
  return readAnnotations(application(annotated({ [`${UPSTREAM}/image-list`]: 'web=nginx', ...named })), SETTINGS);
}

interface Objects {
  readonly own?: Annotations;
  readonly ofObject?: Annotations;
  readonly gitConfig?: object;
  readonly ref?: object;
}

function byObject({ own = {}, ofObject = {}, gitConfig, ref = {} }: Objects): ReadImages {
  const images = [{ alias: 'web', imageName: 'nginx' }];
  const { updaters, failures } = readImageUpdaters([
    {
      namespace: 'argocd',
      name: 'iu',
      annotations: annotated(ofObject),
      spec: {
        applicationRefs: [{ namePattern: '*', ...('useAnnotations' in ref ? {} : { images }), ...ref }],
        ...(gitConfig ? { writeBackConfig: { gitConfig } } : {}),
      },
    },
  ]);
  expect(failures).toEqual([]);
  const app = application(annotated(own));
  const [claim] = claimsOn(app, updaters);
  if (!claim) throw new Error('not selected');
  return applyClaim(app, claim, SETTINGS);
}

function settingOf({ images, failures }: ReadImages) {
  expect(failures).toEqual([]);
  return images[0]?.writeBack.pullRequest;
}

const PLAIN = {
  group: { kind: 'application' },
  labels: [],
  reviewers: [],
  assignees: [],
  draft: false,
  autoMerge: 'off',
};

describe('annotations of an Application', () => {
  test('nothing asks for a pull request', () => {
    expect(settingOf(byAnnotations({}))).toBeUndefined();
    expect(settingOf(byAnnotations({ 'pull-request': 'off', 'pull-request.labels': 'a' }))).toBeUndefined();
  });

  for (const forge of ['auto', 'github', 'gitlab', 'gitea', 'bitbucket', 'bitbucket-server', 'azure-devops']) {
    test(`pull-request: ${forge}`, () => {
      expect(settingOf(byAnnotations({ 'pull-request': forge }))).toEqual({ forge, ...PLAIN });
    });
  }

  test('every setting', () => {
    const setting = settingOf(
      byAnnotations({
        'pull-request': 'gitea',
        'pull-request.group': 'branch',
        'pull-request.labels': ' images, ,deploy,images ',
        'pull-request.reviewers': 'alice,acme/ops',
        'pull-request.assignees': 'bob',
        'pull-request.draft': 'true',
        'pull-request.auto-merge': 'when-green',
      }),
    );
    expect(setting).toEqual({
      forge: 'gitea',
      group: { kind: 'branch' },
      labels: ['images', 'deploy'],
      reviewers: ['alice', 'acme/ops'],
      assignees: ['bob'],
      draft: true,
      autoMerge: 'when-green',
    });
  });

  test('a group by template; a text without an action is one, too', () => {
    for (const group of ['{{ .Project }}', 'everything']) {
      const setting = settingOf(byAnnotations({ 'pull-request': 'auto', 'pull-request.group': group }));
      expect(setting?.group.kind).toBe('template');
    }
  });

  for (const [named, message, fix, why] of [
    [{ 'pull-request': 'githup' }, 'there is no "githup" here', 'write github', 'a misspelt forge'],
    [{ 'pull-request': '' }, 'there is no "" here', 'write auto, off, github', 'no forge'],
    [{ 'pull-request': 'auto', 'pull-request.group': 'aplication' }, 'there is no', 'write application', 'a slip'],
    [{ 'pull-request': 'auto', 'pull-request.group': '{{ .X' }, 'template:', 'write application, branch', 'syntax'],
    [{ 'pull-request': 'auto', 'pull-request.auto-merge': 'on' }, 'there is no "on"', 'write off', 'a word'],
    [{ 'pull-request': 'auto', 'pull-request.draft': 'yes' }, 'draft', 'write "true" or "false"', 'no boolean'],
    [{ 'pull-request': 'auto', 'pull-request.labels': 'a'.repeat(256) }, '255 characters', 'shorter', 'too long'],
    [
      { 'pull-request': 'auto', 'pull-request.labels': Array.from({ length: 101 }, (_, i) => i).join() },
      'more than 100 names',
      'remove some',
      'too many',
    ],
    [{ 'pull-request.labels': 'a' }, 'no pull requests are asked for', 'tiphys.dev/pull-request: auto', 'alone'],
    [{ 'pull-request.autmerge': 'off' }, 'no such setting', 'write tiphys.dev/pull-request.auto-merge', 'a slip'],
    [
      { 'pull-request': 'auto', [`${UPSTREAM}/git-branch`]: 'main:staging' },
      'a pull request cannot come from a branch that others write to',
      'write the base branch alone',
      'a write branch',
    ],
  ] as const) {
    test(`${JSON.stringify(named).slice(0, 60)} is refused: ${why}`, () => {
      const { failures } = byAnnotations(named);
      expect(failures).toMatchObject([
        { object: 'argocd/shop', message: expect.stringContaining(message), fix: expect.stringContaining(fix) },
      ]);
    });
  }

  test('a template of branch names goes with it', () => {
    const { images, failures } = byAnnotations({
      'pull-request': 'auto',
      [`${UPSTREAM}/git-branch`]: 'main:img-{{ .SHA256 }}',
    });
    expect(failures).toEqual([]);
    expect(images[0]?.writeBack).toMatchObject({ branch: 'main', pullRequest: PLAIN });
    expect(images[0]?.writeBack.writeBranchTemplate).toBeDefined();
  });
});

describe('ImageUpdaters', () => {
  test("upstream's block", () => {
    const gitConfig = { pullRequest: { gitlab: {}, labels: [' a ', 'b', 'a', ' '] } };
    expect(settingOf(byObject({ gitConfig }))).toEqual({ forge: 'gitlab', ...PLAIN, labels: ['a', 'b'] });
  });

  test('the block of a reference replaces that of the object as a whole', () => {
    const gitConfig = { pullRequest: { gitlab: {}, labels: ['a'] } };
    const ref = { writeBackConfig: { gitConfig: { pullRequest: { github: {} } } } };
    expect(settingOf(byObject({ gitConfig, ref }))).toEqual({ forge: 'github', ...PLAIN });
  });

  test('annotations of the object count for all its references', () => {
    const ofObject = { 'pull-request': 'gitea', 'pull-request.labels': 'a' };
    expect(settingOf(byObject({ ofObject }))).toEqual({ forge: 'gitea', ...PLAIN, labels: ['a'] });
    const own = { [`${UPSTREAM}/image-list`]: 'web=nginx', 'pull-request.labels': 'b' };
    const annotations = byObject({ ofObject, own, ref: { useAnnotations: true } });
    expect(settingOf(annotations)).toEqual({ forge: 'gitea', ...PLAIN, labels: ['b'] });
  });

  test("the Application's own word counts before both", () => {
    const gitConfig = { pullRequest: { github: {} } };
    const ofObject = { 'pull-request.group': 'branch', 'pull-request': 'gitea' };
    expect(settingOf(byObject({ gitConfig, ofObject, own: { 'pull-request': 'off' } }))).toBeUndefined();
    expect(settingOf(byObject({ gitConfig, ofObject, own: { 'pull-request.draft': 'true' } }))).toEqual({
      forge: 'github',
      ...PLAIN,
      group: { kind: 'branch' },
      draft: true,
    });
  });

  test('a mistake in its annotations is its own', () => {
    const spec = { applicationRefs: [{ namePattern: '*', images: [{ alias: 'web', imageName: 'nginx' }] }] };
    const annotations = annotated({ 'pull-request': 'giteaa', 'pull-request.grop': 'x' });
    const { failures } = readImageUpdaters([{ namespace: 'argocd', name: 'iu', annotations, spec }]);
    expect(failures).toMatchObject([
      { object: 'ImageUpdater argocd/iu', fix: 'write gitea' },
      { object: 'ImageUpdater argocd/iu', fix: 'write tiphys.dev/pull-request.group' },
    ]);
  });
});
