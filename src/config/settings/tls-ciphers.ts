import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';

/** Cipher suites as upstream allows them: IANA's name, OpenSSL's name, and the versions of TLS that have them. */
interface CipherSuite {
  readonly openssl: string;
  readonly versions: readonly string[];
}

const SINCE_1_1 = ['1.1', '1.2'];
const ONLY_1_2 = ['1.2'];
const ONLY_1_3 = ['1.3'];

// Go's tls.CipherSuites(): those without known weaknesses.
const SUITES: Readonly<Record<string, CipherSuite>> = {
  TLS_AES_128_GCM_SHA256: { openssl: 'TLS_AES_128_GCM_SHA256', versions: ONLY_1_3 },
  TLS_AES_256_GCM_SHA384: { openssl: 'TLS_AES_256_GCM_SHA384', versions: ONLY_1_3 },
  TLS_CHACHA20_POLY1305_SHA256: { openssl: 'TLS_CHACHA20_POLY1305_SHA256', versions: ONLY_1_3 },
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: { openssl: 'ECDHE-ECDSA-AES128-SHA', versions: SINCE_1_1 },
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: { openssl: 'ECDHE-ECDSA-AES256-SHA', versions: SINCE_1_1 },
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: { openssl: 'ECDHE-RSA-AES128-SHA', versions: SINCE_1_1 },
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: { openssl: 'ECDHE-RSA-AES256-SHA', versions: SINCE_1_1 },
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: { openssl: 'ECDHE-ECDSA-AES128-GCM-SHA256', versions: ONLY_1_2 },
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: { openssl: 'ECDHE-ECDSA-AES256-GCM-SHA384', versions: ONLY_1_2 },
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: { openssl: 'ECDHE-RSA-AES128-GCM-SHA256', versions: ONLY_1_2 },
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: { openssl: 'ECDHE-RSA-AES256-GCM-SHA384', versions: ONLY_1_2 },
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: { openssl: 'ECDHE-ECDSA-CHACHA20-POLY1305', versions: ONLY_1_2 },
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: { openssl: 'ECDHE-RSA-CHACHA20-POLY1305', versions: ONLY_1_2 },
};

/**
 * OpenSSL's names of the suites.
 * @param minVersion the oldest version of TLS that is spoken; each suite must be usable with it, as upstream has it
 */
export function readCiphers(names: readonly string[], minVersion: string): Parsed<readonly string[]> {
  const read: string[] = [];
  for (const name of names) {
    const suite = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
    if (suite === undefined) return unparsable(`${name} is unknown or not safe`);
    if (!suite.versions.includes(minVersion)) {
      return unparsable(`${name} cannot be used with TLS ${minVersion}, the oldest version that is spoken`);
    }
    read.push(suite.openssl);
  }
  return parsed(read);
}
