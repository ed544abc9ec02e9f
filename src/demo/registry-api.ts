import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { digestOf, matchesDigest } from '../core/digest.ts';
import { isRepositoryName, parseDigest, parseTag } from '../core/reference.ts';
import type { RegistryStore } from './registry-store.ts';

/** What goes back to the client. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One request of the distribution API, its path taken apart. */
export interface ApiRequest {
  readonly method: string;
  readonly route: Route;
  readonly query: URLSearchParams;
  readonly message: IncomingMessage;
}

/** OCI distribution spec v1.1, "Endpoints". `repository` is "" for the probe. */
export type Route =
  | { readonly kind: 'probe'; readonly repository: '' }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly upload: string };

export interface Api {
  readonly store: RegistryStore;
  /** Most tags in one answer. */
  readonly pageSize: number;
  /** Whether pages of tags have an ETag, by which clients can ask whether they changed. */
  readonly etags: boolean;
  readonly pushed: (repository: string, tag: string, digest: string) => void;
}

const LARGEST_MANIFEST_BYTES = 4 * 1024 * 1024;

export function routeOf(path: string): Route | undefined {
  if (path === '/v2' || path === '/v2/') return { kind: 'probe', repository: '' };
  const match =
    /^\/v2\/(.+)\/(?:(tags\/list)|manifests\/([^/]+)|blobs\/uploads\/([^/]*)|blobs\/([^/]+))$/.exec(path) ?? undefined;
  const [, repository = '', tags, reference, upload, digest] = match ?? [];
  if (match === undefined || !isRepositoryName(repository)) return undefined;
  if (tags !== undefined) return { kind: 'tags', repository };
  if (reference !== undefined) return { kind: 'manifest', repository, reference };
  if (upload !== undefined) return { kind: 'upload', repository, upload };
  return { kind: 'blob', repository, digest: digest ?? '' };
}

/** An error in the form that clients read. OCI distribution spec v1.1, "Error Codes". */
export function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Answer {
  const body = JSON.stringify({ errors: [{ code, message, detail: null }] });
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body };
}

export async function answer(api: Api, request: ApiRequest): Promise<Answer> {
  const { route, method } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  if (route.kind === 'probe' && isRead)
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{}' };
  if (route.kind === 'tags' && isRead) return listTags(api, route.repository, request);
  if (route.kind === 'manifest' && isRead) return getManifest(api.store, route.repository, route.reference);
  if (route.kind === 'manifest' && method === 'PUT')
    return putManifest(api, route.repository, route.reference, request);
  if (route.kind === 'blob' && isRead) return getBlob(api.store, route.digest);
  if (route.kind === 'upload') return upload(api.store, request, route.repository, route.upload);
  return refusal(405, 'UNSUPPORTED', 'this registry keeps what it was given');
}

function listTags({ store, pageSize, etags }: Api, repository: string, { query, message }: ApiRequest): Answer {
  if (!store.has(repository)) return refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const asked = Number(query.get('n') ?? Number.POSITIVE_INFINITY);
  if (Number.isNaN(asked) || asked < 0) return refusal(400, 'PAGINATION_NUMBER_INVALID', 'n is not a number of tags');
  const size = Math.min(asked, pageSize);
  const last = query.get('last') ?? '';
  const rest = store.tags(repository).filter((tag) => last === '' || tag > last);
  const page = rest.slice(0, size);
  const next = new URLSearchParams({ last: page.at(-1) ?? '', n: String(size) });
  const link =
    rest.length > page.length && page.length > 0 ? `</v2/${repository}/tags/list?${next}>; rel="next"` : undefined;
  const body = JSON.stringify({ name: repository, tags: page });
  const etag = etags ? { ETag: `"${hash('sha256', `${body} ${link}`)}"` } : {};
  if (etag.ETag !== undefined && message.headers['if-none-match'] === etag.ETag) return { status: 304, headers: etag };
  const headers = { 'Content-Type': 'application/json', ...etag, ...(link === undefined ? {} : { Link: link }) };
  return { status: 200, headers, body };
}

function getManifest(store: RegistryStore, repository: string, reference: string): Answer {
  if (!store.has(repository)) return refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry');
  const manifest = store.manifest(repository, reference);
  if (manifest === undefined) return refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  return {
    status: 200,
    headers: { 'Content-Type': manifest.mediaType, 'Docker-Content-Digest': manifest.digest },
    body: manifest.bytes,
  };
}

