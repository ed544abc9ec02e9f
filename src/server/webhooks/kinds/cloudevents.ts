import { mappingAt, type Untyped } from '../../../core/untyped.ts';
import { filled, firstFilled, hostOf } from '../payload.ts';
import { ignored, invalid, pushed, type Webhook, type WebhookKind } from '../webhook-kind.ts';

const ECR = 'com.amazon.ecr.';

/**
 * Events in structured mode: Amazon ECR's by way of EventBridge, and those of anybody whose type speaks of images.
 * @see CloudEvents 1.0.2, JSON event format
 */
export const cloudevents: WebhookKind = {
  type: 'cloudevents',
  proof: { kind: 'presented', query: 'secret', headers: [{ name: 'x-webhook-secret' }] },
  contentTypes: ['application/json', 'application/cloudevents+json'],
  parse({ body }) {
    const type = filled(body, 'type');
    if (filled(body, 'specversion') === undefined) return invalid('missing CloudEvents specversion');
    if (type === undefined) return invalid('missing CloudEvents type');
    if (type.startsWith(ECR)) return placed(ecrPlace(body));
    if (type.includes('container') || type.includes('image')) return placed(namedPlace(body));
    return ignored(`unsupported CloudEvents type: ${type}`);
  },
};

interface Place {
  readonly registry: string | undefined;
  readonly repository: string | undefined;
  readonly tag: string | undefined;
}

function placed({ registry, repository, tag }: Place): Webhook {
  if (repository === undefined) return invalid('repository name not found in CloudEvent');
  if (tag === undefined) return invalid('tag not found in CloudEvent');
  if (registry === undefined) return invalid('registry URL not found in CloudEvent');
  return pushed(registry, repository, [tag]);
}

function ecrPlace(body: Untyped): Place {
  const data = mappingAt(body, 'data');
  const subject = subjectOf(body);
  // "urn:aws:ecr:<region>:<account>:repository/...", or an ARN with the partition in front of the service.
  const [, region, owner] = /^(?:urn|arn):aws[a-z-]*:ecr:([a-z0-9-]+):(\d+):/.exec(filled(body, 'source') ?? '') ?? [];
  const account = filled(data, 'registryId') ?? owner;
  const suffix = region?.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const host = `${account}.dkr.ecr.${region}.${suffix}`;
  return {
    registry: region === undefined || account === undefined ? undefined : host,
    repository: filled(data, 'repositoryName') ?? subject.repository,
    tag: filled(data, 'imageTag') ?? subject.tag,
  };
}

function namedPlace(body: Untyped): Place {
  const data = mappingAt(body, 'data');
  const subject = subjectOf(body);
  return {
    registry: firstFilled(data, 'registryUrl', 'registry') ?? sourceHost(filled(body, 'source') ?? ''),
    repository: firstFilled(data, 'repositoryName', 'repository') ?? subject.repository,
    tag: firstFilled(data, 'imageTag', 'tag') ?? subject.tag,
  };
}

/** The host of a URL, else the first part of a path, if it can be one. */
function sourceHost(source: string): string | undefined {
  if (source.includes('://')) return hostOf(source);
  const [first = ''] = source.split('/').filter((part) => part !== '');
  return first.includes('.') ? first : undefined;
}

/** "acme/web:1.4.1". */
function subjectOf(body: Untyped): { readonly repository: string | undefined; readonly tag: string | undefined } {
  const subject = filled(body, 'subject') ?? '';
  const colon = subject.indexOf(':');
  const repository = colon < 0 ? subject : subject.slice(0, colon);
  return { repository: repository || undefined, tag: colon < 0 ? undefined : subject.slice(colon + 1) || undefined };
}
