import { Failure } from '../core/failure.ts';
import { safeUrl } from '../core/network-error.ts';

/** An answer that no registry would give. */
export function invalidAnswer(url: URL, problem: string): Failure {
  return new Failure('REGISTRY_INVALID_ANSWER', `${safeUrl(url)}: ${problem}`, {
    fix: 'is api_url the address of a registry, and not of its web page or of a proxy?',
    retry: { kind: 'backoff' },
  });
}
