import { isUntyped, listAt, mappingAt } from '../../../core/untyped.ts';
import { filled, hostOf } from '../payload.ts';
import { ignored, invalid, type WebhookKind } from '../webhook-kind.ts';

/**
 * The notifications of the CNCF's registry, which GitLab's container registry sends too. Their host is the one by which
 * the registry was reached for the push, unless `?registry_url=` says by which name images call it.
 * @see https://distribution.github.io/distribution/about/notifications/
 */
export const distribution: WebhookKind = {
  type: 'distribution',
  proof: { kind: 'presented', headers: [{ name: 'authorization', scheme: 'Bearer ' }] },
  insists: true,
  parse({ query, body }) {
    const named = query.get('registry_url') || undefined;
    const found = listAt(body, 'events').filter(isUntyped);
    if (found.length === 0) return invalid('no events found in webhook payload');
    const events = found.flatMap((event) => {
      const target = mappingAt(event, 'target');
      const repository = filled(target, 'repository');
      // Layers, and the manifests of single platforms, are pushed without a tag.
      const tag = filled(target, 'tag');
      if (filled(event, 'action') !== 'push' || repository === undefined || tag === undefined) return [];
      const host = filled(mappingAt(event, 'request'), 'host') ?? hostOf(filled(target, 'url')) ?? '';
      return [{ registry: named ?? host, repository, tag }];
    });
    return events.length === 0 ? ignored('no tag was pushed') : { kind: 'pushed', events };
  },
};
