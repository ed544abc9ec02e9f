import { mappingAt } from '../../../core/untyped.ts';
import { filled } from '../payload.ts';
import { ignored, invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** @see https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference */
export const acr: WebhookKind = {
  type: 'acr',
  proof: { kind: 'presented', headers: [{ name: 'authorization' }] },
  contentTypes: ['application/json'],
  parse({ body }) {
    const action = filled(body, 'action');
    if (action !== 'push') return ignored(`ignoring action: ${action ?? ''}`);
    const target = mappingAt(body, 'target');
    const repository = filled(target, 'repository');
    if (repository === undefined) return invalid('repository name not found in webhook payload');
    const registry = filled(mappingAt(body, 'request'), 'host') ?? '';
    return pushed(registry, repository, [filled(target, 'tag') ?? '']);
  },
};
