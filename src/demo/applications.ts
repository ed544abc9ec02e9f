const PREFIX = 'argocd-image-updater.argoproj.io';

/** The Argo CD Applications of the demo, as one file of manifests. */
export function demoApplications(registry: string, repoURL: string): string {
  const shop = (environment: string, constraint: string) =>
    application(`shop-${environment}`, `shop/overlays/${environment}`, repoURL, {
      'image-list': `shop=${registry}/acme/shop:${constraint}`,
      'write-back-target': 'kustomization',
    });
  return [
    shop('dev', '>=1.0.0-0'),
    shop('staging', '^1.4'),
    shop('prod', '~1.4'),
    application('web', 'web', repoURL, {
      'image-list': `web=${registry}/acme/web`,
      'web.update-strategy': 'newest-build',
      'web.allow-tags': 'regexp:^main-[0-9a-f]{7}$',
      'web.helm.image-name': 'image.repository',
      'web.helm.image-tag': 'image.tag',
      'write-back-target': 'helmvalues',
    }),
    application('mailer', 'mailer', repoURL, { 'image-list': `mailer=${registry}/acme/mailer:2.x` }),
  ].join('---\n');
}

function application(name: string, path: string, repoURL: string, settings: Record<string, string>): string {
  const annotations = Object.entries({ ...settings, 'write-back-method': 'git' })
    .map(([key, value]) => `    ${PREFIX}/${key}: ${JSON.stringify(value)}\n`)
    .join('');
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: ${name}
  namespace: argocd
  annotations:
${annotations}spec:
  project: default
  source:
    repoURL: ${repoURL}
    path: ${path}
    targetRevision: main
  destination:
    name: in-cluster
    namespace: ${name}
`;
}
