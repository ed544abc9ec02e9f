import { mappingAt } from '../../../core/untyped.ts';
import { filled, firstFilled } from '../payload.ts';
import { ignored, invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#package */
export const ghcr: WebhookKind = {
  type: 'ghcr.io',
  proof: { kind: 'signed', header: 'x-hub-signature-256', algorithm: 'sha256', prefix: 'sha256=' },
  parse({ headers, body }) {
    const event = headers['x-github-event'];
    if (event !== 'package') return ignored(`ignoring event: ${event ?? ''}`);
    const action = filled(body, 'action');
    if (action !== 'published') return ignored(`ignoring action: ${action ?? ''}`);
    const found = mappingAt(body, 'package');
    const type = filled(found, 'package_type') ?? '';
    if (type.toLowerCase() !== 'container') return ignored(`ignoring package type: ${type}`);
    const owner = filled(mappingAt(found, 'owner'), 'login');
    const name = filled(found, 'name');
    if (owner === undefined || name === undefined) return invalid('package name or owner not found in webhook payload');
    const version = mappingAt(found, 'package_version');
    const tag = filled(mappingAt(mappingAt(version, 'container_metadata'), 'tag'), 'name');
    const named = tag ?? firstFilled(version, 'name', 'version');
    if (named === undefined) return invalid('tag not found in webhook payload');
    return pushed('ghcr.io', `${owner}/${name}`.toLowerCase(), [named]);
  },
};
