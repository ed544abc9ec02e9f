import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from taking memory for speed that a process which mostly waits has no use for. Over 10,000 Applications it is
 * 130 MiB less in the first round and in all that follow, for half a second of processor time in each. It counts for
 * what is allocated from then on.
 */
export function keepHeapSmall(): void {
  // By itself the space for young objects grows to 64 MiB as soon as many objects live on.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Garbage is at most half of what lives before it is collected; by itself V8 lets the heap double and more.
  setFlagsFromString('--heap-growing-percent=40');
  // What a collection has freed goes back to the system, and is not kept for the next round.
  setFlagsFromString('--memory-saver-mode');
  setFlagsFromString('--no-memory-pool');
}
