import { alternatives } from '../../core/alternatives.ts';
import { type LabelRequirement, parseLabelSelector } from '../../core/applications/label-selector.ts';
import { type GoGlob, parseGoGlob } from '../../core/deciding/go-glob.ts';
import { parseGoBoolean } from '../../core/go-boolean.ts';
import { nearest } from '../../core/nearest.ts';
import { type Parsed, parsed, unparsable } from '../../core/parsed.ts';
import { type Platform, parsePlatform } from '../../core/platform.ts';
import { type PostgresAddress, parsePostgresAddress } from '../../core/postgres-address.ts';
import { parseDuration } from '../duration.ts';

/**
 * Where a value was given: as a flag, in an environment variable, under a key of a ConfigMap or Secret, or by the command
 * itself, whose default may be its own.
 */
export type SettingSource = 'flag' | 'variable' | 'key' | 'command';

/** What a setting's text may say, and what it means. */
export interface SettingKind<T> {
  /** What a right value looks like, for documentation and remedies: "a duration such as 90s, 2m or 1h30m". */
  readonly form: string;
  /** What stands behind the flag in help: "<duration>"; undefined for a flag that may stand alone. */
  readonly placeholder: string | undefined;
  /** The values of a closed set. */
  readonly values?: readonly string[];
  /** What joins the values of a flag that is given several times; without it the last one counts. */
  readonly separator?: string;
  parse(text: string, source: SettingSource): Parsed<T>;
}

const LONGEST_QUOTE = 60;

/** Go's syntax, in milliseconds; `atMostMs` both ways. */
export function duration({ atMostMs }: { readonly atMostMs: number }): SettingKind<number> {
  return {
    form: 'a duration such as 90s, 2m or 1h30m',
    placeholder: '<duration>',
    parse(text) {
      const read = parseDuration(text);
      if (!read.ok) return unparsable(`${quoted(text)} is not a duration`);
      const ms = Math.round(read.value);
      if (Math.abs(ms) <= atMostMs) return parsed(ms);
      return unparsable(`${quoted(text)} is more than ${Math.floor(atMostMs / 3_600_000)}h`);
    },
  };
}

export function integer(min: number, max: number): SettingKind<number> {
  const form = max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number, ${min} to ${max}`;
  return {
    form,
    placeholder: '<number>',
    parse(text) {
      const number = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return number >= min && number <= max ? parsed(number) : unparsable(`${quoted(text)} is not ${form}`);
    },
  };
}

const BYTES_OF: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/** A number of bytes as Kubernetes writes quantities, with its binary units only. */
export const bytes: SettingKind<number> = {
  form: 'a size such as 500Mi or 10Gi, or 0 for no limit',
  placeholder: '<size>',
  parse(text) {
    const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([KMGT]i)?$/.exec(text) ?? [];
    const read = Math.floor(Number(digits) * (BYTES_OF[unit] ?? Number.NaN));
    if (digits !== '' && Number.isSafeInteger(read)) return parsed(read);
    return unparsable(`${quoted(text)} is not a size such as 500Mi or 10Gi`);
  },
};

/** Flags as Go's flags read them, all else as upstream reads its environment: true or false in any letter case. */
export const boolean: SettingKind<boolean> = {
  form: 'true or false',
  placeholder: undefined,
  parse(text, source) {
    const read = parseGoBoolean(source === 'flag' ? text : text.toLowerCase());
    const isWord = /^(?:true|false)$/i.test(text);
    return read.ok && (source === 'flag' || isWord) ? read : unparsable(`${quoted(text)} is neither true nor false`);
  },
};

/** Any text, an empty one too. Never quoted in a message, because it may be a secret. */
export function anyText(placeholder: string): SettingKind<string> {
  return { form: 'any text', placeholder, parse: parsed };
}

export function filledText(placeholder: string): SettingKind<string> {
  return {
    form: 'a text that is not empty',
    placeholder,
    parse: (text) => (text.trim() === '' ? unparsable('it is empty') : parsed(text)),
  };
}

/** One of a closed set, in any letter case. */
export function oneOf<const V extends string>(placeholder: string, values: readonly V[]): SettingKind<V> {
  const form = alternatives(values);
  return {
    form,
    placeholder,
    values,
    parse(text) {
      const value = values.find((one) => one.toLowerCase() === text.toLowerCase());
      if (value !== undefined) return parsed(value);
      const meant = nearest(text, values);
      return unparsable(`${quoted(text)} is not ${form}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    },
  };
}

/** Some of a closed set, one at least. */
export function someOf<const V extends string>(placeholder: string, values: readonly V[]): SettingKind<readonly V[]> {
  const one = oneOf(placeholder, values);
  return {
    form: `some of ${values.join(', ')}, separated by commas`,
    placeholder,
    separator: ',',
    parse(text, source) {
      const read: V[] = [];
      for (const item of items(text)) {
        const value = one.parse(item, source);
        if (!value.ok) return value;
        read.push(value.value);
      }
      return read.length > 0 ? parsed(read) : unparsable(`${quoted(text)} lists nothing`);
    },
  };
}

