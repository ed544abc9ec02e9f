import { mappingAt } from '../../../core/untyped.ts';
import { filled, repositoryOf } from '../payload.ts';
import { invalid, pushed, type WebhookKind } from '../webhook-kind.ts';

/** @see https://docs.docker.com/docker-hub/repos/manage/webhooks/ */
export const dockerHub: WebhookKind = {
  type: 'docker.io',
  proof: { kind: 'presented', query: 'secret' },
  parse({ body }) {
    const repository = repositoryOf(body, 'repo_name');
    if (repository === '') return invalid('repository name not found in webhook payload');
    const tag = filled(mappingAt(body, 'push_data'), 'tag');
    return tag === undefined ? invalid('tag not found in webhook payload') : pushed('docker.io', repository, [tag]);
  },
};