async function putManifest(api: Api, repository: string, reference: string, request: ApiRequest): Promise<Answer> {
  const bytes = await readBody(request.message, LARGEST_MANIFEST_BYTES);
  if (bytes === undefined || !api.store.hasRoomFor(bytes.length)) return tooLarge();
  const parts = referencedBlobs(bytes);
  if (parts === undefined) return refusal(400, 'MANIFEST_INVALID', 'manifest invalid');
  const missing = parts.find((digest) => api.store.blob(digest) === undefined);
  if (missing !== undefined) return refusal(400, 'MANIFEST_BLOB_UNKNOWN', `blob ${missing} unknown to registry`);
  const isDigest = parseDigest(reference).ok;
  if (isDigest && !matchesDigest(bytes, reference))
    return refusal(400, 'DIGEST_INVALID', 'digest does not match the content');
  if (!isDigest && !parseTag(reference).ok) return refusal(400, 'TAG_INVALID', 'not a tag');
  const digest = isDigest ? reference : digestOf(bytes);
  const mediaType = request.message.headers['content-type'] ?? 'application/vnd.oci.image.manifest.v1+json';
  api.store.putManifest(repository, { mediaType, bytes }, isDigest ? undefined : reference, digest);
  if (!isDigest) api.pushed(repository, reference, digest);
  const location = `/v2/${repository}/manifests/${digest}`;
  return { status: 201, headers: { Location: location, 'Docker-Content-Digest': digest } };
}

/** The blobs that an image manifest needs; none for an index. Undefined when the text is no manifest. */
function referencedBlobs(bytes: Uint8Array): string[] | undefined {
  try {
    const manifest: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    const config = 'config' in manifest ? [manifest.config] : [];
    const layers = 'layers' in manifest && Array.isArray(manifest.layers) ? manifest.layers : [];
    return [...config, ...layers].flatMap(storedDigest);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Layers with `urls` lie elsewhere (Windows base layers) and are not pushed. */
function storedDigest(descriptor: unknown): string[] {
  if (typeof descriptor !== 'object' || descriptor === null || 'urls' in descriptor) return [];
  return 'digest' in descriptor ? [String(descriptor.digest)] : [];
}

function getBlob(store: RegistryStore, digest: string): Answer {
  const blob = store.blob(digest);
  if (blob === undefined) return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
  return {
    status: 200,
    headers: { 'Content-Type': 'application/octet-stream', 'Docker-Content-Digest': digest },
    body: blob,
  };
}

/** OCI distribution spec v1.1, "Pushing blobs": at once, in one piece or in chunks. A mount becomes an upload. */
async function upload(store: RegistryStore, request: ApiRequest, repository: string, id: string): Promise<Answer> {
  const { method, query, message } = request;
  if (method === 'POST' && id === '') {
    const begun = store.beginUpload();
    if (!query.has('digest')) return received(store, repository, begun);
    return (await receive(store, begun, message)) ?? finish(store, repository, begun, query);
  }
  if (store.uploadSize(id) === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  if (method === 'GET') return { ...received(store, repository, id), status: 204 };
  if (method !== 'PATCH' && method !== 'PUT') return refusal(405, 'UNSUPPORTED', 'uploads end by themselves');
  const start = /^(\d+)-/.exec(message.headers['content-range'] ?? '')?.[1];
  if (start !== undefined && Number(start) !== store.uploadSize(id))
    return { ...received(store, repository, id), status: 416 };
  const refused = await receive(store, id, message);
  return refused ?? (method === 'PUT' ? finish(store, repository, id, query) : received(store, repository, id));
}

function received(store: RegistryStore, repository: string, id: string): Answer {
  const size = store.uploadSize(id) ?? 0;
  return {
    status: 202,
    headers: {
      Location: `/v2/${repository}/blobs/uploads/${id}`,
      Range: `0-${Math.max(0, size - 1)}`,
      'Docker-Upload-UUID': id,
    },
  };
}

async function receive(store: RegistryStore, id: string, message: IncomingMessage): Promise<Answer | undefined> {
  for await (const chunk of message) {
    if (!store.hasRoomFor(chunk.length)) return tooLarge();
    store.append(id, chunk);
  }
  return undefined;
}

function finish(store: RegistryStore, repository: string, id: string, query: URLSearchParams): Answer {
  const digest = query.get('digest') ?? '';
  if (!store.finishUpload(id, digest)) return refusal(400, 'DIGEST_INVALID', 'digest does not match the content');
  return {
    status: 201,
    headers: { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest },
  };
}

function tooLarge(): Answer {
  return refusal(413, 'SIZE_INVALID', 'this registry keeps its content in memory and has no room for this', {
    Connection: 'close',
  });
}

async function readBody(message: IncomingMessage, limitBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
