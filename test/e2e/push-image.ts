import { digestOf } from '../../src/core/digest.ts';
import type { Manifest, TinyImage } from '../../src/demo/tiny-image.ts';

/** Where to, and as whom: "user:password". */
interface Destination {
  readonly host: string;
  readonly login?: string | undefined;
}

const AT_A_TIME = 8;

/** Puts an image into a registry under each of these tags, by the distribution API as any client would. */
export async function pushImage(
  { host, login }: Destination,
  repository: string,
  tags: readonly string[],
  image: TinyImage,
): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  const authorization = login === undefined ? undefined : `Basic ${btoa(login)}`;
  async function send(method: string, url: string, mediaType: string, body?: Uint8Array): Promise<Response> {
    const headers = { 'content-type': mediaType, ...(authorization && { authorization }) };
    const response = await fetch(url, { method, headers, ...(body && { body: Buffer.from(body) }) });
    if (response.ok) return response;
    throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  }
  const putManifest = (reference: string, { mediaType, bytes }: Manifest) =>
    send('PUT', `${base}/manifests/${reference}`, mediaType, bytes);

  for (const blob of image.blobs) {
    const begun = await send('POST', `${base}/blobs/uploads/`, 'application/octet-stream');
    const place = new URL(begun.headers.get('location') ?? '', base);
    place.searchParams.set('digest', digestOf(blob));
    await send('PUT', place.href, 'application/octet-stream', blob);
  }
  for (const manifest of image.manifests) await putManifest(digestOf(manifest.bytes), manifest);
  for (let at = 0; at < tags.length; at += AT_A_TIME) {
    await Promise.all(tags.slice(at, at + AT_A_TIME).map((tag) => putManifest(tag, image.top)));
  }
}
