import { hasImageList, keyOf, keyPath, SETTINGS } from '../../config/annotations/annotation-keys.ts';
import { describeClaim, takesAnnotations } from '../../config/image-updater/select.ts';
import { applicationId } from '../../core/applications/application.ts';
import { type FailureCode, type Problem, uniqueProblems } from '../../core/failure.ts';
import type { LintReport } from '../../core/finding.ts';
import { redactProblem } from '../../core/redact.ts';
import { BUILT_IN_REGISTRIES } from '../../core/registry-endpoint.ts';
import type { Applications } from '../../ports/application-source.ts';
import type { TagSource } from '../../ports/tag-source.ts';
import type { ConfigurationSettings } from '../configure.ts';
import { absentKeysOf, absentSecretsOfImages } from './absent-secrets.ts';
import { findingsOf } from './findings.ts';
import { forbiddenRepositories } from './forbidden-repositories.ts';
import { impossibleRules } from './impossible-rules.ts';
import { type Overview, overlook } from './overview.ts';
import { pointlessSettings } from './pointless-settings.ts';
import { judgeByTags } from './present-tags.ts';
import { refusedPullSecrets } from './refused-pull-secrets.ts';
import { judgeRegistries, type RegistriesText } from './registries-conf.ts';
import type { SettledInput } from './settled-input.ts';
import { judgeTargets } from './shared-targets.ts';
import { unmatchedRefs } from './unmatched-refs.ts';

/** Everything that is looked through. */
export interface LintInput extends Omit<SettledInput, 'settings'> {
  readonly settings: ConfigurationSettings & { readonly argocdNamespace: string };
  readonly registries: RegistriesText | undefined;
  /** Asks the registries too; undefined leaves them alone. */
  readonly tags: TagSource | undefined;
}

/** Everything that is wrong or pointless in what was given, all at once. Without `tags` nothing outside is asked. */
export async function lint(given: LintInput, signal: AbortSignal): Promise<LintReport> {
  const { input, settings, registries } = given;
  const overview = overlook(input, settings);
  const images = [...overview.images, ...overview.idleImages];
  const ofRegistries = registries && judgeRegistries(registries, input.secrets);
  // A change of other files is looked through too, say before a commit; there may well be no Application in it.
  const [none, unread] = divide(input.failures, ({ code }) => code === 'NO_APPLICATIONS');
  const isLater = ({ code }: Problem) => LATER.includes(code);
  const [unready, wrong] = divide(overview.failures, isLater);
  const [unverified, doubtful] = divide(overview.warnings, isLater);
  return {
    findings: findingsOf({
      error: [
        ...unread,
        ...given.failures,
        ...(ofRegistries?.failures ?? []),
        ...wrong,
        ...impossibleRules(images),
        ...(await judgeTargets(overview.images, settings.argocdNamespace)),
        ...forbiddenRepositories(overview.images, input),
        ...absentSecretsOfImages(images, input.secrets),
        ...absentKeysOf(overview.updaters, input.secrets),
        ...(ofRegistries?.config ? refusedPullSecrets(images, ofRegistries.config) : []),
        ...(given.tags ? await judgeByTags(images, given.tags, signal) : []),
      ],
      warning: [
        ...given.warnings,
        ...(ofRegistries?.warnings ?? []),
        ...doubtful,
        ...(registries ? [] : refusedPullSecrets(images, BUILT_IN_REGISTRIES)),
        ...pointlessSettings(images),
        ...unreadAnnotations(overview),
        ...(isEveryApplicationKnown(input) ? unmatchedRefs(overview.updaters, input.applications) : []),
      ],
    }),
    notes: uniqueProblems([...none, ...input.warnings, ...given.notes, ...unready, ...unverified].map(redactProblem)),
    isIncomplete: [...unread, ...given.failures].some(({ code }) => code === 'INPUT_UNREADABLE'),
    applications: input.applications.length,
    imageUpdaters: input.imageUpdaters.length,
  };
}

/** What is right, and not done by this release. */
const LATER: readonly FailureCode[] = ['WRITE_BACK_UNSUPPORTED', 'VERIFICATION_UNSUPPORTED'];

function divide<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** Whether a reference that selects nothing here can be said to select nothing: templates and sets hide Applications. */
function isEveryApplicationKnown({ applications, failures, warnings }: Applications): boolean {
  const hidden: readonly FailureCode[] = ['APPLICATION_SET', 'APPLICATION_INVALID', 'INPUT_UNREADABLE'];
  return applications.length > 0 && ![...failures, ...warnings].some(({ code }) => hidden.includes(code));
}

/** Annotations of an Application whose images come from an ImageUpdater. */
function unreadAnnotations({ applications }: Overview): readonly Problem[] {
  return applications.flatMap(({ application, claim }) => {
    if (!claim || takesAnnotations(claim) || !hasImageList(application.annotations)) return [];
    const { origin } = application;
    return [
      {
        code: 'SETTING_UNUSED',
        object: applicationId(application),
        message: `its annotations are not read, because ${describeClaim(claim)} has images of its own`,
        fix: 'remove them, or set useAnnotations: true in that reference',
        location: { path: keyPath(keyOf(SETTINGS.imageList)), ...(origin ? { origin } : {}) },
      },
    ];
  });
}
