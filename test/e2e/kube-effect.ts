import { until } from '../support/until.ts';
import type { Kube, Rule } from './kube.ts';

type KubeObject = Readonly<Record<string, unknown>>;

/** The API server knows of rights and of new kinds some time after they were written: resolves when it does. */
export async function takenUp(admin: Kube['admin'], objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    if (object['kind'] === 'CustomResourceDefinition') await served(admin, object);
    if (String(object['kind']).endsWith('Binding')) await granted(admin, object, objects);
  }
}

async function served(admin: Kube['admin'], crd: KubeObject): Promise<void> {
  const { name } = Object(crd['metadata']);
  const { group, names, versions } = Object(crd['spec']);
  for (const { name: version } of versions) {
    const path = `/apis/${group}/${version}`;
    await until(`${name} in ${path}`, async () => {
      const { resources } = await admin('GET', path);
      if (!Array.isArray(resources) || !resources.some((one) => one.name === names.plural)) return false;
      // Any version will do: what answers is the cache of the server, which it fills when it is first asked.
      return await admin('GET', `${path}/${names.plural}?limit=1&resourceVersion=0`);
    });
  }
}

/** Asks for each right of the role, which is among the objects, if it has one. */
async function granted(admin: Kube['admin'], binding: KubeObject, objects: readonly KubeObject[]): Promise<void> {
  const { namespace } = Object(binding['metadata']);
  const { kind, name } = Object(binding['roleRef']);
  const isRole = (one: KubeObject) => {
    const found = Object(one['metadata']);
    return one['kind'] === kind && found.name === name && (kind === 'ClusterRole' || found.namespace === namespace);
  };
  const role = objects.find(isRole);
  const rules: readonly Rule[] = Object(role).rules ?? [];
  const subjects: readonly Record<string, string>[] = Object(binding).subjects ?? [];
  const asked = subjects.flatMap((subject) =>
    rules.flatMap((rule) =>
      attributesOf(rule, namespace).map((attributes) => ({ user: userOf(subject), ...attributes })),
    ),
  );
  const isAllowed = async (spec: object) => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const { status } = await admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    return Object(status).allowed === true;
  };
  await Promise.all(asked.map((spec) => until(`the right ${JSON.stringify(spec)}`, () => isAllowed(spec))));
}

function userOf({ namespace, name }: Readonly<Record<string, string>>): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** What a rule allows, each as a review asks for it. */
function attributesOf(rule: Rule & { readonly nonResourceURLs?: readonly string[] }, namespace?: string): object[] {
  const { apiGroups = [], resources = [], verbs, resourceNames = [undefined], nonResourceURLs = [] } = rule;
  return verbs.flatMap((verb) => [
    ...nonResourceURLs.map((path) => ({ nonResourceAttributes: { path, verb } })),
    ...apiGroups.flatMap((group) =>
      resources.flatMap((both) => {
        const [resource, subresource] = both.split('/');
        return resourceNames.map((name) => {
          return { resourceAttributes: { namespace, verb, group, resource, subresource, name } };
        });
      }),
    ),
  ]);
}
