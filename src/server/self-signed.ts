import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

export interface KeyPair {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = 365;

/**
 * A new key (ECDSA, P-256) and a certificate that it signs itself, for this machine's own names, good for a year from
 * now. It keeps listeners out and proves nothing.
 * @param nowMs milliseconds since 1970
 * @see RFC 5280, section 4.1, in DER (ITU-T X.690)
 */
export function selfSigned(nowMs: number): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), utf8('tiphys'))));
  const ecdsaWithSha256 = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const signed = sequence(
    context(0, integer(Uint8Array.of(2))), // version 3
    integer(Uint8Array.of(1, ...randomBytes(15))),
    ecdsaWithSha256,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + DAYS * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(extension(oid(2, 5, 29, 17), names()), extension(oid(2, 5, 29, 37), serverAuth()))),
  );
  const signature = createSign('SHA256').update(signed).sign(privateKey);
  const certificate = sequence(signed, ecdsaWithSha256, bits(signature));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Subject alternative names: dNSName is [2], iPAddress is [7]. */
function names(): Buffer {
  const dns = element(0x82, Buffer.from('localhost'));
  const ipv4 = element(0x87, Uint8Array.of(127, 0, 0, 1));
  const ipv6 = element(0x87, Uint8Array.of(...new Array(15).fill(0), 1));
  return sequence(dns, ipv4, ipv6);
}

function serverAuth(): Buffer {
  return sequence(oid(1, 3, 6, 1, 5, 5, 7, 3, 1));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, element(0x04, value));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, Buffer.concat(parts));
}

function context(number: number, value: Uint8Array): Buffer {
  return element(0xa0 + number, value);
}

/** Positive, as all of ours begin with a bit that is not set. */
function integer(bytes: Uint8Array): Buffer {
  return element(0x02, bytes);
}

function bits(bytes: Uint8Array): Buffer {
  return element(0x03, Buffer.concat([Uint8Array.of(0), bytes]));
}

function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text));
}

/** GeneralizedTime would be wrong before 2050, and UTCTime from then on. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  const isEarly = Number(digits.slice(0, 4)) < 2050;
  return isEarly ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const base128 = (number: number): number[] => {
    const bytes = [number & 0x7f];
    for (let left = number >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
    return bytes;
  };
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function element(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >>> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...size), value]);
}
