import { parseImageReference } from '../../../core/reference.ts';
import { isUntyped, mappingAt, type Untyped } from '../../../core/untyped.ts';
import { filled } from '../payload.ts';
import { ignored, invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/**
 * Google's Artifact Registry, by a push subscription to its Pub/Sub topic "gcr".
 * @see https://cloud.google.com/artifact-registry/docs/configure-notifications
 * @see https://cloud.google.com/pubsub/docs/push
 */
export const gar: WebhookKind = {
  type: 'gar',
  proof: { kind: 'google-token' },
  insists: true,
  parse({ body }) {
    const data = filled(mappingAt(body, 'message'), 'data');
    if (data === undefined) return invalid('no message data found in webhook payload');
    const message = messageOf(data);
    if (message === undefined) return invalid('message data is not JSON');
    const action = filled(message, 'action');
    if (action !== 'INSERT') return ignored(`ignoring action: ${action ?? ''}`);
    const tagged = filled(message, 'tag');
    if (tagged === undefined) return ignored('no tag was pushed');
    const image = parseImageReference(tagged);
    if (!image.ok || image.value.tag === undefined) return invalid('tag is not an image reference');
    return pushed(image.value.registry, image.value.repository, [image.value.tag]);
  },
};

function messageOf(base64: string): Untyped | undefined {
  try {
    const message: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return isUntyped(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
