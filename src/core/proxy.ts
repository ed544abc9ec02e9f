import { BlockList, isIP } from 'node:net';
import { isLoopback } from './registry-endpoint.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A repository's own proxy, and what goes past it; absent: the environment's. */
export interface ProxyChoice {
  readonly proxy?: string;
  readonly noProxy?: string;
}

/**
 * The proxy for an address: the repository's own, else the environment's, which are not for this machine; undefined
 * for none.
 * @param url  "https://git.example.com:8443"
 */
export function proxyFor(url: string, { proxy, noProxy }: ProxyChoice, env: Environment): string | undefined {
  const { protocol, host } = new URL(url);
  if (proxy !== undefined) return isPast(url, noProxy ?? '') ? undefined : proxy;
  if (isLoopback(host)) return undefined;
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const found = variable(env, name) ?? variable(env, 'all_proxy');
  return found === undefined || isPast(url, variable(env, 'no_proxy') ?? '') ? undefined : found;
}

/** What undici's agents for proxies are opened with. */
export interface AgentProxy {
  readonly uri: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * A proxy as undici takes it, which for SOCKS5 sends user and password as they are encoded unless it is told them, and
 * knows no `socks5h`. Names are looked up by the proxy in either spelling.
 */
export function agentProxy(proxy: string): AgentProxy {
  const { protocol, username, password } = new URL(proxy);
  if (!/^socks5h?:$/.test(protocol)) return { uri: proxy };
  const login = username === '' ? {} : { username: decoded(username), password: decoded(password) };
  return { uri: proxy.replace(/^socks5h/i, 'socks5'), ...login };
}

/**
 * The environment's proxies, or one instead of them, as undici's `EnvHttpProxyAgent` is opened with them; empty for none.
 * It knows only one login for SOCKS5: that of the proxy for HTTPS, if it has one.
 */
export function agentProxies(env: Environment, instead?: string) {
  const [http, https] = ['http_proxy', 'https_proxy'].map((name) => {
    const proxy = instead ?? variable(env, name);
    return proxy === undefined || !URL.canParse(proxy) ? { uri: proxy ?? '' } : agentProxy(proxy);
  });
  const { uri: httpProxy = '', ...ofHttp } = http ?? {};
  const { uri: httpsProxy = '', ...ofHttps } = https ?? {};
  return { httpProxy, httpsProxy, ...ofHttp, ...ofHttps };
}

/** A sign of percent that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function variable(env: Environment, name: string): string | undefined {
  return env[name] || env[name.toUpperCase()] || undefined;
}

/**
 * Whether a list lets an address go past the proxy: "*", names (with what is below them; ".name": only that),
 * addresses and CIDR blocks, each perhaps with a port.
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
function isPast(url: string, noProxy: string): boolean {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const itsPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const entries = noProxy.split(',').map((entry) => entry.trim().toLowerCase());
  return entries.some((entry) => {
    if (entry === '' || entry === '*') return entry === '*';
    if (entry.includes('/')) return isInBlock(host, entry);
    const [, bracketed, plain = '', wantedPort = itsPort] = /^(?:\[(.+)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
    const name = bracketed ?? (plain || entry);
    if (wantedPort !== itsPort) return false;
    if (isIP(name) !== 0) return name === host;
    const below = name.replace(/^\*?\./, '');
    return host.endsWith(`.${below}`) || (below === name && host === name);
  });
}

function isInBlock(host: string, block: string): boolean {
  const [network = '', bits = ''] = block.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || isIP(host) === 0 || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
