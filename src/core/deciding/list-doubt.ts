import { formatInstant } from '../timestamp.ts';

/** Why a list of tags is not believed. */
export interface ListDoubt {
  /** Tags of the last list that was believed. */
  readonly before: number;
  /** How many of those the registry still lists. */
  readonly left: number;
  /** How often in a row it answered so. */
  readonly answers: number;
  /** When it did so for the first time, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** So many equal answers are believed, whatever they say. */
const BELIEVED_ANSWERS = 3;
/** ... when there were at least so many intervals between the first and the last of them. */
const BELIEVED_INTERVALS = 2;

/**
 * Whether a list is to be doubted: it came back empty, or lost more than half the tags of the last one that was
 * believed. Registries that are being restored, cleaned up or half replicated answer so, and moving production by such
 * an answer cannot be undone. It is believed once it was given three times over at least two intervals.
 * @param input.earlier  when this very answer was given before, without anything else in between
 */
export function doubtOf(input: {
  readonly believed: readonly string[];
  readonly answer: readonly string[];
  readonly earlier: Pick<ListDoubt, 'answers' | 'sinceMs'> | undefined;
  readonly nowMs: number;
  readonly intervalMs: number;
}): ListDoubt | undefined {
  const { answer, earlier, nowMs, intervalMs } = input;
  const believed = new Set(input.believed);
  const left = believed.intersection(new Set(answer)).size;
  const isSuspicious = believed.size > 0 && left * 2 < believed.size;
  if (!isSuspicious) return undefined;
  const answers = (earlier?.answers ?? 0) + 1;
  const sinceMs = earlier?.sinceMs ?? nowMs;
  const isBelieved = answers >= BELIEVED_ANSWERS && nowMs - sinceMs >= BELIEVED_INTERVALS * intervalMs;
  return isBelieved ? undefined : { before: believed.size, left, answers, sinceMs };
}

/** "the registry lists 3 of the 812 tags that it had ..." */
export function describeDoubt({ before, left, answers, sinceMs }: ListDoubt): string {
  const lists = `the registry lists ${left === 0 ? 'none' : left} of the ${before} tags that it had`;
  const believed = `believed after ${BELIEVED_ANSWERS} equal answers over ${BELIEVED_INTERVALS} intervals`;
  return `${lists}; not believed yet (answer ${answers} since ${formatInstant(sinceMs)}, ${believed})`;
}
