import type { RoleGrant } from '../../core/rights.ts';

const API = 'rbac.authorization.k8s.io';

/** To whom the rights are given. */
export interface Account {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** Roles and their bindings as YAML documents; each rule says what it is for. */
export async function renderRights(granted: readonly RoleGrant[], account: Account): Promise<string> {
  const documents = await Promise.all(
    granted.flatMap((grant) => [roleDocument(grant, account), bindingDocument(grant, account)]),
  );
  return documents.join('---\n');
}

async function roleDocument({ namespace, rights }: RoleGrant, account: Account): Promise<string> {
  const { Document, isMap, isPair, isSeq, visit } = await import('yaml');
  const object = {
    ...head(namespace === undefined ? 'ClusterRole' : 'Role', namespace, account),
    rules: rights.map(({ rule }) => rule),
  };
  const role = new Document(object, { aliasDuplicateObjects: false });
  const rules = role.get('rules');
  for (const [index, item] of (isSeq(rules) ? rules.items : []).entries()) {
    const right = rights[index];
    if (isMap(item) && right) item.commentBefore = ` ${right.why}\n Without it: ${right.without}`;
  }
  // Each list of a rule on one line, as people write them.
  visit(role, {
    Seq(_key, list, parents) {
      const holder = parents.at(-1);
      if (list !== rules && isPair(holder)) list.flow = true;
    },
  });
  return role.toString({ lineWidth: 0, flowCollectionPadding: false });
}

async function bindingDocument({ namespace }: RoleGrant, account: Account): Promise<string> {
  const { stringify } = await import('yaml');
  const [kind, role] = namespace === undefined ? ['ClusterRoleBinding', 'ClusterRole'] : ['RoleBinding', 'Role'];
  const { metadata, ...rest } = head(kind, namespace, account);
  return stringify({
    ...{ ...rest, metadata },
    roleRef: { apiGroup: API, kind: role, name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', namespace: account.namespace, name: account.serviceAccount }],
  });
}

/** What belongs to no namespace is named by ours too: there may be several of us in the cluster. */
function head(kind: string, namespace: string | undefined, account: Account) {
  const { serviceAccount: name } = account;
  const metadata = namespace === undefined ? { name: `${account.namespace}-${name}` } : { name, namespace };
  return { apiVersion: `${API}/v1`, kind, metadata };
}
