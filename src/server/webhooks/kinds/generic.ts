import { parseImageReference } from '../../../core/reference.ts';
import { filled } from '../payload.ts';
import { invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** Whoever else has pushed something, a build for example: `{"image": "ghcr.io/acme/web:1.4.1"}`. */
export const generic: WebhookKind = {
  type: 'generic',
  proof: { kind: 'presented', headers: [{ name: 'authorization', scheme: 'Bearer ' }, { name: 'x-webhook-secret' }] },
  parse({ body }) {
    const text = filled(body, 'image');
    if (text === undefined) return invalid('image not found in webhook payload');
    const image = parseImageReference(text);
    if (!image.ok) return invalid('image is not an image reference');
    return pushed(image.value.registry, image.value.repository, [image.value.tag ?? '']);
  },
};
