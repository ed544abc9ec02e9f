/**
 * How long a Retry-After header asks to wait, in milliseconds; undefined when there is none that can be read.
 * @param nowMs  milliseconds since 1970, from which a date counts
 * @see RFC 9110, section 10.2.3
 */
export function retryAfterMs(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const text = [header ?? []].flat()[0]?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
