import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from taking memory for speed that a process which mostly waits has no use for. With 10,000 Applications it
 * is 50 MiB less, for a fifth more processor time. It counts for what is allocated from then on.
 */
export function keepHeapSmall(): void {
  // The space for young objects stays as it is; by itself it grows to 64 MiB as soon as many objects live on.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Garbage is at most half of what lives before it is collected; by itself V8 lets the heap double and more.
  setFlagsFromString('--heap-growing-percent=40');
}