export const namespace: SettingKind<string> = {
  form: 'the name of a namespace',
  placeholder: '<namespace>',
  parse: (text) => (isNamespace(text) ? parsed(text) : unparsable(`${quoted(text)} is not the name of a namespace`)),
};

/** Namespaces, or "*" for all of them. */
export const namespaces: SettingKind<'*' | readonly string[]> = {
  form: '* or names of namespaces, separated by commas',
  placeholder: '<namespaces>',
  parse(text) {
    if (text.trim() === '*') return parsed('*');
    const names = items(text);
    if (names.length === 0) return unparsable(`${quoted(text)} names no namespace`);
    const wrong = names.find((name) => !isNamespace(name));
    return wrong === undefined ? parsed(names) : unparsable(`${quoted(wrong)} is not the name of a namespace`);
  },
};

export const platforms: SettingKind<readonly Platform[]> = {
  form: 'os/arch[/variant], separated by commas',
  placeholder: '<platforms>',
  separator: ',',
  parse(text) {
    const read: Platform[] = [];
    for (const part of text.split(',')) {
      const platform = parsePlatform(part);
      if (!platform.ok) return unparsable(`${quoted(part)} is not a platform`);
      read.push(platform.value);
    }
    return parsed(read);
  },
};

/** Go's globs, separated by commas or given by a flag each. */
export const globs: SettingKind<readonly GoGlob[]> = {
  form: 'globs, separated by commas',
  placeholder: '<globs>',
  separator: ',',
  parse(text) {
    const read: GoGlob[] = [];
    for (const item of items(text)) {
      const glob = parseGoGlob(item);
      if (!glob.ok) return unparsable(`${quoted(item)} is a malformed glob`);
      read.push(glob.value);
    }
    return read.length > 0 ? parsed(read) : unparsable(`${quoted(text)} lists nothing`);
  },
};

/** Requirements on labels, of which all must hold; never none. */
export const labelSelector: SettingKind<readonly LabelRequirement[]> = {
  form: 'a label selector such as team=web,tier in (a,b),!legacy',
  placeholder: '<selector>',
  parse(text) {
    const read = parseLabelSelector(text);
    if (!read.ok) return unparsable(`${quoted(text)} is not a label selector: ${shortened(read.problem)}`);
    return read.value.length > 0 ? read : unparsable('it is empty');
  },
};

/** Where a server listens: "[host]:port", or "0" for nowhere. */
export const address: SettingKind<string> = {
  form: '[host]:port, or 0 for none',
  placeholder: '<address>',
  parse(text) {
    const port = text === '0' ? 0 : Number(/^[^\s/]*:(\d{1,5})$/.exec(text)?.[1] ?? Number.NaN);
    return port <= 65_535 ? parsed(text) : unparsable(`${quoted(text)} is not [host]:port`);
  },
};

/** A PostgreSQL database. Never quoted in a message, because it may hold a password. */
export const postgresUrl: SettingKind<PostgresAddress> = {
  form: 'postgres://user@host:port/database, perhaps with ?sslmode=verify-full and &sslrootcert=file',
  placeholder: '<url>',
  parse(text, source) {
    const read = parsePostgresAddress(text);
    const isSeen = source === 'flag' && read.ok && read.value.password !== undefined;
    return isSeen ? unparsable('everybody on this machine can read a password on the command line') : read;
  },
};

/** A version of TLS, "1.3". */
export const tlsVersion: SettingKind<string> = {
  form: '1.1, 1.2 or 1.3, perhaps with tls before it',
  placeholder: '<version>',
  parse(text) {
    const [, version] = /^(?:tls)?(1\.[123])$/i.exec(text) ?? [];
    return version === undefined ? unparsable(`${quoted(text)} is not a version of TLS`) : parsed(version);
  },
};

/** Names of cipher suites; none means the library's own choice. */
export const tlsCiphers: SettingKind<readonly string[]> = {
  form: "IANA's names of cipher suites, separated by colons",
  placeholder: '<ciphers>',
  parse(text) {
    const names = text.split(':').filter((name) => name !== '');
    const wrong = names.find((name) => !/^TLS_[A-Z0-9_]+$/.test(name));
    return wrong === undefined ? parsed(names) : unparsable(`${quoted(wrong)} is not IANA's name of a cipher suite`);
  },
};

// RFC 1123, "label", as Kubernetes asks of a namespace.
function isNamespace(text: string): boolean {
  return /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

function items(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function quoted(text: string): string {
  return `"${shortened(text)}"`;
}

function shortened(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}
