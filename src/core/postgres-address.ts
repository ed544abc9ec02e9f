import { type Parsed, parsed, unparsable } from './parsed.ts';

const TLS_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** How a connection to PostgreSQL is protected, as libpq's sslmode has it. */
type TlsMode = (typeof TLS_MODES)[number];

/** A PostgreSQL database, and who asks it. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined when the URL has none. */
  readonly password: string | undefined;
  readonly tls: TlsMode;
  /** A file with the certificate authorities to trust; the system's without. */
  readonly rootCertificates: string | undefined;
}

const DEFAULT_PORT = 5432;

/**
 * Reads `postgres://user[:password]@host[:port]/database[?sslmode=...&sslrootcert=...]`. No message repeats the text,
 * which may hold a password.
 * @see PostgreSQL's documentation, "Connection URIs"
 */
export function parsePostgresAddress(text: string): Parsed<PostgresAddress> {
  if (!/^postgres(?:ql)?:\/\//.test(text)) return unparsable('it does not begin with postgres://');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [user, password, path] = [url?.username, url?.password, url?.pathname.slice(1)].map(decoded);
  if (url === undefined || user === undefined || password === undefined || path === undefined) {
    return unparsable('it is not a URL; characters such as @ : / ? # % in a password are written as %40 and so on');
  }
  if (url.hostname === '') return unparsable('it names no host');
  if (user === '') return unparsable('it names no user');
  if (path === '' || path.includes('/')) return unparsable('it names no database');
  const stranger = [...url.searchParams.keys()].find((key) => !['sslmode', 'sslrootcert'].includes(key));
  if (stranger !== undefined) return unparsable('only sslmode and sslrootcert may stand behind the question mark');
  const mode = url.searchParams.get('sslmode') ?? 'prefer';
  const tls = TLS_MODES.find((one) => one === mode);
  if (tls === undefined) return unparsable(`its sslmode is none of ${TLS_MODES.join(', ')}`);
  return parsed({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database: path,
    user,
    password: password === '' ? undefined : password,
    tls,
    rootCertificates: url.searchParams.get('sslrootcert') ?? undefined,
  });
}

/** For people: "postgres://db.example:5432/tiphys". */
export function formatPostgresAddress({ host, port, database }: PostgresAddress): string {
  return `postgres://${host.includes(':') ? `[${host}]` : host}:${port}/${encodeURIComponent(database)}`;
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
