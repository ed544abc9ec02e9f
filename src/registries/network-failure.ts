import { Failure } from '../core/failure.ts';

/** A URL for messages and logs: no user, password, query or fragment, where secrets travel. */
export function safeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

const TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];
const BROKEN_OFF = ['UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ECONNRESET', 'EPIPE'];
const CERTIFICATES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY))/;

/** What went wrong before there was an answer. The causes' own messages stay inside: they can quote headers. */
export function networkFailure(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  if (signal.aborted) return new Failure('ABORTED', `stopped while asking ${safeUrl(url)}`, { fix: 'run it again' });
  const code = codeOf(error);
  const retry = { kind: 'backoff' } as const;
  if (TIMEOUTS.includes(code) || (error instanceof Error && error.name === 'TimeoutError')) {
    const fix = `see whether ${url.host} is up and reachable from here`;
    return new Failure('REGISTRY_TIMEOUT', `${safeUrl(url)} did not answer in time`, { fix, retry });
  }
  if (CERTIFICATES.test(code)) {
    const fix = 'give its certificate authority: ca_file in registries.conf, or NODE_EXTRA_CA_CERTS; or insecure: true';
    return new Failure('REGISTRY_UNREACHABLE', `the certificate of ${url.host} is not trusted (${code})`, {
      fix,
      retry,
    });
  }
  if (BROKEN_OFF.includes(code)) {
    const fix = 'try again; if it stays so, look at the registry and at proxies on the way';
    return new Failure('REGISTRY_UNREACHABLE', `${safeUrl(url)} broke off its answer (${code})`, {
      fix,
      retry,
      cause: error,
    });
  }
  const fix = `check the name and port of ${url.host}, and the network`;
  return new Failure('REGISTRY_UNREACHABLE', `${url.host} cannot be reached (${code})`, { fix, retry, cause: error });
}

/** Whether a connection was cut, as happens when a server closes an idle one: worth another try. */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof Failure && BROKEN_OFF.includes(codeOf(error.cause));
}

/** The first code of an error or its causes: "ECONNREFUSED". */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}
