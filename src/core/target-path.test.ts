import { describe, expect, test } from 'vitest';
import { parseTargetSetting, targetCandidates } from './target-path.ts';
import type { TargetSetting } from './tracked-image.ts';

describe('parseTargetSetting', () => {
  for (const [text, expected] of [
    ['kustomization', { kind: 'kustomization' }],
    ['kustomization:../base', { kind: 'kustomization', path: '../base' }],
    [' kustomization:/overlays/prod ', { kind: 'kustomization', path: '/overlays/prod' }],
    ['kustomization:/', { kind: 'kustomization', path: '/' }],
    ['kustomization:', { kind: 'kustomization' }],
    ['helmvalues', { kind: 'helmvalues' }],
    ['helmvalues:../values.yaml', { kind: 'helmvalues', path: '../values.yaml' }],
    ['env/prod.yaml', { kind: 'helmvalues', path: '/env/prod.yaml' }],
    ['/env/prod.yml', { kind: 'helmvalues', path: '/env/prod.yml' }],
  ] as const) {
    test(`${text} is ${JSON.stringify(expected)}`, () => {
      expect(parseTargetSetting(text)).toEqual({ ok: true, value: expected });
    });
  }

  for (const [text, hint] of [
    ['kustomization.yaml', 'write "kustomization:/."'],
    ['apps/web/kustomization.yml', 'write "kustomization:/apps/web"'],
    ['/Kustomization', 'write "kustomization:/"'],
    ['kustomization:base/kustomization.yaml', 'write "kustomization:base"'],
    ['kustomization:kustomization.yaml', 'write "kustomization:."'],
    ['helmvalues.yaml', 'write "helmvalues"'],
    ['helmvalues:env/', 'name the values file'],
    ['apps/web/.argocd-source-web.yaml', 'leave write-back-target out'],
    ['env/overrides', 'write kustomization[:folder]'],
    ['helmvalue:x.yaml', 'write kustomization[:folder]'],
    ['', 'write kustomization[:folder]'],
    ['.yaml', 'write kustomization[:folder]'],
  ] as const) {
    test(`"${text}" is refused: ${hint}`, () => {
      const setting = parseTargetSetting(text);
      expect(setting.ok ? 'accepted' : setting.problem).toContain(hint);
    });
  }
});

describe('targetCandidates', () => {
  const own = { namespace: 'argocd', name: 'web' };
  const foreign = { namespace: 'team-a', name: 'web' };
  const override: TargetSetting = { kind: 'argocd-source' };
  const names = (folder: string) =>
    ['kustomization.yaml', 'kustomization.yml', 'Kustomization'].map((name) => folder + name);

  for (const [setting, sourcePath, application, argocdNamespace, expected] of [
    [override, 'apps/web', own, 'argocd', ['apps/web/.argocd-source-web.yaml']],
    [override, 'apps/web', foreign, 'argocd', ['apps/web/.argocd-source-team-a_web.yaml']],
    [override, 'apps/web', foreign, 'default', ['apps/web/.argocd-source-web.yaml']],
    [override, '', { namespace: '', name: 'web' }, 'argocd', ['.argocd-source-web.yaml']],
    [{ kind: 'kustomization' }, 'apps/web', own, 'argocd', names('apps/web/')],
    [{ kind: 'kustomization', path: '../base' }, 'apps/web', own, 'argocd', names('apps/base/')],
    [{ kind: 'kustomization', path: '/overlays/prod' }, 'apps/web', own, 'argocd', names('overlays/prod/')],
    [{ kind: 'kustomization', path: '/' }, 'apps/web', own, 'argocd', names('')],
    [{ kind: 'helmvalues' }, 'apps/web', own, 'argocd', ['apps/web/values.yaml']],
    [{ kind: 'helmvalues', path: '../../values.yaml' }, 'config/overlays/foo', own, 'argocd', ['config/values.yaml']],
    [{ kind: 'helmvalues', path: '/env/prod.yaml' }, 'apps/web', own, 'argocd', ['env/prod.yaml']],
  ] as const) {
    test(`${JSON.stringify(setting)} of ${application.namespace}/${application.name} in "${sourcePath}"`, () => {
      const candidates = targetCandidates(setting, { sourcePath, application, argocdNamespace });
      expect(candidates).toEqual({ ok: true, value: expected });
    });
  }

  for (const path of ['../../../x.yaml', '/../x.yaml', '../../.git/config', '/']) {
    test(`a values file at ${path} is refused`, () => {
      const place = { sourcePath: 'apps/web', application: own, argocdNamespace: 'argocd' };
      expect(targetCandidates({ kind: 'helmvalues', path }, place).ok).toBe(false);
    });
  }
});
