import { classifyNetworkError, type NetworkError } from '../../core/network-error.ts';
import type { Answer, AskHttp, Question } from './http.ts';

export interface Insisting {
  readonly ask: AskHttp;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
  /** Rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** A server that is away for a moment is no reason to fail a job. */
const TRY_FOR_MS = 60_000;
const TRY_AGAIN_MS = 2_000;

/**
 * Asks, again for a minute while it may pass what keeps the answer from coming, or what it says.
 * @returns the last answer, or how that ended before it came
 */
export async function insist(
  { ask, nowMs, sleep }: Insisting,
  question: Question,
  signal: AbortSignal,
): Promise<Answer | NetworkError> {
  const endMs = nowMs() + TRY_FOR_MS;
  for (;;) {
    const answer = await ask(question, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return classifyNetworkError(error);
    });
    if (!mayPass(answer) || nowMs() >= endMs) return answer;
    await sleep(TRY_AGAIN_MS, signal);
  }
}

function mayPass(answer: Answer | NetworkError): boolean {
  if ('kind' in answer) return answer.kind !== 'certificate';
  return answer.status === 429 || answer.status >= 500;
}
