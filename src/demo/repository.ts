/** The demo's GitOps repository: small, but laid out and commented as such repositories are. */
export function demoRepository(registry: string): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', README],
    ['shop/base/deployment.yaml', deployment(registry)],
    ['shop/base/kustomization.yaml', SHOP_BASE],
    ...(['dev', 'staging', 'prod'] as const).map((environment): [string, string] => [
      `shop/overlays/${environment}/kustomization.yaml`,
      shopOverlay(environment, registry),
    ]),
    ['web/Chart.yaml', 'apiVersion: v2\nname: web\nversion: 0.1.0\n'],
    ['web/values.yaml', webValues(registry)],
    ['web/templates/deployment.yaml', WEB_TEMPLATE],
    ['mailer/Chart.yaml', 'apiVersion: v2\nname: mailer\nversion: 0.3.2\n'],
    ['mailer/values.yaml', `image:\n  name: ${registry}/acme/mailer\n  tag: latest\n`],
    ['mailer/.argocd-source-mailer.yaml', MAILER_OVERRIDE],
    ['mailer/templates/deployment.yaml', WEB_TEMPLATE.replaceAll('web', 'mailer')],
  ]);
}

const README = `# acme deploy

What runs where. Versions are moved by Tiphys; everything else is moved by people.
`;

const SHOP_BASE = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
`;

const deployment = (registry: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
spec:
  replicas: 2
  selector:
    matchLabels: {app: shop}
  template:
    metadata:
      labels: {app: shop}
    spec:
      containers:
        - name: shop
          image: ${registry}/acme/shop
`;

const shopOverlay = (environment: string, registry: string) => `# ${environment}: please keep the comments
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop-${environment}
resources:
  - ../../base

images:
  - name: ${registry}/acme/shop
    newTag: "1.4.0"   # moved by Tiphys
`;

const webValues = (registry: string) => `# values of the web front
replicaCount: 3

image:
  repository: ${registry}/acme/web
  tag: main-0c1d7e5   # the newest build of main
  pullPolicy: IfNotPresent

resources: {limits: {memory: 128Mi}}
`;

const MAILER_OVERRIDE = `# read by Argo CD on top of the Application
helm:
  parameters:
  - name: image.tag
    value: 2.3.0
    forcestring: true
`;

const WEB_TEMPLATE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository | default .Values.image.name }}:{{ .Values.image.tag }}"
`;
