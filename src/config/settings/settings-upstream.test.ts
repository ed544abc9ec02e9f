import { expect, test } from 'vitest';
import { SETTINGS } from './settings-catalogue.ts';

// Reference part 2, sections 2.9, 2.15, 3.1, 5 (webhook) and 7.
const UPSTREAM = `
--interval IMAGE_UPDATER_INTERVAL interval
--once
--dry-run
--warmup-cache
--max-concurrent-apps MAX_CONCURRENT_APPS max_concurrent_apps
--max-concurrent-reconciles MAX_CONCURRENT_RECONCILES max_concurrent_reconciles
--max-concurrent-updaters MAX_CONCURRENT_UPDATERS
--argocd-namespace ARGOCD_NAMESPACE argocd.namespace
--watch-namespaces IMAGE_UPDATER_WATCH_NAMESPACES watch.namespaces
--kubeconfig
--registries-conf-path registries.conf
--loglevel IMAGE_UPDATER_LOGLEVEL log.level
--logformat IMAGE_UPDATER_LOGFORMAT log.format
--disable-kube-events IMAGE_UPDATER_KUBE_EVENTS kube.events
--leader-election
--leader-election-namespace
--metrics-bind-address
--metrics-secure
--health-probe-bind-address
--enable-http2
--git-commit-user GIT_COMMIT_USER git.user
--git-commit-email GIT_COMMIT_EMAIL git.email
--git-commit-signing-key GIT_COMMIT_SIGNING_KEY git.commit-signing-key
--git-commit-signing-method GIT_COMMIT_SIGNING_METHOD git.commit-signing-method
--git-commit-sign-off GIT_COMMIT_SIGN_OFF git.commit-sign-off
--git-commit-message-path git.commit-message-template
--git-commit-method GIT_COMMIT_METHOD
--enable-webhook ENABLE_WEBHOOK webhook.enable
--webhook-port WEBHOOK_PORT webhook.port
--webhook-require-secret WEBHOOK_REQUIRE_SECRET webhook.require-secret
--docker-webhook-secret DOCKER_WEBHOOK_SECRET webhook.docker-secret
--ghcr-webhook-secret GHCR_WEBHOOK_SECRET webhook.ghcr-secret
--quay-webhook-secret QUAY_WEBHOOK_SECRET webhook.quay-secret
--harbor-webhook-secret HARBOR_WEBHOOK_SECRET webhook.harbor-secret
--aliyun-acr-webhook-secret ALIYUN_ACR_WEBHOOK_SECRET webhook.aliyun-acr-secret
--acr-webhook-secret ACR_WEBHOOK_SECRET webhook.acr-secret
--cloudevents-webhook-secret CLOUDEVENTS_WEBHOOK_SECRET webhook.cloudevents-secret
--webhook-ratelimit-allowed WEBHOOK_RATELIMIT_ALLOWED webhook.ratelimit-allowed
--disable-tls DISABLE_TLS disable-tls
--tlsminversion TLS_MIN_VERSION tls.min-version
--tlsmaxversion TLS_MAX_VERSION tls.max-version
--tlsciphers TLS_CIPHERS tls.ciphers
--applications-api APPLICATIONS_API applications_api
--argocd-server-addr ARGOCD_SERVER argocd.server_addr
--argocd-grpc-web ARGOCD_GRPC_WEB argocd.grpc_web
--argocd-insecure ARGOCD_INSECURE argocd.insecure
--argocd-plaintext ARGOCD_PLAINTEXT argocd.plaintext
--argocd-auth-token ARGOCD_TOKEN argocd.token
--disable-kubernetes
--application-namespace
--match-application-name
--match-application-label
--max-concurrency
--health-port
--metrics-port
`;

test("upstream's settings are all here, under their names, and nothing else passes for one of them", () => {
  const known = SETTINGS.filter(({ own }) => !own).map(({ flag, variable, key, contentKey, secretKey }) =>
    [flag, variable, key ?? contentKey ?? secretKey].filter((name) => name !== undefined).join(' '),
  );
  expect(known.sort()).toEqual(UPSTREAM.trim().split('\n').sort());
});

test("upstream's defaults are ours", () => {
  const defaults = Object.fromEntries(SETTINGS.filter(({ own }) => !own).map((one) => [one.flag, one.default]));
  expect(defaults).toMatchObject({
    '--interval': '2m',
    '--once': 'false',
    '--dry-run': 'false',
    '--warmup-cache': 'true',
    '--max-concurrent-apps': '10',
    '--max-concurrent-reconciles': '1',
    '--registries-conf-path': '/app/config/registries.conf',
    '--loglevel': 'info',
    '--logformat': 'text',
    '--disable-kube-events': 'false',
    '--leader-election': 'true',
    '--metrics-bind-address': '0',
    '--metrics-secure': 'true',
    '--health-probe-bind-address': ':8081',
    '--enable-http2': 'false',
    '--git-commit-user': 'argocd-image-updater',
    '--git-commit-email': 'noreply@argoproj.io',
    '--git-commit-signing-method': 'openpgp',
    '--git-commit-sign-off': 'false',
    '--git-commit-message-path': '/app/config/commit.template',
    '--git-commit-method': 'git',
    '--enable-webhook': 'false',
    '--webhook-port': '8082',
    '--webhook-require-secret': 'true',
    '--webhook-ratelimit-allowed': '0',
    '--disable-tls': 'false',
    '--tlsminversion': '1.3',
    '--tlsmaxversion': '1.3',
  });
});
