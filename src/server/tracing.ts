import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import type { GitObserver, RegistryObserver } from '../ports/observers.ts';

/** What is told to OpenTelemetry; without an SDK in the process all of it does nothing. */
const tracer = trace.getTracer('tiphys');

/** Work as a span; spans that begin within it belong to it. */
export async function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      // The message may be anything; what is known to be safe to show is in the report.
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Requests and commands as spans of whatever they were made for. */
export const tracingObserver: RegistryObserver & GitObserver = {
  requestEnded: (registry, outcome, tookMs) =>
    ended(
      'registry request',
      { 'tiphys.registry': registry, 'tiphys.outcome': outcome },
      outcome !== 'unanswered',
      tookMs,
    ),
  limitSeen: () => {},
  commandEnded: (command, outcome, tookMs) =>
    ended(`git ${command}`, { 'tiphys.outcome': outcome }, outcome === 'ok', tookMs),
};

function ended(name: string, attributes: Attributes, isGood: boolean, tookMs: number): void {
  const endMs = Date.now();
  const span = tracer.startSpan(name, { attributes, startTime: endMs - tookMs });
  if (!isGood) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
}
