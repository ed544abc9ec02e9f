import { anyText, boolean, integer, tlsCiphers, tlsVersion } from './kinds.ts';
import { comesWith, type Setting } from './setting.ts';

const HIGHEST_PORT = 65_535;
const SERVERS = ['run', 'webhook'] as const;
const LATER = comesWith('webhooks, step 5');

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
    state: comesWith('webhooks, step 5', ''),
  } as const satisfies Setting;
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
    commands: ['run'],
    state: comesWith('webhooks, step 5', false),
  },
  webhookPort: {
    flag: '--webhook-port',
    variable: 'WEBHOOK_PORT',
    key: 'webhook.port',
    meaning: 'where webhooks are served',
    kind: integer(0, HIGHEST_PORT),
    default: '8082',
    commands: SERVERS,
    state: LATER,
  },
  webhookRequireSecret: {
    flag: '--webhook-require-secret',
    variable: 'WEBHOOK_REQUIRE_SECRET',
    key: 'webhook.require-secret',
    meaning: 'refuse the webhooks of registries that no secret is set for',
    kind: boolean,
    default: 'true',
    commands: SERVERS,
    state: LATER,
  },
  dockerWebhookSecret: secretOf('docker', 'DOCKER_WEBHOOK_SECRET', 'Docker Hub'),
  ghcrWebhookSecret: secretOf('ghcr', 'GHCR_WEBHOOK_SECRET', "GitHub's registry"),
  quayWebhookSecret: secretOf('quay', 'QUAY_WEBHOOK_SECRET', 'Quay'),
  harborWebhookSecret: secretOf('harbor', 'HARBOR_WEBHOOK_SECRET', 'Harbor'),
  aliyunAcrWebhookSecret: secretOf('aliyun-acr', 'ALIYUN_ACR_WEBHOOK_SECRET', "Alibaba's registry"),
  acrWebhookSecret: secretOf('acr', 'ACR_WEBHOOK_SECRET', "Azure's registry"),
  cloudeventsWebhookSecret: secretOf('cloudevents', 'CLOUDEVENTS_WEBHOOK_SECRET', 'a sender of CloudEvents'),
  webhookRatelimitAllowed: {
    flag: '--webhook-ratelimit-allowed',
    variable: 'WEBHOOK_RATELIMIT_ALLOWED',
    key: 'webhook.ratelimit-allowed',
    meaning: 'webhooks in an hour; 0 for any number',
    kind: integer(0, Number.MAX_SAFE_INTEGER),
    default: '0',
    commands: SERVERS,
    state: comesWith('webhooks, step 5', 0),
  },
  maxConcurrentUpdaters: {
    flag: '--max-concurrent-updaters',
    variable: 'MAX_CONCURRENT_UPDATERS',
    meaning: 'ImageUpdaters that the command webhook works on at a time',
    kind: integer(1, 10),
    default: '1',
    commands: ['webhook'],
    state: LATER,
  },
  disableTls: {
    flag: '--disable-tls',
    variable: 'DISABLE_TLS',
    key: 'disable-tls',
    meaning: 'webhooks by plain HTTP',
    kind: boolean,
    default: 'false',
    commands: SERVERS,
    state: LATER,
  },
  tlsMinVersion: {
    flag: '--tlsminversion',
    variable: 'TLS_MIN_VERSION',
    key: 'tls.min-version',
    meaning: 'the oldest version of TLS that is spoken',
    kind: tlsVersion,
    default: '1.3',
    commands: SERVERS,
    state: LATER,
  },
  tlsMaxVersion: {
    flag: '--tlsmaxversion',
    variable: 'TLS_MAX_VERSION',
    key: 'tls.max-version',
    meaning: 'the newest version of TLS that is spoken',
    kind: tlsVersion,
    default: '1.3',
    commands: SERVERS,
    state: LATER,
  },
  tlsCiphers: {
    flag: '--tlsciphers',
    variable: 'TLS_CIPHERS',
    key: 'tls.ciphers',
    meaning: 'cipher suites',
    kind: tlsCiphers,
    defaultNote: 'any that are safe',
    commands: SERVERS,
    state: LATER,
  },
} as const satisfies Readonly<Record<string, Setting>>;
