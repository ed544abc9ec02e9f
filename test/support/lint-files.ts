import { fileSource } from '../../src/applications/files.ts';
import { CATALOGUE } from '../../src/config/settings/settings-catalogue.ts';
import { lint } from '../../src/controller/lint/lint.ts';
import type { RegistriesText } from '../../src/controller/lint/registries-conf.ts';
import { loadSettled } from '../../src/controller/lint/settled-input.ts';
import type { Whereabouts } from '../../src/controller/settled-source.ts';
import type { LintReport } from '../../src/core/finding.ts';
import type { TagSource } from '../../src/ports/tag-source.ts';

interface Beside {
  readonly registries?: RegistriesText;
  readonly tags?: TagSource;
}

/** `tiphys lint -f` over files of a folder, in this process. */
export async function lintFiles(
  paths: readonly string[],
  cwd: string,
  { registries, tags }: Beside = {},
): Promise<LintReport> {
  const { signal } = new AbortController();
  const open = ({ argocdNamespace }: Whereabouts) =>
    fileSource({ paths, cwd, argocdNamespace, stdin: (async function* () {})() });
  const settled = await loadSettled(open, [], signal);
  const settings = {
    argocdNamespace: 'argocd',
    annotations: 'auto',
    defaultPlatforms: [],
    writeBackDefault: undefined,
  } as const;
  const given = settled.settings.given(CATALOGUE.registriesConfPath);
  const { origin, path = [] } = given?.location ?? {};
  const inConfigMap = given &&
    origin && { text: given.text, origin: { ...origin, positionOf: () => origin.positionOf(path) } };
  return await lint({ ...settled, settings, registries: registries ?? inConfigMap, tags }, signal);
}
