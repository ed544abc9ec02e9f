import { textsAt } from '../../../core/untyped.ts';
import { filled, hostOf } from '../payload.ts';
import { invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** @see https://docs.quay.io/guides/notifications.html, "Push to Repository" */
export const quay: WebhookKind = {
  type: 'quay.io',
  proof: { kind: 'presented', query: 'secret' },
  parse({ body }) {
    const tags = textsAt(body, 'updated_tags');
    if (tags.length === 0) return invalid('no tags found in webhook payload');
    const repository = filled(body, 'repository');
    if (repository === undefined) return invalid('repository name not found in webhook payload');
    return pushed(hostOf(filled(body, 'docker_url')) ?? 'quay.io', repository, tags);
  },
};
