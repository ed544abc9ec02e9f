import { EnvHttpProxyAgent, request } from 'undici';
import { agentProxies } from '../../core/proxy.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 256 * 1024;

/**
 * The text at an address, through the proxy of the environment if there is one. Redirects are not followed.
 * @param url  https
 * @param ca  certificates in PEM that are trusted instead of the usual ones
 * @throws for any other answer than 200, and for one that is too long or too late
 */
export async function fetchText(url: string, ca?: string): Promise<string> {
  if (!url.startsWith('https://')) throw new Error(`${url} is not https`);
  const tls = ca === undefined ? {} : { requestTls: { ca }, connect: { ca } };
  await using dispatcher = Object.assign(
    new EnvHttpProxyAgent({ ...agentProxies(process.env), maxResponseSize: MOST_BYTES, ...tls }),
    {
      [Symbol.asyncDispose]: () => dispatcher.destroy(),
    },
  );
  const { statusCode, body } = await request(url, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
  return await body.text();
}
