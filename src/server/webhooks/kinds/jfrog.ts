import { mappingAt } from '../../../core/untyped.ts';
import { filled, hostOf } from '../payload.ts';
import { ignored, invalid, type WebhookKind } from '../webhook-kind.ts';

/**
 * JFrog's Artifactory, whose payload says where the image is stored, but not by which of its two ways images are named
 * there: each way is one event. `?registry_url=` gives the host where it is not the platform's own.
 * @see https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker
 */
export const jfrog: WebhookKind = {
  type: 'jfrog',
  proof: { kind: 'presented-or-signed', header: 'x-jfrog-event-auth', algorithm: 'sha256' },
  parse({ query, body }) {
    const domain = filled(body, 'domain');
    if (domain !== 'docker') return ignored(`ignoring domain: ${domain ?? ''}`);
    const type = filled(body, 'event_type');
    if (type !== 'pushed' && type !== 'promoted') return ignored(`ignoring event type: ${type ?? ''}`);
    const data = mappingAt(body, 'data');
    const [key, image, tag] = [filled(data, 'repo_key'), filled(data, 'image_name'), filled(data, 'tag')];
    if (key === undefined || image === undefined)
      return invalid('repository or image name not found in webhook payload');
    if (tag === undefined) return invalid('tag not found in webhook payload');
    const named = query.get('registry_url') || undefined;
    const host = named ?? hostOf(filled(body, 'jpd_origin'));
    if (host === undefined) return invalid('registry not found in webhook payload; give registry_url in the query');
    const byPath = { registry: host, repository: `${key}/${image}`, tag };
    const byHost = { registry: named ?? `${key}.${host}`, repository: image, tag };
    return { kind: 'pushed', events: [byPath, byHost] };
  },
};
