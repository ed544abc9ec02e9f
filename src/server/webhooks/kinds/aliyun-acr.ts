import { mappingAt } from '../../../core/untyped.ts';
import { filled, repositoryOf } from '../payload.ts';
import { invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** Alibaba's Container Registry, whose payload names the region but not the address of an Enterprise instance. */
export const aliyunAcr: WebhookKind = {
  type: 'aliyun-acr',
  proof: { kind: 'presented', query: 'secret' },
  parse({ query, body }) {
    const repository = repositoryOf(body, 'repo_full_name');
    if (repository === '') return invalid('repository name not found in webhook payload');
    const tag = filled(mappingAt(body, 'push_data'), 'tag');
    if (tag === undefined) return invalid('tag not found in webhook payload');
    const region = filled(mappingAt(body, 'repository'), 'region');
    const ofRegion = region === undefined ? '' : `registry.${region}.aliyuncs.com`;
    return pushed(query.get('registry_url') || ofRegion, repository, [tag]);
  },
};
