import { describe, expect, test } from 'vitest';
import type { Application } from '../core/applications/application.ts';
import { applicationId } from '../core/applications/application.ts';
import type { Scope } from '../core/applications/scope.ts';
import type { Applications } from '../ports/application-source.ts';
import { resolveConfiguration } from './configure.ts';
import { narrow } from './narrow.ts';

const ALL: Scope = { watchedNamespaces: '*', applicationNamespace: undefined, names: undefined, labels: [] };

function application(namespace: string): Application {
  return {
    namespace,
    name: 'shop',
    project: 'default',
    labels: {},
    annotations: { 'argocd-image-updater.argoproj.io/image-list': 'web=nginx' },
    sources: [],
    multiSource: false,
    status: { sourceTypes: [], images: [] },
  };
}

const LOADED: Applications = {
  applications: [application('a'), application('b')],
  imageUpdaters: [{ namespace: 'b', name: 'all', annotations: {}, spec: { applicationRefs: [] } }],
  secrets: [{ namespace: 'b', name: 'token', labels: {}, data: {} }],
  configMaps: [],
  failures: [],
  warnings: [],
};

describe('the input within the scope', () => {
  test('is all of it without a scope', () => {
    expect(narrow(LOADED, ALL)).toEqual({ ...LOADED, hasOtherUpdaters: false });
  });

  test('holds what is watched, and every Secret', () => {
    const { applications, imageUpdaters, secrets } = narrow(LOADED, { ...ALL, watchedNamespaces: ['a'] });
    expect(applications.map(applicationId)).toEqual(['a/shop']);
    expect(imageUpdaters).toEqual([]);
    expect(secrets).toEqual(LOADED.secrets);
  });

  test('keeps ImageUpdaters whatever Applications are left', () => {
    expect(narrow(LOADED, { ...ALL, applicationNamespace: 'a' }).imageUpdaters).toEqual(LOADED.imageUpdaters);
  });

  test('brings no annotation to life by leaving out an ImageUpdater', () => {
    const settings = { defaultPlatforms: [], writeBackDefault: 'git', annotations: 'auto' } as const;
    const narrowed = narrow(LOADED, { ...ALL, watchedNamespaces: ['a'] });
    expect(resolveConfiguration(narrowed, settings).configured.map(({ images }) => images)).toEqual([[]]);
  });

  test('is a failure when it leaves out every Application', () => {
    const { failures } = narrow(LOADED, { ...ALL, applicationNamespace: 'c' });
    expect(failures).toMatchObject([{ code: 'NO_APPLICATIONS', message: expect.stringContaining('all 2') }]);
    expect(narrow({ ...LOADED, applications: [] }, { ...ALL, applicationNamespace: 'c' }).failures).toEqual([]);
  });
});
