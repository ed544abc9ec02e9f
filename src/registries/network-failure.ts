import { Failure } from '../core/failure.ts';
import { classifyNetworkError, safeUrl } from '../core/network-error.ts';

/** What went wrong before there was an answer. The causes' own messages stay inside: they can quote headers. */
export function networkFailure(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  if (signal.aborted) return new Failure('ABORTED', `stopped while asking ${safeUrl(url)}`, { fix: 'run it again' });
  const { kind, code } = classifyNetworkError(error);
  const retry = { kind: 'backoff' } as const;
  switch (kind) {
    case 'timeout': {
      const fix = `see whether ${url.host} is up and reachable from here`;
      return new Failure('REGISTRY_TIMEOUT', `${safeUrl(url)} did not answer in time`, { fix, retry });
    }
    case 'certificate': {
      const fix =
        'give its certificate authority: ca_file in registries.conf, or NODE_EXTRA_CA_CERTS; or insecure: true';
      const message = `the certificate of ${url.host} is not trusted (${code})`;
      return new Failure('REGISTRY_UNREACHABLE', message, { fix, retry });
    }
    case 'broken-off': {
      const fix = 'try again; if it stays so, look at the registry and at proxies on the way';
      const message = `${safeUrl(url)} broke off its answer (${code})`;
      return new Failure('REGISTRY_UNREACHABLE', message, { fix, retry, cause: error });
    }
    case 'unreachable': {
      const fix = `check the name and port of ${url.host}, and the network`;
      return new Failure('REGISTRY_UNREACHABLE', `${url.host} cannot be reached (${code})`, {
        fix,
        retry,
        cause: error,
      });
    }
    default:
      return kind satisfies never;
  }
}

/** Whether a connection was cut, as happens when a server closes an idle one: worth another try. */
export function isBrokenOff(error: unknown): boolean {
  return error instanceof Failure && classifyNetworkError(error.cause).kind === 'broken-off';
}
