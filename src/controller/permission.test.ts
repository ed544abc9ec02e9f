import { describe, expect, test } from 'vitest';
import { targetImage } from '../../test/support/target-images.ts';
import { trackedImage } from '../../test/support/tracked.ts';
import type { Source } from '../core/applications/application.ts';
import type { TrackedImage } from '../core/tracked-image.ts';
import { type KnownProjects, permissionProblem } from './permission.ts';

const GIT = 'https://git.example.com';

function image(sources: readonly Partial<Source>[], repoURL?: string): TrackedImage {
  const wanted = targetImage('acme/web');
  const tracked = trackedImage('shop', 'web', wanted);
  return {
    ...tracked,
    application: {
      ...tracked.application,
      project: 'team',
      sources: sources.map((source) => ({ ...wanted.source, ...source })),
    },
    writeBack: { ...tracked.writeBack, ...(repoURL === undefined ? {} : { repoURL }) },
  };
}

const team = (...sourceRepos: readonly string[]): KnownProjects => ({ projects: [{ name: 'team', sourceRepos }] });
const own = [{ repoURL: `${GIT}/team/shop` }];

describe('permissionProblem', () => {
  for (const [why, tracked, projects, refused] of [
    ['no project is known', image(own, `${GIT}/any`), {}, undefined],
    ['another project is known', image(own), { projects: [{ name: 'other', sourceRepos: [] }] }, undefined],
    ['the source is allowed', image(own), team(`${GIT}/team/*`), undefined],
    ['the repository is allowed', image(own, `${GIT}/ops`), team(`${GIT}/team/*`, `${GIT}/ops.git`), undefined],
    [
      'a chart is no Git repository',
      image([{ repoURL: 'https://charts', chart: 'web' }], `${GIT}/ops`),
      team(`${GIT}/ops`),
      undefined,
    ],
    ['the source is not allowed', image(own), team(`${GIT}/ops`), `${GIT}/team/shop`],
    ['one source is not allowed', image([...own, { repoURL: `${GIT}/ops` }]), team(`${GIT}/team/*`), `${GIT}/ops`],
    ['the repository is not allowed', image(own, `${GIT}/ops`), team(`${GIT}/team/*`), `${GIT}/ops`],
    ['the repository is denied', image(own, `${GIT}/ops`), team('*', `!${GIT}/ops`), `${GIT}/ops`],
    [
      'the project is given twice',
      image(own),
      { projects: [{ name: 'team', sourceRepos: ['*'] }, ...(team().projects ?? [])] },
      `${GIT}/team/shop`,
    ],
    [
      'all projects are known, and this is none',
      image(own),
      { projects: [], hasAllProjects: true },
      'no AppProject team',
    ],
  ] as const) {
    test(`${refused === undefined ? 'goes on' : 'is refused'} when ${why}`, () => {
      const problem = permissionProblem(tracked, projects);
      if (refused === undefined) return expect(problem).toBeUndefined();
      expect(problem).toMatchObject({ code: 'REPOSITORY_NOT_PERMITTED', message: expect.stringContaining(refused) });
    });
  }
});
