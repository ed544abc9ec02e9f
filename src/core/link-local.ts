import { BlockList, isIP } from 'node:net';

// Addresses of one's own link, where clouds tell whoever asks the secrets of the machine (RFC 3927, RFC 4291 2.5.6),
// and the address that AWS gives the same service in IPv6.
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');
const METADATA_NAMES = ['metadata.google.internal', 'metadata'];

/**
 * Whether a host is an address of this machine's own link, however it is written: resolvers take 2852039166,
 * 0xa9fea9fe and 0251.0376.0251.0376 for 169.254.169.254, too. Other names are not looked up.
 */
export function isLinkLocal(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  // WHATWG's parser reads every spelling of an IPv4 address that resolvers know.
  const hostname = URL.parse(isIP(name) === 6 ? `http://[${name}]/` : `http://${name}/`)?.hostname ?? '';
  const address = hostname.replace(/^\[|\]$/g, '');
  if (METADATA_NAMES.includes(address.replace(/\.$/, ''))) return true;
  return LINK_LOCAL.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
