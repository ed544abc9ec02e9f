/** A payload as a sender makes it. */
export interface WebhookSample {
  readonly type: string;
  readonly why: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** "registry/repository:tag" of every push, or the reason why there is none. */
  readonly expected: readonly string[] | string;
}

const GHCR = {
  action: 'published',
  package: {
    name: 'web',
    package_type: 'CONTAINER',
    owner: { login: 'Acme' },
    package_version: { container_metadata: { tag: { name: '1.4.1' } } },
  },
};
const HARBOR = {
  type: 'PUSH_ARTIFACT',
  event_data: {
    resources: [{ digest: 'sha256:aa', tag: '1.4.1', resource_url: 'harbor.example.com/acme/web:1.4.1' }],
    repository: { repo_full_name: 'acme/web' },
  },
};
const ECR = {
  specversion: '1.0',
  type: 'com.amazon.ecr.image.push',
  source: 'urn:aws:ecr:eu-west-1:111122223333:repository/acme/web',
  subject: 'acme/web:1.4.1',
  data: {},
};
const JFROG = {
  domain: 'docker',
  event_type: 'pushed',
  data: { repo_key: 'docker-local', image_name: 'acme/web', tag: '1.4.1', path: 'acme/web/1.4.1/manifest.json' },
  jpd_origin: 'https://acme.jfrog.io/artifactory',
};
const NEXUS = {
  repositoryName: 'docker-hosted',
  action: 'CREATED',
  component: { format: 'docker', name: 'acme/web', version: '1.4.1' },
};

const event = (action: string, target: object) => ({ action, target, request: { host: 'registry.example.com:5000' } });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const pubsub = (message: unknown) => ({ message: { data: base64(message), messageId: '1' }, subscription: 's' });

