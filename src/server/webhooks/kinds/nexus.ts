import { mappingAt } from '../../../core/untyped.ts';
import { filled } from '../payload.ts';
import { ignored, invalid, type WebhookKind } from '../webhook-kind.ts';

/**
 * Sonatype's Nexus Repository, events of components. The payload does not say where the registry is reached:
 * `?registry_url=` does. Images are named with the repository's name before them, or by a port or host of its own.
 * @see https://help.sonatype.com/en/webhooks.html
 */
export const nexus: WebhookKind = {
  type: 'nexus',
  proof: { kind: 'signed', header: 'x-nexus-webhook-signature', algorithm: 'sha1', prefix: '' },
  parse({ query, body }) {
    const component = mappingAt(body, 'component');
    const format = filled(component, 'format');
    if (format !== 'docker') return ignored(`ignoring format: ${format ?? ''}`);
    const action = filled(body, 'action');
    if (action !== 'CREATED' && action !== 'UPDATED') return ignored(`ignoring action: ${action ?? ''}`);
    const [name, tag] = [filled(component, 'name'), filled(component, 'version')];
    if (name === undefined) return invalid('image name not found in webhook payload');
    if (tag === undefined) return invalid('tag not found in webhook payload');
    const registry = query.get('registry_url');
    if (!registry) return invalid('the payload names no registry; give registry_url in the query');
    const hosted = filled(body, 'repositoryName');
    const byPath = hosted === undefined ? [] : [{ registry, repository: `${hosted}/${name}`, tag }];
    return { kind: 'pushed', events: [{ registry, repository: name, tag }, ...byPath] };
  },
};
