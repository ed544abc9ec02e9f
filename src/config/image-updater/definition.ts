import type { Untyped } from '../../core/untyped.ts';
import { flag, integer, list, map, object, type Rule, text, type ValueOf } from './schema.ts';

// The ImageUpdater of argocd-image-updater.argoproj.io/v1alpha1 (reference part 1, 1.2 and 1.3). Of upstream's defaults
// only those are kept that mean the same as no value: a default inside commonUpdateSettings or writeBackConfig would
// silently cancel what a level above says.

const has = (value: Untyped, key: string) => value[key] !== undefined;

/**
 * A rule that exactly one of some fields is there.
 * @param cel kept cheap: the API server estimates the cost of a rule as often as a request could hold its object
 */
function exactlyOne(names: readonly string[], cel: string): Rule {
  return {
    cel,
    message: `must have exactly one of ${names.join(', ')}`,
    fix: `keep one of ${names.join(', ')}`,
    holds: (value) => names.filter((name) => has(value, name)).length === 1,
    jsonSchema: { oneOf: names.map((name) => ({ required: [name] })) },
  };
}

const commonUpdateSettings = object(
  'Which versions count. Each field is inherited on its own from the levels above; a list replaces a list.',
  {
    updateStrategy: text(
      'How the newest version is found: semver (the default), newest-build, alphabetical or digest.',
    ),
    forceUpdate: flag('Write a version even when nothing in Git names the image.'),
    allowTags: text('Tags that count: "any", or "regexp:" and an RE2 expression, which may match anywhere in the tag.'),
    ignoreTags: list('Globs of tags that do not count; a glob matches the whole tag.', text('A glob, such as *-rc*.')),
    pullSecret: text(
      'Where credentials for the registry are: pullsecret:namespace/name, secret:namespace/name#field, env:NAME or ext:/path.',
    ),
    platforms: list('Platforms that an image must have.', text('os/arch or os/arch/variant, such as linux/amd64.')),
  },
);

const imagesVerification = object(
  'Whether an image must be signed before it is written.',
  {
    enabled: flag('False goes without verification.', { default: true }),
    cosignKey: object(
      'The public key, in a Secret of the same namespace.',
      { secretName: text('The name of the Secret.'), key: text('The field of the Secret that holds the key.') },
      { required: ['secretName', 'key'] },
    ),
  },
  {
    rules: [
      {
        cel: '(has(self.enabled) && !self.enabled) || has(self.cosignKey)',
        message: 'verification needs a cosignKey',
        fix: 'add cosignKey, or set enabled: false',
        holds: (value) => value['enabled'] === false || has(value, 'cosignKey'),
        jsonSchema: {
          anyOf: [{ required: ['cosignKey'] }, { required: ['enabled'], properties: { enabled: { const: false } } }],
        },
      },
    ],
  },
);

const pullRequest = object(
  'Opens a pull request in place of a push to the base branch.',
  {
    github: object('The repository is on GitHub.', {}),
    gitlab: object('The repository is on GitLab.', {}),
    labels: list('Labels of the pull request.', text('A label.', { minLength: 1, maxLength: 255 }), { maxItems: 100 }),
  },
  { rules: [exactlyOne(['github', 'gitlab'], 'has(self.github) != has(self.gitlab)')] },
);

const writeBackConfig = object('How and where versions are written. Each field is inherited on its own.', {
  method: text('argocd (the default), git, git:repocreds or git:secret:[namespace/]name.', {
    pattern: '^(argocd|git|git:[a-zA-Z0-9][a-zA-Z0-9-._/:]*)$',
  }),
  gitConfig: object('For the method git.', {
    repository: text("Another repository than the source's own."),
    branch: text("base, or base:write to push another branch; without it the source's targetRevision."),
    writeBackTarget: text(
      'kustomization[:folder], helmvalues[:file] or a .yaml file; without it the override file of the Application.',
    ),
    pullRequest,
  }),
});

const variable = (description: string) => text(description, { minLength: 1, maxLength: 253 });

const manifestTargets = object(
  'The names under which the target holds the image.',
  {
    helm: object('Parameters of a chart, or key paths of its values file.', {
      name: text("Holds the image's name; image.name by default."),
      tag: text("Holds the image's tag; image.tag by default."),
      spec: text('Holds name and tag in one; name and tag are not looked at then.'),
    }),
    kustomize: object(
      'An entry of the images of a kustomization.',
      { name: text("The image's name in the manifests, before Kustomize replaces it.") },
      { required: ['name'] },
    ),
    plugin: object(
      'Variables of a config management plugin.',
      {
        name: variable("Holds the image's name."),
        tag: variable("Holds the image's tag."),
        spec: variable('Holds name and tag in one; name and tag are not looked at then.'),
      },
      {
        rules: [
          {
            cel: 'has(self.spec) || has(self.name)',
            message: 'must have spec or name',
            fix: 'add spec, or name and tag',
            holds: (value) => has(value, 'spec') || has(value, 'name'),
            jsonSchema: { anyOf: [{ required: ['spec'] }, { required: ['name'] }] },
          },
        ],
      },
    ),
  },
  {
    rules: [
      exactlyOne(
        ['helm', 'kustomize', 'plugin'],
        'has(self.helm) ? !has(self.kustomize) && !has(self.plugin) : has(self.kustomize) != has(self.plugin)',
      ),
    ],
  },
);

