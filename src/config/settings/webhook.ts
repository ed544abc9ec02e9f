import { anyText, boolean, filledText, integer, tlsCiphers, tlsVersion } from './kinds.ts';
import { SERVERS, type Setting, USED } from './setting.ts';

const HIGHEST_PORT = 65_535;

/** What is kept in the Secret, because it is one. */
function secretOf<const Name extends string>(name: Name, variable: string, who: string) {
  return {
    flag: `--${name}-webhook-secret`,
    variable,
    secretKey: `webhook.${name}-secret`,
    meaning: `what ${who} proves its webhooks with`,
    kind: anyText('<secret>'),
    defaultNote: 'none',
    commands: SERVERS,
    state: USED,
  } as const satisfies Setting;
}

/** The same for senders that upstream does not know. */
function ownSecretOf<const Name extends string>(name: Name, variable: string, who: string) {
  return { ...secretOf(name, variable, who), own: true } as const satisfies Setting;
}

/** The server that registries tell of their pushes. */
export const WEBHOOK_SETTINGS = {
  enableWebhook: {
    flag: '--enable-webhook',
    variable: 'ENABLE_WEBHOOK',
    key: 'webhook.enable',
    meaning: 'serve webhooks',
    kind: boolean,
    default: 'false',
    commands: ['run', 'serve'],
    state: USED,
  },
  webhookPort: {
    flag: '--webhook-port',
    variable: 'WEBHOOK_PORT',
    key: 'webhook.port',
    meaning: 'where webhooks are served',
    kind: integer(0, HIGHEST_PORT),
    default: '8082',
    defaults: { webhook: '8080' },
    commands: SERVERS,
    state: USED,
  },
  webhookRequireSecret: {
    flag: '--webhook-require-secret',
    variable: 'WEBHOOK_REQUIRE_SECRET',
    key: 'webhook.require-secret',
    meaning: 'refuse the webhooks of registries that no secret is set for',
    kind: boolean,
    default: 'true',
    commands: SERVERS,
    state: USED,
  },
  dockerWebhookSecret: secretOf('docker', 'DOCKER_WEBHOOK_SECRET', 'Docker Hub'),
  ghcrWebhookSecret: secretOf('ghcr', 'GHCR_WEBHOOK_SECRET', "GitHub's registry"),
  quayWebhookSecret: secretOf('quay', 'QUAY_WEBHOOK_SECRET', 'Quay'),
  harborWebhookSecret: secretOf('harbor', 'HARBOR_WEBHOOK_SECRET', 'Harbor'),
  aliyunAcrWebhookSecret: secretOf('aliyun-acr', 'ALIYUN_ACR_WEBHOOK_SECRET', "Alibaba's registry"),
  acrWebhookSecret: secretOf('acr', 'ACR_WEBHOOK_SECRET', "Azure's registry"),
  cloudeventsWebhookSecret: secretOf('cloudevents', 'CLOUDEVENTS_WEBHOOK_SECRET', 'a sender of CloudEvents'),
  distributionWebhookSecret: ownSecretOf('distribution', 'DISTRIBUTION_WEBHOOK_SECRET', 'a distribution registry'),
  jfrogWebhookSecret: ownSecretOf('jfrog', 'JFROG_WEBHOOK_SECRET', 'Artifactory'),
  nexusWebhookSecret: ownSecretOf('nexus', 'NEXUS_WEBHOOK_SECRET', 'Nexus Repository'),
  genericWebhookSecret: ownSecretOf('generic', 'GENERIC_WEBHOOK_SECRET', 'anybody else'),
  garWebhookAudience: {
    flag: '--gar-webhook-audience',
    variable: 'GAR_WEBHOOK_AUDIENCE',
    key: 'webhook.gar-audience',
    meaning: 'the audience of the tokens that Pub/Sub sends for Artifact Registry',
    kind: filledText('<audience>'),
    defaultNote: 'none',
    commands: SERVERS,
    state: USED,
    own: true,
  },
  garWebhookServiceAccount: {
    flag: '--gar-webhook-service-account',
    variable: 'GAR_WEBHOOK_SERVICE_ACCOUNT',
    key: 'webhook.gar-service-account',
    meaning: 'e-mail of the service account that Pub/Sub sends these tokens as',
    kind: filledText('<email>'),
    defaultNote: 'none',
    commands: SERVERS,
    state: USED,
    own: true,
  },
  webhookRatelimitAllowed: {
    flag: '--webhook-ratelimit-allowed',
    variable: 'WEBHOOK_RATELIMIT_ALLOWED',
    key: 'webhook.ratelimit-allowed',
    meaning: 'webhooks in an hour; 0 for any number',
    kind: integer(0, Number.MAX_SAFE_INTEGER),
    default: '0',
    commands: SERVERS,
    state: USED,
  },
  maxConcurrentUpdaters: {
    flag: '--max-concurrent-updaters',
    variable: 'MAX_CONCURRENT_UPDATERS',
    meaning: 'looks that the command webhook has under way at a time',
    kind: integer(1, 10),
    default: '1',
    commands: ['webhook'],
    state: USED,
    better: 'a look takes all that is due, whichever ImageUpdater it belongs to',
  },
  disableTls: {
    flag: '--disable-tls',
    variable: 'DISABLE_TLS',
    key: 'disable-tls',
    meaning: 'webhooks by plain HTTP',
    kind: boolean,
    default: 'false',
    commands: SERVERS,
    state: USED,
  },
  tlsMinVersion: {
    flag: '--tlsminversion',
    variable: 'TLS_MIN_VERSION',
    key: 'tls.min-version',
    meaning: 'the oldest version of TLS that is spoken',
    kind: tlsVersion,
    default: '1.3',
    commands: SERVERS,
    state: USED,
  },
  tlsMaxVersion: {
    flag: '--tlsmaxversion',
    variable: 'TLS_MAX_VERSION',
    key: 'tls.max-version',
    meaning: 'the newest version of TLS that is spoken',
    kind: tlsVersion,
    default: '1.3',
    commands: SERVERS,
    state: USED,
  },
  tlsCiphers: {
    flag: '--tlsciphers',
    variable: 'TLS_CIPHERS',
    key: 'tls.ciphers',
    meaning: 'cipher suites',
    kind: tlsCiphers,
    defaultNote: 'any that are safe',
    commands: SERVERS,
    state: USED,
  },
} as const satisfies Readonly<Record<string, Setting>>;