/** The smallest bodies that upstream accepts (reference part 2, 4.2), and what each sender sends besides. */
export const SAMPLES: readonly WebhookSample[] = [
  {
    type: 'docker.io',
    why: 'the whole name',
    body: { repository: { repo_name: 'acme/web' }, push_data: { tag: '1.4.1' } },
    expected: ['docker.io/acme/web:1.4.1'],
  },
  {
    type: 'docker.io',
    why: 'namespace and name',
    body: { repository: { namespace: 'acme', name: 'web' }, push_data: { tag: '1.4.1' } },
    expected: ['docker.io/acme/web:1.4.1'],
  },
  {
    type: 'docker.io',
    why: 'the name alone',
    body: { repository: { name: 'web' }, push_data: { tag: '1.4.1' } },
    expected: ['docker.io/web:1.4.1'],
  },
  {
    type: 'docker.io',
    why: 'no tag',
    body: { repository: { name: 'web' } },
    expected: 'tag not found in webhook payload',
  },
  {
    type: 'ghcr.io',
    why: 'a container',
    headers: { 'x-github-event': 'package' },
    body: GHCR,
    expected: ['ghcr.io/acme/web:1.4.1'],
  },
  {
    type: 'ghcr.io',
    why: "the version's own name",
    headers: { 'x-github-event': 'package' },
    body: { ...GHCR, package: { ...GHCR.package, package_version: { version: 'sha256:aa' } } },
    expected: ['ghcr.io/acme/web:sha256:aa'],
  },
  { type: 'ghcr.io', why: 'a ping', headers: { 'x-github-event': 'ping' }, body: {}, expected: 'ignoring event: ping' },
  {
    type: 'ghcr.io',
    why: 'an update of a description',
    headers: { 'x-github-event': 'package' },
    body: { ...GHCR, action: 'updated' },
    expected: 'ignoring action: updated',
  },
  {
    type: 'ghcr.io',
    why: 'a package for npm',
    headers: { 'x-github-event': 'package' },
    body: { ...GHCR, package: { ...GHCR.package, package_type: 'npm' } },
    expected: 'ignoring package type: npm',
  },
  {
    type: 'quay.io',
    why: 'every tag of a push',
    body: { repository: 'acme/web', docker_url: 'quay.example.com/acme/web', updated_tags: ['1.4.1', 'latest'] },
    expected: ['quay.example.com/acme/web:1.4.1', 'quay.example.com/acme/web:latest'],
  },
  {
    type: 'quay.io',
    why: 'no address',
    body: { repository: 'acme/web', updated_tags: ['1'] },
    expected: ['quay.io/acme/web:1'],
  },
  {
    type: 'quay.io',
    why: 'no tags',
    body: { repository: 'acme/web', updated_tags: [] },
    expected: 'no tags found in webhook payload',
  },
  { type: 'harbor', why: 'a push', body: HARBOR, expected: ['harbor.example.com/acme/web:1.4.1'] },
  {
    type: 'harbor',
    why: 'every resource, with and without scheme',
    body: {
      ...HARBOR,
      event_data: {
        repository: { namespace: 'acme', name: 'web' },
        resources: [{ tag: '1', resource_url: 'https://harbor.example.com:8443/acme/web:1' }, { tag: '2' }],
      },
    },
    expected: ['harbor.example.com:8443/acme/web:1', 'harbor/acme/web:2'],
  },
  {
    type: 'harbor',
    why: 'a pull',
    body: { ...HARBOR, type: 'PULL_ARTIFACT' },
    expected: 'ignoring event type: PULL_ARTIFACT',
  },
  {
    type: 'aliyun-acr',
    why: 'of a region',
    body: { push_data: { tag: '1.4.1' }, repository: { repo_full_name: 'acme/web', region: 'cn-shanghai' } },
    expected: ['registry.cn-shanghai.aliyuncs.com/acme/web:1.4.1'],
  },
  {
    type: 'aliyun-acr',
    why: 'at an address of its own',
    query: { registry_url: 'acme.cn-shanghai.cr.aliyuncs.com' },
    body: { push_data: { tag: '1.4.1' }, repository: { namespace: 'acme', name: 'web', region: 'cn-shanghai' } },
    expected: ['acme.cn-shanghai.cr.aliyuncs.com/acme/web:1.4.1'],
  },
  {
    type: 'acr',
    why: 'a push',
    body: {
      action: 'push',
      target: { repository: 'acme/web', tag: '1.4.1' },
      request: { host: 'acme.azurecr.io' },
    },
    expected: ['acme.azurecr.io/acme/web:1.4.1'],
  },
  {
    type: 'acr',
    why: 'a push by digest',
    body: { action: 'push', target: { repository: 'acme/web' }, request: { host: 'acme.azurecr.io' } },
    expected: ['acme.azurecr.io/acme/web:'],
  },
  { type: 'acr', why: 'a removal', body: { action: 'delete' }, expected: 'ignoring action: delete' },
  {
    type: 'cloudevents',
    why: "Amazon's, by subject and source",
    body: ECR,
    expected: ['111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme/web:1.4.1'],
  },
  {
    type: 'cloudevents',
    why: "Amazon's data comes first",
    body: {
      ...ECR,
      source: 'arn:aws:ecr:eu-west-1:111122223333:repository/x',
      data: { repositoryName: 'acme/shop', imageTag: '2', registryId: '444455556666' },
    },
    expected: ['444455556666.dkr.ecr.eu-west-1.amazonaws.com/acme/shop:2'],
  },
  {
    type: 'cloudevents',
    why: 'in China the host has another ending',
    body: { ...ECR, source: 'arn:aws-cn:ecr:cn-north-1:111122223333:repository/acme/web' },
    expected: ['111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/acme/web:1.4.1'],
  },
  {
    type: 'cloudevents',
    why: "anybody's image",
    body: {
      specversion: '1.0',
      type: 'io.example.image.pushed',
      source: '/registry.example.com/acme',
      subject: 'acme/web:1.4.1',
    },
    expected: ['registry.example.com/acme/web:1.4.1'],
  },
  {
    type: 'cloudevents',
    why: "anybody's container, all in the data",
    body: {
      specversion: '1.0',
      type: 'container.pushed',
      source: 'https://ci.example.com/1',
      data: { registry: 'registry.example.com', repository: 'acme/web', tag: '1.4.1' },
    },
    expected: ['registry.example.com/acme/web:1.4.1'],
  },
  {
    type: 'cloudevents',
    why: 'no registry',
    body: { specversion: '1.0', type: 'image', source: 'ci', subject: 'acme/web:1' },
    expected: 'registry URL not found in CloudEvent',
  },
  {
    type: 'cloudevents',
    why: 'something else',
    body: { ...ECR, type: 'com.example.order' },
    expected: 'unsupported CloudEvents type: com.example.order',
  },
  { type: 'cloudevents', why: 'no version', body: { type: 'image' }, expected: 'missing CloudEvents specversion' },
  {
    type: 'distribution',
    why: 'tags among layers and pulls',
    body: {
      events: [
        event('push', { repository: 'acme/web', digest: 'sha256:aa', mediaType: 'application/octet-stream' }),
        event('push', { repository: 'acme/web', digest: 'sha256:bb', tag: '1.4.1' }),
        event('pull', { repository: 'acme/web', digest: 'sha256:cc', tag: '1.4.0' }),
        event('push', { repository: 'acme/shop', digest: 'sha256:dd', tag: '2' }),
      ],
    },
    expected: ['registry.example.com:5000/acme/web:1.4.1', 'registry.example.com:5000/acme/shop:2'],
  },
  {
    type: 'distribution',
    why: 'known to images by another name',
    query: { registry_url: 'images.example.com' },
    body: { events: [event('push', { repository: 'acme/web', tag: '1.4.1' })] },
    expected: ['images.example.com/acme/web:1.4.1'],
  },
  {
    type: 'distribution',
    why: 'the host of a URL',
    body: {
      events: [
        {
          action: 'push',
          target: { repository: 'acme/web', tag: '1', url: 'https://r.example.com/v2/acme/web/manifests/sha256:aa' },
        },
      ],
    },
    expected: ['r.example.com/acme/web:1'],
  },
  {
    type: 'distribution',
    why: 'a layer',
    body: { events: [event('push', { repository: 'acme/web', digest: 'sha256:aa' })] },
    expected: 'no tag was pushed',
  },
  {
    type: 'gar',
    why: 'a tag',
    body: pubsub({
      action: 'INSERT',
      digest: 'europe-docker.pkg.dev/acme/apps/web@sha256:aa',
      tag: 'europe-docker.pkg.dev/acme/apps/web:1.4.1',
    }),
    expected: ['europe-docker.pkg.dev/acme/apps/web:1.4.1'],
  },
  {
    type: 'gar',
    why: 'an upload without tag',
    body: pubsub({ action: 'INSERT', digest: 'europe-docker.pkg.dev/acme/apps/web@sha256:aa' }),
    expected: 'no tag was pushed',
  },
  { type: 'gar', why: 'a removal', body: pubsub({ action: 'DELETE' }), expected: 'ignoring action: DELETE' },
  {
    type: 'gar',
    why: 'what is not JSON',
    body: { message: { data: '%%%' } },
    expected: 'message data is not JSON',
  },
  {
    type: 'jfrog',
    why: 'by either way of naming images',
    body: JFROG,
    expected: ['acme.jfrog.io/docker-local/acme/web:1.4.1', 'docker-local.acme.jfrog.io/acme/web:1.4.1'],
  },
  {
    type: 'jfrog',
    why: 'at an address of its own',
    query: { registry_url: 'docker.example.com' },
    body: JFROG,
    expected: ['docker.example.com/docker-local/acme/web:1.4.1', 'docker.example.com/acme/web:1.4.1'],
  },
  {
    type: 'jfrog',
    why: 'a removal',
    body: { ...JFROG, event_type: 'deleted' },
    expected: 'ignoring event type: deleted',
  },
  { type: 'jfrog', why: 'a file', body: { ...JFROG, domain: 'artifact' }, expected: 'ignoring domain: artifact' },
  {
    type: 'nexus',
    why: 'by host and by path',
    query: { registry_url: 'nexus.example.com:8082' },
    body: NEXUS,
    expected: ['nexus.example.com:8082/acme/web:1.4.1', 'nexus.example.com:8082/docker-hosted/acme/web:1.4.1'],
  },
  {
    type: 'nexus',
    why: 'no address',
    body: NEXUS,
    expected: 'the payload names no registry; give registry_url in the query',
  },
  {
    type: 'nexus',
    why: 'a package for npm',
    body: { ...NEXUS, component: { ...NEXUS.component, format: 'npm' } },
    expected: 'ignoring format: npm',
  },
  {
    type: 'generic',
    why: 'an image',
    body: { image: 'ghcr.io/acme/web:1.4.1', digest: 'sha256:aa' },
    expected: ['ghcr.io/acme/web:1.4.1'],
  },
  { type: 'generic', why: 'of Docker Hub', body: { image: 'acme/web' }, expected: ['/acme/web:'] },
  { type: 'generic', why: 'no image', body: { image: '-x' }, expected: 'image is not an image reference' },
];