const image = object(
  'One image that is kept up to date.',
  {
    alias: text('A name of its own within the reference: letters, digits, ".", "_" and "-", first a letter or digit.', {
      pattern: '^[a-zA-Z0-9][a-zA-Z0-9-._]*$',
    }),
    imageName: text('[registry/]repository[:constraint]; for the strategy digest the tag to follow.'),
    commonUpdateSettings,
    imagesVerification,
    manifestTargets,
  },
  { required: ['alias', 'imageName'] },
);

export const labelSelector = object(
  "Selects by the Application's labels; all that is said must hold.",
  {
    matchLabels: map('Labels and the values that they must have.', text("A label's value.")),
    matchExpressions: list(
      'Conditions on labels.',
      object(
        'A condition on one label.',
        {
          key: text("The label's key."),
          operator: text('In, NotIn, Exists or DoesNotExist.'),
          values: list('For In and NotIn at least one value, for the others none.', text('A value.')),
        },
        { required: ['key', 'operator'] },
      ),
    ),
  },
  { atomic: true },
);

const applicationRef = object(
  'Applications, and what is kept up to date in them.',
  {
    namePattern: text('A glob (*, ?, [a-z], [^a-z]) that must match the whole name of the Application.'),
    labelSelectors: labelSelector,
    useAnnotations: flag("Take images and settings from the Application's annotations.", { default: false }),
    commonUpdateSettings,
    writeBackConfig,
    imagesVerification,
    images: list('The images.', image, { key: 'alias' }),
  },
  {
    required: ['namePattern'],
    rules: [
      {
        cel: '(has(self.useAnnotations) && self.useAnnotations) || (has(self.images) && size(self.images) > 0)',
        message: 'must have images, or useAnnotations: true',
        fix: 'add images, or set useAnnotations: true',
        holds: ({ useAnnotations, images }) =>
          useAnnotations === true || (Array.isArray(images) ? images.length > 0 : images !== undefined),
        jsonSchema: {
          anyOf: [
            { required: ['images'], properties: { images: { minItems: 1 } } },
            { required: ['useAnnotations'], properties: { useAnnotations: { const: true } } },
          ],
        },
      },
    ],
  },
);

export const spec = object(
  'Which Applications of the same namespace are kept up to date, and how.',
  {
    applicationRefs: list(
      'References to Applications. The most specific one that matches an Application counts, and no other.',
      applicationRef,
      { key: 'namePattern', minItems: 1 },
    ),
    commonUpdateSettings,
    writeBackConfig,
    imagesVerification,
  },
  { required: ['applicationRefs'] },
);

const condition = object(
  'One aspect of the state.',
  {
    type: text('Ready, Reconciling or Error.', {
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
    status: text('Whether it holds.', { oneOf: ['True', 'False', 'Unknown'] }),
    observedGeneration: integer('The generation that this was found for.', 'int64'),
    lastTransitionTime: text('When the status changed.', { format: 'date-time' }),
    reason: text('The reason in one word.', {
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text('The reason in a sentence.', { maxLength: 32768 }),
  },
  { required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'] },
);

const recentUpdate = object(
  'An image that was moved in the last cycle that moved any.',
  {
    alias: text("The image's alias."),
    image: text("The image's name, without a tag."),
    newVersion: text('The tag or digest that was written.'),
    applicationsUpdated: integer('In how many Applications.', 'int32'),
    updatedAt: text('When.', { format: 'date-time' }),
    message: text('What was replaced by what.'),
  },
  { required: ['alias', 'applicationsUpdated', 'image', 'newVersion', 'updatedAt'] },
);

export const status = object('What was found and done.', {
  observedGeneration: integer('The generation that was read last.', 'int64'),
  lastCheckedAt: text('When the registries were asked last.', { format: 'date-time' }),
  lastUpdatedAt: text('When an image was moved last.', { format: 'date-time' }),
  applicationsMatched: integer('How many Applications are selected.', 'int32'),
  imagesManaged: integer('How many images are kept up to date.', 'int32'),
  recentUpdates: list('The images that were moved.', recentUpdate),
  conditions: list('The state in a form that tools wait for.', condition, { key: 'type' }),
});

export type ImageUpdaterSpec = ValueOf<typeof spec>;
type ApplicationRefSpec = ImageUpdaterSpec['applicationRefs'][number];
export type ImageSpec = NonNullable<ApplicationRefSpec['images']>[number];
export type LabelSelectorSpec = ValueOf<typeof labelSelector>;
export type UpdateSettings = ValueOf<typeof commonUpdateSettings>;
export type ManifestTargets = ValueOf<typeof manifestTargets>;
export type VerificationSettings = ValueOf<typeof imagesVerification>;
