import { isUntyped, listAt, mappingAt } from '../../../core/untyped.ts';
import { filled, hostOf, repositoryOf } from '../payload.ts';
import { ignored, invalid, type WebhookKind } from '../webhook-kind.ts';

/** @see https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ */
export const harbor: WebhookKind = {
  type: 'harbor',
  proof: { kind: 'presented', headers: [{ name: 'authorization' }] },
  contentTypes: ['application/json'],
  parse({ body }) {
    const type = filled(body, 'type');
    if (type !== 'PUSH_ARTIFACT') return ignored(`ignoring event type: ${type ?? ''}`);
    const event = mappingAt(body, 'event_data');
    const repository = repositoryOf(event, 'repo_full_name');
    if (repository === '') return invalid('repository name not found in webhook payload');
    const events = listAt(event, 'resources')
      .filter(isUntyped)
      .flatMap((resource) => {
        const tag = filled(resource, 'tag');
        const registry = hostOf(filled(resource, 'resource_url')) ?? 'harbor';
        return tag === undefined ? [] : [{ registry, repository, tag }];
      });
    return events.length === 0 ? invalid('tag not found in webhook payload') : { kind: 'pushed', events };
  },
};
