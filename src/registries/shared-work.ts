import { Failure } from '../core/failure.ts';

interface Running<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  waiting: number;
  isOver: boolean;
}

/**
 * Work that is done once, however many wait for it. Each of them may go away without disturbing the others; when the
 * last one does the work is stopped, and who comes later begins it anew.
 */
export class SharedWork<T> {
  readonly #work: (signal: AbortSignal) => Promise<T>;
  #running: Running<T> | undefined;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#work = work;
  }

  /** @throws {Failure} ABORTED as soon as the signal aborts, and what the work throws */
  async join(signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw aborted();
    this.#running ??= this.#begin();
    const running = this.#running;
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      left.reject(aborted());
      running.waiting -= 1;
      if (running.waiting === 0 && !running.isOver) this.#stop(running);
    };
    running.waiting += 1;
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([running.result, left.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #begin(): Running<T> {
    const stop = new AbortController();
    const running: Running<T> = { result: this.#work(stop.signal), stop, waiting: 0, isOver: false };
    const over = (): void => {
      running.isOver = true;
    };
    // Also when nobody waits any more: a failure that nobody hears of is none.
    running.result.then(over, over);
    return running;
  }

  #stop(running: Running<T>): void {
    if (this.#running === running) this.#running = undefined;
    running.stop.abort();
  }
}

function aborted(): Failure {
  return new Failure('ABORTED', 'stopped while asking a registry', { fix: 'run it again' });
}
