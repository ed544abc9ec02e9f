/** As Argo CD keeps them. */
export const BYTES_EACH = 9 * 1024;

interface Images {
  /** Of the registry. */
  readonly host: string;
  /** How many repositories they share: "acme/app-0" and so on. */
  readonly repositories: number;
  /** What an Application runs. */
  readonly tagOf: (nth: number) => string;
}

/** One of many, most of which is of no use to us; one image, stated where the method `argocd` writes it. */
export function largeApplication(nth: number, { host, repositories, tagOf }: Images): object {
  const image = `${host}/acme/app-${nth % repositories}`;
  const running = `${image}:${tagOf(nth)}`;
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {
      namespace: `team-${nth % 50}`,
      name: `app-${nth}`,
      uid: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
      annotations: { 'argocd-image-updater.argoproj.io/image-list': `app=${image}:1.x` },
    },
    spec: {
      project: 'default',
      source: {
        repoURL: `https://git.example/deploy-${nth % 20}.git`,
        path: `apps/${nth}`,
        targetRevision: 'main',
        kustomize: { images: [running] },
      },
    },
    status: { sourceType: 'Kustomize', summary: { images: [running] }, resources: [] as object[] },
  };
  for (let size = JSON.stringify(object).length, at = 0; size < BYTES_EACH; size += 150, at += 1) {
    object.status.resources.push({
      ...{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: `team-${nth}`, name: `part-${nth}-${at}` },
      ...{ status: 'Synced', health: { status: 'Healthy' }, syncWave: at },
    });
  }
  return object;
}
