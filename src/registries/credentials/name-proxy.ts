import { type Endpoint, isLoopback } from '../../core/registry-endpoint.ts';

/** A proxy that wants a password. */
export interface NamedProxy {
  /** Where its address and the password are written: "variable HTTPS_PROXY". */
  readonly from: string;
  /** "http://proxy.example.com:3128" */
  readonly url: string;
}

/**
 * The proxy on the way to an endpoint, when its address holds a user or a password. That NO_PROXY may let requests go
 * past it is not looked at.
 */
export function nameProxy(
  { name, apiUrl, proxy }: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): NamedProxy | undefined {
  const { host, protocol } = new URL(apiUrl);
  if (proxy === undefined && isLoopback(host)) return undefined;
  const variables = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const variable = variables.find((one) => env[one] !== undefined) ?? '';
  const url = URL.parse(proxy ?? env[variable] ?? '');
  if (url === null || (url.username === '' && url.password === '')) return undefined;
  const from = proxy === undefined ? `variable ${variable}` : `proxy of ${name} in registries.conf`;
  return { from, url: `${url.protocol}//${url.host}` };
}
