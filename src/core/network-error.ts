/** How an exchange over the network ended before there was an answer, and the code that says so: "ECONNREFUSED". */
export interface NetworkError {
  readonly kind: 'timeout' | 'certificate' | 'broken-off' | 'unreachable';
  readonly code: string;
}

const TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];
const BROKEN_OFF = ['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET', 'EPIPE'];
const CERTIFICATES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY))/;

/** Reads codes alone: the messages of such errors can quote headers, and so secrets. */
export function classifyNetworkError(error: unknown): NetworkError {
  const code = codeOf(error);
  if (TIMEOUTS.includes(code) || (error instanceof Error && error.name === 'TimeoutError')) {
    return { kind: 'timeout', code };
  }
  if (CERTIFICATES.test(code)) return { kind: 'certificate', code };
  return { kind: BROKEN_OFF.includes(code) ? 'broken-off' : 'unreachable', code };
}

/** A URL for messages and logs: no user, password, query or fragment, where secrets travel. */
export function safeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The first code of an error or its causes. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
